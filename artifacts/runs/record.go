package runs

import (
	"encoding/hex"
	"fmt"
	"math"

	"sparsel/artifacts"
)

// Meta is the provenance of an archive: any UTF-8 text under keys that do not
// begin with "sparsel.".
type Meta = artifacts.Meta

// Epoch is what a run records after one epoch.
type Epoch struct {
	Epoch     int     // from 1
	TrainLoss float64 // mean over the epoch's training samples
	TestLoss  float64 // mean over the test samples
	Correct   int     // test samples classified correctly
	Samples   int     // test samples
	Layers    []Layer // hidden layers, input side first; at least one
	Digest    [32]byte
}

// Layer holds the statistics of one hidden layer's activations.
type Layer struct {
	Units        int
	ClassSums    []float64 // [classes][Units], row-major
	ClassCounts  []int64   // [classes]
	RatioSum     float64
	RatioSquares float64
	Samples      int64
}

var recordFormat = artifacts.Format{
	Name:    "run-record",
	Version: 1,
	Columns: []artifacts.Column{
		{Name: "epoch", Kind: artifacts.Int32, Bounds: true},
		{Name: "layer", Kind: artifacts.Int32, Bounds: true},
		{Name: "train_loss", Kind: artifacts.Float64},
		{Name: "test_loss", Kind: artifacts.Float64},
		{Name: "correct", Kind: artifacts.Int64},
		{Name: "samples", Kind: artifacts.Int64},
		{Name: "digest", Kind: artifacts.String},
		{Name: "units", Kind: artifacts.Int32},
		{Name: "class_counts", Kind: artifacts.Int64s},
		{Name: "class_sums", Kind: artifacts.Float64s},
		{Name: "ratio_sum", Kind: artifacts.Float64},
		{Name: "ratio_squares", Kind: artifacts.Float64},
		{Name: "layer_samples", Kind: artifacts.Int64},
	},
}

// recordGroup is the number of class sums after which a row group of the
// record is full: 2 MB. A usual record of 30 epochs is one row group.
const recordGroup = 1 << 18

// recordRows is one row group of the record, by columns.
type recordRows struct {
	epoch, layer           []int32
	trainLoss, testLoss    []float64
	correct, samples       []int64
	digest                 []string
	units                  []int32
	classCounts            artifacts.List[int64]
	classSums              artifacts.List[float64]
	ratioSum, ratioSquares []float64
	layerSamples           []int64
}

// WriteRecord writes the run record of a run to path and reads it back. Epochs
// must ascend, and all must have the same layers and classes. The file is not
// synced; on an error there is none.
func WriteRecord(path string, meta Meta, epochs []Epoch) error {
	if err := checkRecord(epochs); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	w, err := artifacts.Create(path, recordFormat, meta)
	if err != nil {
		return err
	}
	var rows recordRows
	for i := range epochs {
		rows.append(&epochs[i])
		if len(rows.classSums.Values) >= recordGroup {
			w.Write(rows.columns()...) // its error is Close's
			rows = recordRows{}
		}
	}
	w.Write(rows.columns()...)
	return w.Close()
}

func (r *recordRows) columns() []any {
	return []any{
		r.epoch, r.layer, r.trainLoss, r.testLoss, r.correct, r.samples, r.digest,
		r.units, r.classCounts, r.classSums, r.ratioSum, r.ratioSquares, r.layerSamples,
	}
}

func (r *recordRows) pointers() []any {
	return []any{
		&r.epoch, &r.layer, &r.trainLoss, &r.testLoss, &r.correct, &r.samples, &r.digest,
		&r.units, &r.classCounts, &r.classSums, &r.ratioSum, &r.ratioSquares, &r.layerSamples,
	}
}

// append adds the rows of an epoch.
func (r *recordRows) append(e *Epoch) {
	for i := range e.Layers {
		l := &e.Layers[i]
		r.epoch = append(r.epoch, int32(e.Epoch))
		r.layer = append(r.layer, int32(i+1))
		r.trainLoss = append(r.trainLoss, e.TrainLoss)
		r.testLoss = append(r.testLoss, e.TestLoss)
		r.correct = append(r.correct, int64(e.Correct))
		r.samples = append(r.samples, int64(e.Samples))
		r.digest = append(r.digest, hex.EncodeToString(e.Digest[:]))
		r.units = append(r.units, int32(l.Units))
		r.classCounts.Lengths = append(r.classCounts.Lengths, int32(len(l.ClassCounts)))
		r.classCounts.Values = append(r.classCounts.Values, l.ClassCounts...)
		r.classSums.Lengths = append(r.classSums.Lengths, int32(len(l.ClassSums)))
		r.classSums.Values = append(r.classSums.Values, l.ClassSums...)
		r.ratioSum = append(r.ratioSum, l.RatioSum)
		r.ratioSquares = append(r.ratioSquares, l.RatioSquares)
		r.layerSamples = append(r.layerSamples, l.Samples)
	}
}

