package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// thresholds is the number of kernel.Thresholds.
const thresholds = 8

// lower returns the lower half of a register.
func (g *generator) lower(r reg.VecPhysical) reg.Register {
	if g.bytes == 64 {
		return r.AsY()
	}
	return r.AsX()
}

// upper moves the upper half of a register to the lower half of another.
func (g *generator) upper(from, to reg.VecPhysical) {
	if g.bytes == 64 {
		g.VEXTRACTF64X4(operand.U8(1), from, to.AsY())
	} else {
		g.VEXTRACTF128(operand.U8(1), from, to.AsX())
	}
}

// tally writes the tally of one panel. The accumulators of a vector of units
// stay in registers over all samples, except for the sums, which belong to the
// class of the sample.
func (g *generator) tally() {
	g.function("tally", "func(a *float32, rows int, labels *uint8, sums *float64, classStep int, squares *float64, least, most, below *uint32)",
		"is the loop of Set.Tally for one panel.")
	step := g.param("classStep")
	least, most, v, t, x, squares, counts := g.regs[0], g.regs[1], g.regs[2], g.regs[3], g.regs[4], g.regs[5:7], g.regs[7:7+thresholds]
	for u := range width / g.lane {
		// accumulators calls f with each accumulator and its place in memory.
		accumulators := func(f func(r reg.VecPhysical, at operand.Mem)) {
			p := g.param("squares")
			for h, r := range squares {
				f(r, mem(p, 2*u*g.bytes+h*g.bytes))
			}
			f(least, mem(g.param("least"), u*g.bytes))
			f(most, mem(g.param("most"), u*g.bytes))
			p = g.param("below")
			for _, r := range counts {
				f(r, mem(p, u*g.bytes))
				g.LEAQ(indexed(p, step, 4, 0), p)
			}
		}
		accumulators(func(r reg.VecPhysical, at operand.Mem) { g.VMOVUPS(at, r) })
		a, rows, labels, sums := g.param("a"), g.param("rows"), g.param("labels"), g.param("sums")
		label := fmt.Sprintf("row%d", u)
		g.Label(label)
		g.VMOVUPS(mem(a, u*g.bytes), v)
		g.and(g.Context, g.constant("magnitude"), v, v)
		g.VPMINUD(v, least, least)
		g.VPMAXUD(v, most, most)
		for k, count := range counts {
			g.VPSUBD(g.constant(fmt.Sprintf("threshold%d", k)), v, t)
			g.VPSRAD(operand.U8(31), t, t) // all ones where v is below
			g.VPSUBD(t, count, count)
		}
		class := g.GP64()
		g.MOVBLZX(mem(labels, 0), class.As32())
		g.IMULQ(step, class)
		g.LEAQ(indexed(sums, class, 8, 0), class)
		for h := range 2 {
			if h == 0 {
				g.VCVTPS2PD(g.lower(v), x)
			} else {
				g.upper(v, t)
				g.VCVTPS2PD(g.lower(t), x)
			}
			g.VFMADD231PD(x, x, squares[h])
			g.VADDPD(mem(class, 2*u*g.bytes+h*g.bytes), x, x)
			g.VMOVUPS(x, mem(class, 2*u*g.bytes+h*g.bytes))
		}
		g.ADDQ(operand.U8(panelBytes), a)
		g.INCQ(labels)
		g.DECQ(rows)
		g.JNZ(operand.LabelRef(label))
		accumulators(func(r reg.VecPhysical, at operand.Mem) { g.VMOVUPS(r, at) })
	}
	g.ret()
}

