// Package v1 proves that new trainings are equal to those that were made before
// the run record had its second version.
//
// A record of the second version holds everything that one of the first did:
// losses, counts, digests of weights, the sums over classes and those of norm
// ratios. From it this package writes the first version of the record, byte for
// byte as it was written then. The SHA-256 can then be compared with the one
// that artifacts.lock had for the run before the study was repeated;
// records.txt is what remains of that lock. The bytes include the parameters,
// so an equal record is that of an equal run.
//
// The package belongs to no stage. It can be deleted when nobody wants to
// compare with that lock any more.
package v1

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"sparsel/artifacts"
	"sparsel/artifacts/runs"
)

// records has a line for each training of the lock: the SHA-256 of its record
// and the name of its node.
//
//go:embed records.txt
var records string

// Records maps the SHA-256 of each record in the lock to the node of its
// training.
func Records() map[[32]byte]string {
	nodes := map[[32]byte]string{}
	for line := range strings.Lines(records) {
		digits, node, _ := strings.Cut(strings.TrimSpace(line), " ")
		var sum [32]byte
		if n, err := hex.Decode(sum[:], []byte(digits)); err != nil || n != len(sum) {
			panic(fmt.Sprintf("records.txt: %q is no SHA-256", digits))
		}
		nodes[sum] = node
	}
	return nodes
}

// params are the parameters of the train stage as they were then, in the order
// in which they were written.
type params struct {
	Data string
	Run  struct {
		Network struct {
			Hidden     []int
			Activation string
			Conv       []int
		}
		Optimizer struct {
			Name                                                        string
			LR, WeightDecay, Momentum, Rho, Eps, Beta1, Beta2, Alpha, K float64
		}
		Sampler struct {
			Kind      string
			Block     int
			OrderSeed uint32
			Classes   int
			Clean     bool
		}
		Batch, Epochs int
		Seeding       struct {
			Mode            string
			Seed            uint32
			Skip, NumpySkip uint64
		}
		Measure string
	}
	Archive               []int
	TrainFirst, TestFirst int
}

// without lists parameters that were added later and change nothing that the
// first version recorded, and the number of classes, which was 10.
var without = map[string]any{"Classes": 10.0, "Run.TrainLossAfter": true}

// parameters converts the text of a run's parameters to what it was then. It
// returns an error if the run has a parameter that did not exist then.
func parameters(text string) (string, error) {
	var p params
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return "", fmt.Errorf("read parameters: %w", err)
	}
	old, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	var now, then map[string]any
	if err := json.Unmarshal([]byte(text), &now); err != nil {
		return "", fmt.Errorf("read parameters: %w", err)
	}
	if err := json.Unmarshal(old, &then); err != nil {
		return "", err
	}
	return string(old), added("", now, then)
}

// added returns an error if an object has a member that the other one lacks,
// unless its value is zero or the one in without. It names the member by its
// path.
func added(path string, now, then map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(now)) {
		value := now[name]
		object, isObject := value.(map[string]any)
		before, known := then[name]
		if isObject {
			members, _ := before.(map[string]any)
			if err := added(path+name+".", object, members); err != nil {
				return err
			}
		} else if list, isList := value.([]any); !known && value != nil && value != "" && value != 0.0 && value != false &&
			!(isList && len(list) == 0) && value != without[path+name] {
			return fmt.Errorf("parameter %s%s is %v, which no run had", path, name, value)
		}
	}
	return nil
}

var format = artifacts.Format{
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

// group is the number of class sums after which a row group was full.
const group = 1 << 18

// rows is a row group in columns.
type rows struct {
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

func (r *rows) columns() []any {
	return []any{
		r.epoch, r.layer, r.trainLoss, r.testLoss, r.correct, r.samples, r.digest,
		r.units, r.classCounts, r.classSums, r.ratioSum, r.ratioSquares, r.layerSamples,
	}
}

func (r *rows) append(e runs.Epoch) {
	for i, l := range e.Layers {
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

// Write writes the first version of the record with this provenance and these
// points to path.
func Write(path string, meta runs.Meta, points []runs.Epoch) error {
	old, err := parameters(meta["params"])
	if err != nil {
		return err
	}
	w, err := artifacts.Create(path, format, runs.Meta{"params": old, "source": meta["source"]})
	if err != nil {
		return err
	}
	var r rows
	_, epochs := runs.EarlyAndLate(points)
	for _, e := range epochs {
		r.append(e)
		if len(r.classSums.Values) >= group {
			w.Write(r.columns()...) // Close returns the error
			r = rows{}
		}
	}
	w.Write(r.columns()...)
	return w.Close()
}

// Sum returns the SHA-256 of the first version of the record at path.
func Sum(path string) (sum [32]byte, err error) {
	meta, points, err := runs.ReadRecord(path)
	if err != nil {
		return sum, err
	}
	dir, err := os.MkdirTemp("", "sparsel-v1-")
	if err != nil {
		return sum, err
	}
	defer os.RemoveAll(dir)
	old := dir + "/record.parquet"
	if err := Write(old, meta, points); err != nil {
		return sum, fmt.Errorf("%s as it was: %w", path, err)
	}
	bytes, err := os.ReadFile(old)
	return sha256.Sum256(bytes), err
}
