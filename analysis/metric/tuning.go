package metric

import (
	"math"
	"math/bits"
	"slices"
)

// mostActive is the number of samples that [Tuning.Precision] looks at. Zhou et
// al. (2015, ICLR) and Gale et al. (2020, Neural Networks 132) take the 100
// images that activate a unit most.
const mostActive = 100

// informationBins is the number of bins that a unit's activation is divided
// into, each with about equally many samples.
const informationBins = 16

// A Tuning says how much a unit's activation tells about the classes. It is
// computed from the absolute activation for every sample, and all of it is NaN
// for a unit with a NaN.
type Tuning struct {
	// ROC is the area under the receiver operating characteristic of the best
	// class, the one with the largest mean, against all others. It is the
	// probability that the unit is more active for a sample of that class, with
	// ties counting half.
	ROC float64
	// Precision is the largest share of one class among the 100 most active
	// samples. Samples that tie with the hundredth share the remaining places,
	// and each counts as a fraction.
	Precision float64
	// Information is the mutual information of the class and the unit's
	// activation, in bits. The activation is divided into 16 bins of about
	// equally many samples; equal values go to the same bin. The first-order
	// bias of the estimate, (bins − 1)(classes − 1)/(2·n·ln 2) (Panzeri and
	// Treves, 1996, Network 7, p. 87), is subtracted, so a unit that tells
	// nothing has 0 on average and may be slightly below.
	Information float64
	// Informedness is the largest difference, over classes and thresholds,
	// between the share of the class and the share of all others that are at or
	// above the threshold (Powers, 2011; Gale et al., 2020).
	Informedness float64
}

// Tunings returns the tuning of every unit. Values is samples×units, row-major,
// and labels has one class per sample, each below classes.
func Tunings(values []float32, units int, labels []uint8, classes int) []Tuning {
	list := make([]Tuning, units)
	t := tuner{labels: labels, order: make([]uint64, len(labels)), counts: make([]float64, classes)}
	for _, label := range labels {
		t.counts[label]++
	}
	for j := range list {
		list[j] = t.unit(values[j:], units)
	}
	return list
}

// MeanTuning returns the mean over units.
func MeanTuning(list []Tuning) Tuning {
	var mean Tuning
	n := float64(len(list))
	for _, t := range list {
		mean.ROC += t.ROC / n
		mean.Precision += t.Precision / n
		mean.Information += t.Information / n
		mean.Informedness += t.Informedness / n
	}
	return mean
}

type tuner struct {
	labels []uint8
	order  []uint64  // samples from the most active to the least: the inverted bits of the activation, then the sample's index
	counts []float64 // samples of each class
}

// unit reads every stride-th value.
func (t *tuner) unit(values []float32, stride int) Tuning {
	sums := make([]float64, len(t.counts))
	for i, label := range t.labels {
		a := float32(math.Abs(float64(values[i*stride])))
		if a != a {
			nan := math.NaN()
			return Tuning{nan, nan, nan, nan}
		}
		sums[label] += float64(a)
		t.order[i] = uint64(^math.Float32bits(a))<<32 | uint64(uint32(i))
	}
	slices.Sort(t.order)
	best := 0
	for c, n := range t.counts {
		if sums[c]*t.counts[best] > sums[best]*n {
			best = c
		}
	}
	return t.sweep(best)
}

// sweep lowers a threshold from the largest activation to the smallest, passing
// equal activations in one step.
func (t *tuner) sweep(best int) Tuning {
	classes, n := len(t.counts), float64(len(t.labels))
	above, group, top := make([]float64, classes), make([]float64, classes), make([]float64, classes)
	var bins [][]float64 // samples of each class
	bin := make([]float64, classes)
	inBin, most := 0.0, math.Min(mostActive, n)
	var u Tuning
	var passed float64
	for from := 0; from < len(t.order); {
		to := from + 1
		for to < len(t.order) && t.order[to]>>32 == t.order[from]>>32 {
			to++
		}
		clear(group)
		for _, key := range t.order[from:to] {
			group[t.labels[uint32(key)]]++
		}
		size := float64(to - from)
		if passed < most {
			share := math.Min(1, (most-passed)/size)
			for c := range top {
				top[c] += float64(share * group[c])
			}
		}
		// Count the pairs of a sample of the best class in this group with a
		// sample of another class that is below it or tied.
		others := n - t.counts[best]
		below := others - (passed - above[best]) - (size - group[best])
		u.ROC += float64(group[best] * (below + float64(0.5*(size-group[best]))))
		passed += size
		inBin += size
		for c := range above {
			above[c] += group[c]
			bin[c] += group[c]
			u.Informedness = math.Max(u.Informedness, above[c]/t.counts[c]-(passed-above[c])/(n-t.counts[c]))
		}
		if passed >= n*float64(len(bins)+1)/informationBins || to == len(t.order) {
			if inBin > 0 {
				bins = append(bins, slices.Clone(bin))
			}
			clear(bin)
			inBin = 0
		}
		from = to
	}
	u.ROC /= t.counts[best] * (n - t.counts[best])
	u.Precision = slices.Max(top) / most
	u.Information = t.information(bins, n)
	return u
}

// information returns the mutual information of bins and classes, in bits.
func (t *tuner) information(bins [][]float64, n float64) float64 {
	var sum float64
	classes := 0
	for _, count := range t.counts {
		if count > 0 {
			classes++
		}
	}
	for _, bin := range bins {
		var inBin float64
		for _, k := range bin {
			inBin += k
		}
		for c, k := range bin {
			if k > 0 {
				sum += float64(k / n * log2(k*n/(inBin*t.counts[c])))
			}
		}
	}
	return sum - float64(len(bins)-1)*float64(classes-1)/(2*n*math.Ln2)
}

// log2 is the binary logarithm to 40 bits after the point, by repeated
// squaring. The library's result differs between machines.
func log2(x float64) float64 {
	fraction, exponent := math.Frexp(x)
	fraction, exponent = 2*fraction, exponent-1 // in [1, 2)
	var digits uint64
	const places = 40
	for range places {
		digits <<= 1
		if fraction *= fraction; fraction >= 2 {
			fraction /= 2
			digits |= 1
		}
	}
	if bits.Len64(digits) == 0 {
		return float64(exponent)
	}
	return float64(exponent) + math.Ldexp(float64(digits), -places)
}