// norms writes the norms of samples, one after the other.
func (g *generator) norms() {
	g.function("norms", "func(l1, l2, a *float32, step, panels, rows int)", "is the loop of Set.Norms.")
	one, two, a := g.param("l1"), g.param("l2"), g.param("a")
	step, panels, rows := g.stride("step"), g.param("panels"), g.param("rows")
	n := width / g.lane
	sums, squares, v, w := g.regs[:n], g.regs[n:2*n], g.regs[2*n], g.regs[2*n+1]
	p, left := g.GP64(), g.GP64()
	g.Label("row")
	g.zero(sums...)
	g.zero(squares...)
	g.MOVQ(a, p)
	g.MOVQ(panels, left)
	g.Label("panel")
	for u := range n {
		g.VMOVUPS(mem(p, u*g.bytes), v)
		g.and(g.Context, g.constant("magnitude"), v, w)
		g.VADDPS(w, sums[u], sums[u])
		g.VMULPS(v, v, v)
		g.VADDPS(v, squares[u], squares[u])
	}
	g.ADDQ(step, p)
	g.DECQ(left)
	g.JNZ(operand.LabelRef("panel"))
	for i, r := range [][]reg.VecPhysical{sums, squares} {
		if n == 1 {
			g.VEXTRACTF64X4(operand.U8(1), r[0], v.AsY())
			g.VADDPS(v.AsY(), r[0].AsY(), r[0].AsY())
		} else {
			g.VADDPS(r[1], r[0], r[0])
		}
		g.VEXTRACTF128(operand.U8(1), r[0].AsY(), v.AsX())
		for _, shuffle := range []uint8{0x0e, 0x01} {
			g.VADDPS(v.AsX(), r[0].AsX(), r[0].AsX())
			g.VPERMILPS(operand.U8(shuffle), r[0].AsX(), v.AsX())
		}
		g.VADDPS(v.AsX(), r[0].AsX(), r[0].AsX())
		g.VMOVSS(r[0].AsX(), mem([]reg.Register{one, two}[i], 0))
	}
	g.ADDQ(operand.U8(4), one)
	g.ADDQ(operand.U8(4), two)
	g.ADDQ(operand.U8(panelBytes), a)
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.ret()
}

// exchange puts the smaller of two registers, lane by lane, into the first and
// the larger into the second; spare becomes what the first was.
func (g *generator) exchange(a, b, spare *reg.VecPhysical) {
	g.VPMINUD(*b, *a, *spare)
	g.VPMAXUD(*b, *a, *b)
	*a, *spare = *spare, *a
}

