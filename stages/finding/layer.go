package finding

import "slices"

// The layers say which of two questions a verdict answers.
const (
	// Reproduces asks whether the author's study comes out as he says, with his
	// seeds and his streams of random numbers. It is a re-analysis of the
	// thesis's own runs: a claim supported here is supported by the data that
	// it was derived from.
	Reproduces = "reproduces"
	// Holds asks whether the claim is true on seeds that nobody had seen when
	// the claims were fixed, with all conditions of a seed starting alike.
	Holds = "holds"
	// Trial answers neither question. It is a run with some of the author's
	// seeds and other streams, on fewer images or other ones, or under other
	// conditions than those that the claims were fixed for.
	Trial = "trial"
)

// authors are the thesis's seeds.
var authors = []uint32{1, 100, 1234}

// Thesis is the source of the study that the claims are about, as study.source
// names it.
const Thesis = "arXiv 2201.11653"

// LayerOf returns the layer of a study of the fixed conditions on all of MNIST,
// according to its source, its seeding ("author" or "paired") and its seeds. A
// study that does not repeat the thesis answers neither question, whatever its
// seeds.
func LayerOf(source, seeding string, seeds []uint32) string {
	fresh := !slices.ContainsFunc(seeds, func(s uint32) bool { return slices.Contains(authors, s) })
	switch {
	case source != Thesis:
		return Trial
	case seeding == "author" && !slices.ContainsFunc(seeds, func(s uint32) bool { return !slices.Contains(authors, s) }):
		return Reproduces
	case seeding == "paired" && fresh:
		return Holds
	}
	return Trial
}
