package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A lane is a vector of parameters that an update works on, with its place in
// memory and its registers.
type lane struct {
	at   place
	r    []vec
	mask [2]reg.Register // of AVX-512
}

// all writes each operation for all lanes before the next operation. An update
// is a long chain in which each operation waits for the one before it.
// Interleaving the chains of several lanes keeps the processor busy.
func all(lanes []lane, operations ...func(l lane)) {
	for _, f := range operations {
		for _, l := range lanes {
			f(l)
		}
	}
}

// each returns a register of all lanes.
func each(lanes []lane, r int) []operand.Op {
	var list []vec
	for _, l := range lanes {
		list = append(list, l.r[r])
	}
	return operands(list)
}

func operands(list []vec) []operand.Op {
	var operands []operand.Op
	for _, r := range list {
		operands = append(operands, r)
	}
	return operands
}

// roots writes r[to] = √r[x], correctly rounded, for all lanes; x and to may be
// the same. y, s and t are further registers of a lane, which the root may
// overwrite. label must be unique to the call.
//
// A processor has one divider, which square roots and divisions share and which
// limits an update with 512-bit vectors. So if there are several lanes, only
// half of them use the instruction, which keeps divider and multipliers equally
// busy on Zen 4 (10.4 cycles for a missed step of Adam; 12 with a quarter, 16
// with all). The others start with an instruction that approximates 1/√x by y,
// with a relative error of at most 2^-14, and continue with multiply-adds:
//
//	s = x·y, y = y/2
//	t = 1/2 - s·y
//	s = s + s·t, y = y + y·t
//	√x = s + (x - s·s)·y
//
// The comment at kernel.TestSqrt shows why the result is rounded correctly for
// any y within the bounds. The proof requires that x - s·s has no digits below
// the smallest number. If any lane has smaller numbers, or numbers without a
// root, all lanes use the instruction.
func (g *generator) roots(lanes []lane, x, to, y, s, t int, label string) {
	divide := func(l lane) { g.VSQRTPS(l.r[x], l.r[to]) }
	if len(lanes) == 1 {
		divide(lanes[0])
		return
	}
	first, others := lanes[:len(lanes)/2], lanes[len(lanes)/2:]
	all(others, func(l lane) { g.VPSUBD(g.constant("rootLow"), l.r[x], l.r[t]) })
	most := others[0].r[t]
	for _, l := range others[1:] {
		g.VPMAXUD(l.r[t], most, most)
	}
	g.VPCMPUD(operand.U8(5), g.constant("rootSpan"), most, reg.K1) // at least the span
	all(first, divide)
	g.KORTESTW(reg.K1, reg.K1)
	g.JZ(operand.LabelRef("iterate" + label))
	all(others, divide)
	g.JMP(operand.LabelRef("rooted" + label))
	g.Label("iterate" + label)
	all(others,
		func(l lane) { g.VRSQRT14PS(l.r[x], l.r[y]) },
		func(l lane) { g.VMULPS(l.r[y], l.r[x], l.r[s]) },
		func(l lane) { g.VMULPS(g.constant("half"), l.r[y], l.r[y]) },
		func(l lane) { g.VMOVUPS(g.constant("half"), l.r[t]) },
		func(l lane) { g.VFNMADD231PS(l.r[s], l.r[y], l.r[t]) },
		func(l lane) { g.VFMADD213PS(l.r[s], l.r[t], l.r[s]) },
		func(l lane) { g.VFMADD213PS(l.r[y], l.r[t], l.r[y]) },
		func(l lane) { g.VMOVAPS(l.r[x], l.r[t]) },
		func(l lane) { g.VFNMADD231PS(l.r[s], l.r[s], l.r[t]) },
		func(l lane) { g.VFMADD213PS(l.r[s], l.r[y], l.r[t]) },
	)
	if t != to {
		all(others, func(l lane) { g.VMOVAPS(l.r[t], l.r[to]) })
	}
	g.Label("rooted" + label)
}
