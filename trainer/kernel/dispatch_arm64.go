//go:build !noasm

package kernel

// vectorSets returns the NEON set. Every processor that Go's arm64 port runs on
// has its instructions.
func vectorSets() []*Set { return []*Set{&neon} }

// pack and gather are left to the portable loops, because the tiles' rows are
// not whole vectors and gathering is scalar in any case.
var neon = Set{Name: "neon", loops: loops{
	tiles: []tiles{
		{4, []tileFunc{tile1x4NEON}},
		{2, []tileFunc{tile1x2NEON, tile2x2NEON, tile3x2NEON}},
		{1, []tileFunc{tile1x1NEON, tile2x1NEON, tile3x1NEON, tile4x1NEON, tile5x1NEON, tile6x1NEON}},
	},
	rows:        []rows{{4, 1, sparse4x1NEON}, {1, 4, sparse1x4NEON}, {1, 1, sparse1x1NEON}},
	columns:     []columns{{4, sparseColumns4NEON}, {1, sparseColumns1NEON}},
	prefetch:    prefetchNEON,
	nonzero:     nonzeroNEON,
	transpose16: transpose16NEON,

	biasSigmoid:     biasSigmoidNEON,
	add:             addNEON,
	sigmoidBackward: sigmoidBackwardNEON,
	pixels:          pixelsNEON,
	finite:          finiteNEON,
	sgd:             sgdNEON,
	momentum:        momentumNEON,
	adagrad:         adagradNEON,
	adadelta:        adadeltaNEON,
	adam:            adamNEON,
	peak:            peakNEON,
	lane:            4,
}}
