package trainer

import "context"

// Activations are what the test set makes of the hidden units after an epoch.
type Activations struct {
	Layers      [][]float32 // per hidden layer, [samples][units]: row-major, without padding
	Units       []int       // per hidden layer
	Labels      []uint8     // per sample
	Predictions []uint8     // per sample
}

const (
	// lossBatch is the batch of the original study's test loader. Its test
	// loss is the mean over batches of the mean over a batch.
	lossBatch = 50
	// testChunk is how many test samples go through the network at a time, a
	// multiple of lossBatch. From 100 to 2500 the pass takes equally long.
	testChunk = 200
)

// A tester passes the test set through a network.
type tester struct {
	images *images
	rows   []int32 // 0..samples-1
	// outputs[i] has space for the activations of all samples in hidden
	// layer i, with padding.
	outputs [][]float32
	chunk   []*activations // of the samples that are on their way
	logits  []float32
	found   Activations
}

func newTester(n *network, split Split) *tester {
	samples := len(split.Labels)
	t := &tester{images: &images{split: split}, rows: make([]int32, samples)}
	for i := range t.rows {
		t.rows[i] = int32(i)
	}
	for _, a := range n.hidden {
		t.outputs = append(t.outputs, make([]float32, samples*a.stride))
		t.chunk = append(t.chunk, &activations{stride: a.stride, units: a.units})
		t.found.Units = append(t.found.Units, a.units)
		t.found.Layers = append(t.found.Layers, nil)
	}
	t.logits = make([]float32, min(testChunk, samples)*n.last().stride)
	t.found.Labels = split.Labels
	t.found.Predictions = make([]uint8, samples)
	return t
}

// pass measures the network on the whole test set. It fills in the test part
// of the epoch and returns activations that are valid until the next pass.
func (t *tester) pass(ctx context.Context, n *network, epoch *Epoch) (*Activations, error) {
	epoch.Layers = nil
	for _, a := range n.hidden {
		epoch.Layers = append(epoch.Layers, newLayerStatistics(a.units))
	}
	labels, predictions := t.found.Labels, t.found.Predictions
	var losses meanLoss
	for from := 0; from < len(t.rows); from += testChunk {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+testChunk, len(t.rows))
		t.images.load(n.engine, t.rows[from:to])
		for i, a := range t.chunk {
			a.values = t.outputs[i][from*a.stride : to*a.stride]
		}
		n.forward(t.images, t.chunk, t.logits, to-from)

		stride := n.last().stride
		for b := from; b < to; b += lossBatch {
			end := min(b+lossBatch, to)
			losses.add(crossEntropy(t.logits[(b-from)*stride:], stride, labels[b:end], nil, predictions[b:end]))
		}
		for i, a := range t.chunk {
			for s := range to - from {
				epoch.Layers[i].add(a.values[s*a.stride:][:a.units], labels[from+s])
			}
		}
	}
	epoch.TestLoss = losses.mean()
	epoch.Samples = len(labels)
	epoch.Correct = 0
	for i, label := range labels {
		if predictions[i] == label {
			epoch.Correct++
		}
	}
	for i, a := range t.chunk {
		t.found.Layers[i] = compact(t.outputs[i], a.stride, a.units)
	}
	return &t.found, nil
}

// compact moves the rows of x together, dropping what each has beyond width.
func compact(x []float32, stride, width int) []float32 {
	rows := len(x) / stride
	if stride != width {
		for i := range rows {
			copy(x[i*width:], x[i*stride:][:width])
		}
	}
	return x[:rows*width]
}

// meanLoss is the mean of the losses of batches as the original study's
// program printed it: a float64 sum of float32 losses, divided by their
// number.
type meanLoss struct {
	sum     float64
	batches int
}

func (l *meanLoss) add(loss float32) {
	l.sum += float64(loss)
	l.batches++
}

func (l *meanLoss) mean() float64 { return l.sum / float64(l.batches) }