// sorting writes the routines of a bitonic sort of rows, all columns side by
// side; see sorter in package kernel. As many rows as half of the registers can
// hold are sorted within registers.
func (g *generator) sorting() {
	size := len(g.regs) / 2
	// groups writes a routine that processes size rows at a time.
	groups := func(name, does string, first bool, network func(r []reg.VecPhysical, spare *reg.VecPhysical)) {
		g.function(name, "func(t *float32, count int)", does)
		t, count := g.param("t"), g.param("count")
		g.Label("group")
		for u := range width / g.lane {
			r, spare := append([]reg.VecPhysical{}, g.regs[:size]...), g.regs[size]
			for i := range r {
				g.VMOVUPS(mem(t, i*panelBytes+u*g.bytes), r[i])
				if first {
					g.and(g.Context, g.constant("magnitude"), r[i], r[i])
				}
			}
			network(r, &spare)
			for i := range r {
				g.VMOVUPS(r[i], mem(t, i*panelBytes+u*g.bytes))
			}
		}
		g.ADDQ(operand.U32(size*panelBytes), t)
		g.DECQ(count)
		g.JNZ(operand.LabelRef("group"))
		g.ret()
	}
	clean := func(r []reg.VecPhysical, spare *reg.VecPhysical, from int) {
		for d := from; d > 0; d /= 2 {
			for i := range r {
				if i&d == 0 {
					g.exchange(&r[i], &r[i+d], spare)
				}
			}
		}
	}
	groups("sortGroups", fmt.Sprintf("clears the signs of rows and sorts each %d of them.", size), true,
		func(r []reg.VecPhysical, spare *reg.VecPhysical) {
			for sorted := 2; sorted <= size; sorted *= 2 {
				for i := range r {
					if j := i ^ (sorted - 1); i < j {
						g.exchange(&r[i], &r[j], spare)
					}
				}
				clean(r, spare, sorted/4)
			}
		})
	groups("mergeGroups", fmt.Sprintf("sorts each %d rows, which are bitonic.", size), false,
		func(r []reg.VecPhysical, spare *reg.VecPhysical) { clean(r, spare, size/2) })
	// pairs writes a routine that exchanges rows in each of count blocks: the
	// first of a block with the one that start finds, and so on towards the
	// middle in steps of step.
	pairs := func(name, does string, step int, start func(t, bytes, other reg.Register)) {
		g.function(name, "func(t *float32, rows, count int)", does)
		t, rows, count := g.param("t"), g.param("rows"), g.param("count")
		bytes, other, left, next := g.GP64(), g.GP64(), g.GP64(), g.GP64()
		g.MOVQ(rows, bytes)
		g.SHLQ(operand.U8(6), bytes)
		g.SHRQ(operand.U8(1), rows)
		g.Label("block")
		start(t, bytes, other)
		g.LEAQ(indexed(t, bytes, 1, 0), next)
		g.MOVQ(rows, left)
		g.Label("row")
		for u := range width / g.lane {
			a, b, spare := g.regs[0], g.regs[1], g.regs[2]
			g.VMOVUPS(mem(t, u*g.bytes), a)
			g.VMOVUPS(mem(other, u*g.bytes), b)
			g.exchange(&a, &b, &spare)
			g.VMOVUPS(a, mem(t, u*g.bytes))
			g.VMOVUPS(b, mem(other, u*g.bytes))
		}
		g.ADDQ(operand.U8(panelBytes), t)
		if step > 0 {
			g.ADDQ(operand.U8(panelBytes), other)
		} else {
			g.SUBQ(operand.U8(panelBytes), other)
		}
		g.DECQ(left)
		g.JNZ(operand.LabelRef("row"))
		g.MOVQ(next, t)
		g.DECQ(count)
		g.JNZ(operand.LabelRef("block"))
		g.ret()
	}
	pairs("compareFlipped", "exchanges row i with row rows-1-i of each block.", -1, func(t, bytes, other reg.Register) {
		g.LEAQ(indexed(t, bytes, 1, -panelBytes), other)
	})
	pairs("compareApart", "exchanges row i with row rows/2+i of each block.", 1, func(t, bytes, other reg.Register) {
		g.MOVQ(bytes, other)
		g.SHRQ(operand.U8(1), other)
		g.ADDQ(t, other)
	})
}

// rankSums writes the sums over sorted rows.
func (g *generator) rankSums() {
	g.function("rankSums", "func(ranks, totals *float64, t *float32, n int)", "is the loop of Set.RankSums over sorted rows.")
	ranks, totals, p, n := g.param("ranks"), g.param("totals"), g.param("t"), g.param("n")
	vectors := width * 8 / g.bytes
	total, rank, x := g.regs[:vectors], g.regs[vectors:2*vectors], g.regs[2*vectors]
	g.zero(total...)
	g.zero(rank...)
	end := g.GP64()
	g.MOVQ(n, end)
	g.SHLQ(operand.U8(6), end)
	g.ADDQ(end, p)
	g.Label("row")
	g.SUBQ(operand.U8(panelBytes), p)
	for h := range vectors {
		g.VCVTPS2PD(mem(p, h*g.bytes/2), x)
		g.VADDPD(x, total[h], total[h])
		g.VADDPD(total[h], rank[h], rank[h])
	}
	g.DECQ(n)
	g.JNZ(operand.LabelRef("row"))
	for h := range vectors {
		g.VMOVUPS(rank[h], mem(ranks, h*g.bytes))
		g.VMOVUPS(total[h], mem(totals, h*g.bytes))
	}
	g.ret()
}
