package trainer

import "context"

const (
	// lossBatch is the batch of the original study's test loader, whose test
	// loss is the mean over batches of the mean over a batch.
	lossBatch = 50
	// passChunk is the number of samples of a pass that go through the network
	// at a time, a multiple of lossBatch. From 100 to 2500, a pass takes
	// equally long.
	passChunk = 200
)

// An evaluator passes a split through a network without training it.
type evaluator struct {
	images      *images
	rows        []int32        // 0..samples-1
	hidden      []*activations // activations for a chunk
	logits      []float32      // logits for a chunk
	predictions []uint8        // predictions for all samples
}

func newEvaluator(n *network, split Split) *evaluator {
	samples := len(split.Labels)
	e := &evaluator{images: &images{split: split}, rows: make([]int32, samples)}
	for i := range e.rows {
		e.rows[i] = int32(i)
	}
	chunk := min(passChunk, samples)
	for _, a := range n.hidden {
		e.hidden = append(e.hidden, &activations{values: make([]float32, chunk*a.stride), stride: a.stride, units: a.units})
	}
	e.logits = make([]float32, chunk*n.last().stride)
	e.predictions = make([]uint8, samples)
	return e
}

// pass returns the loss over the split and the number of samples predicted
// correctly. If c is not nil, it collects all samples. It fails only with
// ctx.Err().
func (e *evaluator) pass(ctx context.Context, n *network, c *collector) (loss float64, correct int, err error) {
	labels, stride, classes := e.images.split.Labels, n.last().stride, n.last().out
	var losses meanLoss
	for from := 0; from < len(e.rows); from += passChunk {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		to := min(from+passChunk, len(e.rows))
		e.images.load(n.engine, e.rows[from:to])
		n.forward(e.images, e.hidden, e.logits, to-from)
		for b := from; b < to; b += lossBatch {
			end := min(b+lossBatch, to)
			losses.add(crossEntropy(e.logits[(b-from)*stride:], stride, classes, labels[b:end], nil, e.predictions[b:end]))
		}
		if c != nil {
			c.add(e.hidden, labels[from:to], e.predictions[from:to])
		}
	}
	for i, label := range labels {
		if e.predictions[i] == label {
			correct++
		}
	}
	return losses.mean(), correct, nil
}

// byClass returns, for each class, how many samples the last pass predicted
// correctly and how many there are.
func (e *evaluator) byClass() (correct, samples []int64) {
	classes := e.images.split.Classes
	correct, samples = make([]int64, classes), make([]int64, classes)
	for i, label := range e.images.split.Labels {
		samples[label]++
		if e.predictions[i] == label {
			correct[label]++
		}
	}
	return correct, samples
}

// meanLoss is the mean of the losses of batches as the original study's program
// printed it: a float64 sum of float32 losses, divided by their number.
type meanLoss struct {
	sum     float64
	batches int
}

func (l *meanLoss) add(loss float32) {
	l.sum += float64(loss)
	l.batches++
}

func (l *meanLoss) mean() float64 { return l.sum / float64(l.batches) }
