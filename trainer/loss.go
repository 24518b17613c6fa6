package trainer

import "sparsel/trainer/kernel"

// crossEntropy returns the mean over m rows of logits of the cross-entropy
// between their softmax and the labels. There are as many logits as classes, at
// most MaxClasses. Row i begins at logits[i*ld]. If delta is not nil, it
// receives the gradient with respect to the logits, in rows of the same stride
// whose padding is not changed. If predictions is not nil, it receives the most
// probable class of each row.
//
// Per row, with e_j = exp(x_j - max x) and s their sum in ascending j, the loss
// is log s - (x_label - max x), and the gradient is e_j/s/m, less 1/m at the
// label in one rounding. Rows are added in ascending order. PyTorch does the
// same except for the order within s; as there, a row with a NaN or a +Inf is
// NaN throughout.
func crossEntropy(logits []float32, ld, classes int, labels []uint8, delta []float32, predictions []uint8) float32 {
	weight := 1 / float32(len(labels))
	var total float32
	var scratch [MaxClasses]float32
	p := scratch[:classes]
	for i, label := range labels {
		row := logits[i*ld:][:classes]
		highest := row[0]
		for _, x := range row[1:] {
			if x > highest {
				highest = x
			}
		}
		var sum float32
		for j, x := range row {
			p[j] = kernel.Exp(x - highest)
			sum += p[j]
		}
		total += kernel.Log(sum) - (row[label] - highest)
		for j := range p {
			p[j] /= sum
		}
		if delta != nil {
			d := delta[i*ld:][:classes]
			for j := range p {
				d[j] = p[j] * weight
			}
			d[label] = kernel.FMA(p[label], weight, -weight)
		}
		if predictions != nil {
			predictions[i] = argmax(p)
		}
	}
	return total / float32(len(labels))
}

// argmax returns the index of the first maximum. NaN counts as greater than
// every number, as in torch.argmax: the first NaN wins.
func argmax(p []float32) uint8 {
	best := 0
	for j, x := range p {
		if x != x {
			return uint8(j)
		}
		if x > p[best] {
			best = j
		}
	}
	return uint8(best)
}
