//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// vectorSets returns the vector sets that this processor and system support,
// best first. Package cpu reads GODEBUG, so settings such as
// GODEBUG=cpu.avx512f=off remove a set.
func vectorSets() []*Set {
	var sets []*Set
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA || !cpu.X86.HasBMI1 {
		return nil
	}
	if cpu.X86.HasAVX512F {
		sets = append(sets, &avx512)
	}
	return append(sets, &avx2)
}

var avx2 = Set{Name: "avx2", loops: loops{
	tiles: []tiles{
		{4, []tileFunc{tile1x4AVX2}},
		{2, []tileFunc{tile1x2AVX2, tile2x2AVX2, tile3x2AVX2}},
		{1, []tileFunc{tile1x1AVX2, tile2x1AVX2, tile3x1AVX2, tile4x1AVX2, tile5x1AVX2, tile6x1AVX2}},
	},
	rows:        []rows{{4, 1, sparse4x1AVX2}, {1, 4, sparse1x4AVX2}, {1, 1, sparse1x1AVX2}},
	columns:     []columns{{4, sparseColumns4AVX2}, {1, sparseColumns1AVX2}},
	lowColumns:  []lowColumns{{4, lowColumns4AVX2}, {1, lowColumns1AVX2}},
	scaled:      scaledAVX2,
	pack:        packAVX2,
	prefetch:    prefetchAVX2,
	nonzero:     nonzeroAVX2,
	gather:      gatherAVX2,
	transpose16: transpose16AVX2,

	biasSigmoid:     biasSigmoidAVX2,
	add:             addAVX2,
	sigmoidBackward: sigmoidBackwardAVX2,
	pixels:          pixelsAVX2,
	finite:          finiteAVX2,
	pool:            poolAVX2,
	sgd:             sgdAVX2,
	momentum:        momentumAVX2,
	nesterov:        nesterovAVX2,
	adagrad:         adagradAVX2,
	adagradK:        adagradKAVX2,
	adadelta:        adadeltaAVX2,
	adadeltaK:       adadeltaKAVX2,
	adam:            adamAVX2,
	rmsprop:         rmspropAVX2,
	vsgd:            vsgdAVX2,
	vsgdAverage:     vsgdAverageAVX2,
	vsgdShift:       vsgdShiftAVX2,
	vsgdSum:         vsgdSumAVX2,
	sgdRows:         []panelled[sgdRows]{{1, sgdRows1AVX2}},
	adagradRows:     []panelled[adagradRows]{{1, adagradRows1AVX2}},
	adadeltaRows:    []panelled[adadeltaRows]{{1, adadeltaRows1AVX2}},
	adamRows:        []panelled[adamRows]{{1, adamRows1AVX2}},
	tally:           tallyAVX2,
	norms:           normsAVX2,
	sort:            sorter{8, sortGroupsAVX2, mergeGroupsAVX2, compareFlippedAVX2, compareApartAVX2},
	rankSums:        rankSumsAVX2,
	peak:            peakAVX2,
	lane:            8,
}}

var avx512 = Set{Name: "avx512", loops: loops{
	tiles: []tiles{
		{4, []tileFunc{tile1x4AVX512, tile2x4AVX512, tile3x4AVX512}},
		{2, []tileFunc{tile1x2AVX512, tile2x2AVX512, tile3x2AVX512, tile4x2AVX512, tile5x2AVX512,
			tile6x2AVX512, tile7x2AVX512, tile8x2AVX512, tile9x2AVX512, tile10x2AVX512}},
		{1, []tileFunc{tile1x1AVX512, tile2x1AVX512, tile3x1AVX512, tile4x1AVX512, tile5x1AVX512,
			tile6x1AVX512, tile7x1AVX512, tile8x1AVX512, tile9x1AVX512, tile10x1AVX512}},
	},
	rows: []rows{
		{4, 4, sparse4x4AVX512}, {4, 2, sparse4x2AVX512}, {4, 1, sparse4x1AVX512},
		{1, 8, sparse1x8AVX512}, {1, 4, sparse1x4AVX512}, {1, 1, sparse1x1AVX512},
	},
	columns:     []columns{{8, sparseColumns8AVX512}, {4, sparseColumns4AVX512}, {1, sparseColumns1AVX512}},
	lowColumns:  []lowColumns{{8, lowColumns8AVX512}, {4, lowColumns4AVX512}, {1, lowColumns1AVX512}},
	scaled:      scaledAVX512,
	pack:        packAVX512,
	prefetch:    prefetchAVX2,
	nonzero:     nonzeroAVX2,
	gather:      gatherAVX2,
	transpose16: transpose16AVX2,

	biasSigmoid:     biasSigmoidAVX512,
	add:             addAVX512,
	sigmoidBackward: sigmoidBackwardAVX512,
	pixels:          pixelsAVX512,
	finite:          finiteAVX512,
	pool:            poolAVX512,
	sgd:             sgdAVX512,
	momentum:        momentumAVX512,
	nesterov:        nesterovAVX512,
	adagrad:         adagradAVX512,
	adagradK:        adagradKAVX512,
	adadelta:        adadeltaAVX512,
	adadeltaK:       adadeltaKAVX512,
	adam:            adamAVX512,
	rmsprop:         rmspropAVX512,
	vsgd:            vsgdAVX512,
	vsgdAverage:     vsgdAverageAVX512,
	vsgdShift:       vsgdShiftAVX512,
	vsgdSum:         vsgdSumAVX512,
	sgdRows:         []panelled[sgdRows]{{4, sgdRows4AVX512}, {1, sgdRows1AVX512}},
	adagradRows:     []panelled[adagradRows]{{4, adagradRows4AVX512}, {1, adagradRows1AVX512}},
	adadeltaRows:    []panelled[adadeltaRows]{{4, adadeltaRows4AVX512}, {1, adadeltaRows1AVX512}},
	adamRows:        []panelled[adamRows]{{4, adamRows4AVX512}, {1, adamRows1AVX512}},
	tally:           tallyAVX512,
	norms:           normsAVX512,
	sort:            sorter{16, sortGroupsAVX512, mergeGroupsAVX512, compareFlippedAVX512, compareApartAVX512},
	rankSums:        rankSumsAVX512,
	peak:            peakAVX512,
	lane:            16,
}}
