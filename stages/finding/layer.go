package finding

import "slices"

// The layers: which of two questions a verdict answers.
const (
	// Reproduces: does the author's study come out as he says, with his seeds and his streams of random numbers? It is a
	// re-analysis of the thesis's own runs. A claim that is supported here is supported by the data that it was made from.
	Reproduces = "reproduces"
	// Holds: is it so on seeds that nobody had seen when the claims were fixed, all conditions of a seed starting alike?
	Holds = "holds"
	// Trial: neither. A run with some of the author's seeds and other streams, such as a profile for trying things out, or another data set.
	Trial = "trial"
)

// authors are the thesis's seeds.
var authors = []uint32{1, 100, 1234}

// Thesis is the source of the study that the claims are about, as study.source names it.
const Thesis = "arXiv 2201.11653"

// LayerOf says which layer a study is in, by what it repeats, its seeding ("author" or "paired") and its seeds. One that does
// not repeat the thesis answers neither question, whatever its seeds are.
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