// ReadRecord reads the run record at path. Its SHA-256 should have been
// compared before.
func ReadRecord(path string) (Meta, []Epoch, error) {
	r, err := artifacts.Open(path, recordFormat)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	epochs, err := readRecord(r, path)
	if err != nil {
		return nil, nil, err
	}
	return r.Meta(), epochs, nil
}

func readRecord(r *artifacts.Reader, path string) ([]Epoch, error) {
	var epochs []Epoch
	for g := range r.Groups() {
		var rows recordRows
		if err := r.Read(g, rows.pointers()...); err != nil {
			return nil, err
		}
		var err error
		if epochs, err = rows.epochs(epochs); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	if err := checkRecord(epochs); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return epochs, nil
}

// epochs appends the epochs of a row group. A row of layer 1 begins an epoch.
func (r *recordRows) epochs(epochs []Epoch) ([]Epoch, error) {
	counts, sums := r.classCounts.Values, r.classSums.Values
	for i := range r.epoch {
		e := Epoch{
			Epoch: int(r.epoch[i]), TrainLoss: r.trainLoss[i], TestLoss: r.testLoss[i],
			Correct: int(r.correct[i]), Samples: int(r.samples[i]),
		}
		sum, err := hex.DecodeString(r.digest[i])
		if err != nil || copy(e.Digest[:], sum) != len(sum) || len(sum) != len(e.Digest) {
			return nil, fmt.Errorf("digest %q of epoch %d is not 64 hex digits", r.digest[i], e.Epoch)
		}
		if r.layer[i] == 1 {
			epochs = append(epochs, e)
		}
		if len(epochs) == 0 || !epochs[len(epochs)-1].same(&e) || int(r.layer[i]) != len(epochs[len(epochs)-1].Layers)+1 {
			return nil, fmt.Errorf("row of epoch %d, layer %d does not belong after the one before it", e.Epoch, r.layer[i])
		}
		c, s := r.classCounts.Lengths[i], r.classSums.Lengths[i]
		last := &epochs[len(epochs)-1]
		last.Layers = append(last.Layers, Layer{
			Units: int(r.units[i]), ClassCounts: counts[:c:c], ClassSums: sums[:s:s],
			RatioSum: r.ratioSum[i], RatioSquares: r.ratioSquares[i], Samples: r.layerSamples[i],
		})
		counts, sums = counts[c:], sums[s:]
	}
	return epochs, nil
}

// same tells whether two rows carry the same epoch, bit for bit.
func (e *Epoch) same(o *Epoch) bool {
	return e.Epoch == o.Epoch && e.Correct == o.Correct && e.Samples == o.Samples && e.Digest == o.Digest &&
		math.Float64bits(e.TrainLoss) == math.Float64bits(o.TrainLoss) &&
		math.Float64bits(e.TestLoss) == math.Float64bits(o.TestLoss)
}

// checkRecord checks the shapes of a record, before writing and after reading.
func checkRecord(epochs []Epoch) error {
	for i := range epochs {
		e, first := &epochs[i], &epochs[0]
		switch {
		case e.Epoch < 1 || e.Epoch > math.MaxInt32:
			return fmt.Errorf("epoch %d is not in 1..%d", e.Epoch, math.MaxInt32)
		case i > 0 && e.Epoch <= epochs[i-1].Epoch:
			return fmt.Errorf("epoch %d follows epoch %d; record each once, in order", e.Epoch, epochs[i-1].Epoch)
		case len(e.Layers) == 0:
			return fmt.Errorf("epoch %d has no layers; a record needs at least one", e.Epoch)
		case len(e.Layers) != len(first.Layers):
			return fmt.Errorf("epoch %d has %d layers, epoch %d has %d", e.Epoch, len(e.Layers), first.Epoch, len(first.Layers))
		}
		for j := range e.Layers {
			l, f := &e.Layers[j], &first.Layers[j]
			switch {
			case l.Units < 1 || l.Units > math.MaxInt32:
				return fmt.Errorf("epoch %d, layer %d has %d units", e.Epoch, j+1, l.Units)
			case len(l.ClassSums) != len(l.ClassCounts)*l.Units:
				return fmt.Errorf("epoch %d, layer %d has %d class sums, want %d classes x %d units",
					e.Epoch, j+1, len(l.ClassSums), len(l.ClassCounts), l.Units)
			case l.Units != f.Units || len(l.ClassCounts) != len(first.Layers[0].ClassCounts):
				return fmt.Errorf("epoch %d, layer %d has %d units and %d classes, other than before",
					e.Epoch, j+1, l.Units, len(l.ClassCounts))
			}
		}
	}
	return nil
}
