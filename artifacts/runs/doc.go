// Package runs has the formats of the three archives that a training run leaves
// behind.
//
// The run record (WriteRecord, ReadRecord) has one row for each hidden layer of
// each epoch, and before those one for each hidden layer of each early point:
//
//	epoch            int32                  from 1; 0 for an early point
//	step             int64                  steps made since the start of the training
//	layer            int32                  from 1, input side first
//	train_loss       float64                of the epoch; this and all columns up to digest are equal in the rows of all its layers
//	test_loss        float64
//	correct          int64                  test samples classified correctly
//	samples          int64                  test samples
//	train_loss_after float64                over the whole training set after the epoch; NaN if not requested
//	train_correct    int64                  training samples classified correctly after the epoch
//	train_samples    int64                  training samples; 0 if not requested
//	validation_loss  float64                over the samples held out of training; NaN if there are none
//	validation_correct int64                held-out samples classified correctly
//	validation_samples int64                held-out samples; 0 if there are none
//	class_correct    list<int64>            [classes] test samples classified correctly; empty at early points
//	class_samples    list<int64>            [classes] test samples; empty at early points
//	digest           string                 of the weights, 64 hex digits
//	units            int32                  H, of the layer
//	activation       string                 the function of the units
//	class_counts     List<int64 not null>   samples of each class, C values
//	class_sums       List<float64 not null> per-unit sums of |a| over each class, C*H values, class by class
//	squares          List<float64 not null> per-unit sums of a², H values
//	least, most      List<float32 not null> per-unit extremes of |a|, H values
//	thresholds       List<float32 not null> T values
//	below            List<int64 not null>   per-unit counts of samples below each threshold, T*H values
//	ratio_sum        float64                sum over samples of the Hoyer ratio l1/l2
//	ratio_squares    float64                sum of its squares
//	ratio_fourths    float64                sum of its fourth powers
//	rank_sum         float64                sum over samples of the mean rank of units, weighted by |a|
//	rank_squares     float64                sum of its squares
//	layer_samples    int64                  samples that the sums of this row are over
//
// The record has the statistics from which metrics are derived, but no metric,
// so that a changed definition never requires a new run. It has nothing in
// which two equal runs could differ, such as seconds.
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
// The metadata key sparsel.units lists the widths as layer:units, joined by
// commas. Rows are in ascending order of epoch, layer and sample.
//
// The weights (WriteWeights, ReadWeights) have one row for each index of the
// first dimension of each tensor; a vector has a single row:
//
//	name  string
//	shape List<int64 not null>   of the tensor
//	row   int32                  from 0
//	value List<float32 not null> row-major
//
// The trainer and the analysis define what the numbers mean. This package
// checks only shapes. Any value, including NaN and infinities, is read back bit
// for bit.
package runs
