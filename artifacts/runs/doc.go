// Package runs holds the two archives that a training run leaves behind.
//
// The run record (WriteRecord, ReadRecord) has one row for each epoch and
// hidden layer:
//
//	epoch         int32                  from 1
//	layer         int32                  from 1, input side first
//	train_loss    float64                the epoch's, equal in all its layers' rows
//	test_loss     float64                the same
//	correct       int64                  test samples classified correctly; the same
//	samples       int64                  test samples; the same
//	digest        string                 of the weights after the epoch, 64 hex digits; the same
//	units         int32                  H, of the layer
//	class_counts  List<int64 not null>   samples of each class, C values
//	class_sums    List<float64 not null> per-unit sums of activations over each class, C*H values, class by class
//	ratio_sum     float64                sum over samples of the Hoyer ratio l1/l2
//	ratio_squares float64                sum of its squares
//	layer_samples int64                  samples that the sums of this row are over
//
// It keeps the statistics that metrics derive from and no metric, so that
// a changed definition never needs a run again, and nothing that two equal
// runs could differ in, such as seconds.
//
// The activations (CreateActivations, OpenActivations) have one row for each
// archived epoch, hidden layer and sample:
//
//	epoch      int32
//	layer      int32
//	sample     int32                  from 0, the position in the data set
//	label      uint8
//	prediction uint8
//	activation List<float32 not null> the layer's units
//
// The metadata key sparsel.units names the widths as layer:units, joined by
// commas. Rows are in ascending order of epoch, layer and sample.
//
// What the numbers mean is for the trainer and the analysis to say; this
// package checks shapes only, and any value, NaN and infinities included,
// comes back bit for bit.
package runs
