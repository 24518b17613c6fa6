package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An Entry is 8 bytes: the row as int32, then the value as float32.
const entryBytes = 8

const rowsSignature = "func(c0, c1 *float32, e0 *byte, n0 int, e1 *byte, n1 int, b *float32, bPanel int)"

// list is one row of the sparse matrix while it is multiplied.
type list struct {
	at  reg.GPVirtual // entry 0; negative indices count up to the end
	acc []reg.VecPhysical
	x   reg.VecPhysical
	row reg.GPVirtual
}

// panelPointers returns a pointer to each panel of B.
func (g *generator) panelPointers(panels int) []reg.GPVirtual {
	b := make([]reg.GPVirtual, panels)
	b[0] = g.param("b")
	if panels == 1 {
		return b
	}
	step := g.stride("bPanel")
	for p := 1; p < panels; p++ {
		b[p] = g.GP64()
		g.LEAQ(indexed(b[p-1], step, 1, 0), b[p])
	}
	return b
}

// entry multiplies the entry at l.at + index*8 into the chains of l.
func (g *generator) entry(l list, index reg.GPVirtual, b []reg.GPVirtual) {
	g.MOVL(indexed(l.at, index, entryBytes, 0), l.row.As32())
	g.VBROADCASTSS(indexed(l.at, index, entryBytes, 4), l.x)
	g.SHLQ(operand.U8(bits.TrailingZeros(panelBytes)), l.row)
	per := len(l.acc) / len(b)
	for p := range b {
		for v := range per {
			g.VFMADD231PS(indexed(b[p], l.row, 1, v*g.bytes), l.x, l.acc[p*per+v])
		}
	}
}

// finish writes the chains of l, a -0 as +0.
func (g *generator) finish(l list, c string) {
	zero := g.regs[len(g.regs)-1]
	g.zero(zero)
	to := g.param(c)
	for v, r := range l.acc {
		g.VADDPS(zero, r, r)
		g.VMOVUPS(r, mem(to, v*g.bytes))
	}
}

// toEnd moves l.at behind n entries and returns -n in a new register.
func (g *generator) toEnd(l list, n reg.GPVirtual) reg.GPVirtual {
	g.LEAQ(indexed(l.at, n, entryBytes, 0), l.at)
	index := g.GP64()
	g.MOVQ(n, index)
	g.NEGQ(index)
	return index
}

// sparsePair writes the product of two rows at a time: side by side while both
// last, which keeps twice the chains in flight, then what is left of one.
func (g *generator) sparsePair(panels int) {
	g.function(fmt.Sprintf("sparsePair%d", panels), rowsSignature,
		fmt.Sprintf("computes two rows of a sparse product over %d panels.", panels))
	vecs := panels * width / g.lane
	b := g.panelPointers(panels)
	l0 := list{g.param("e0"), g.regs[:vecs], g.regs[2*vecs], g.GP64()}
	l1 := list{g.param("e1"), g.regs[vecs : 2*vecs], g.regs[2*vecs+1], g.GP64()}
	g.zero(g.regs[:2*vecs]...)
	n0, n1, both := g.param("n0"), g.param("n1"), g.GP64()
	g.MOVQ(n0, both)
	g.CMPQ(n1, both)
	g.CMOVQLT(n1, both)
	g.SUBQ(both, n0)
	g.SUBQ(both, n1)
	g.TESTQ(both, both)
	g.JZ(operand.LabelRef("rest"))
	index := g.toEnd(l0, both)
	g.LEAQ(indexed(l1.at, both, entryBytes, 0), l1.at)
	g.Label("pair")
	g.entry(l0, index, b)
	g.entry(l1, index, b)
	g.INCQ(index)
	g.JNZ(operand.LabelRef("pair"))

	g.Label("rest")
	for i, l := range []list{l0, l1} {
		n := []reg.GPVirtual{n0, n1}[i]
		done, loop := fmt.Sprintf("done%d", i), fmt.Sprintf("single%d", i)
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef(done))
		index := g.toEnd(l, n)
		g.Label(loop)
		g.entry(l, index, b)
		g.INCQ(index)
		g.JNZ(operand.LabelRef(loop))
		g.Label(done)
	}
	g.finish(l0, "c0")
	g.finish(l1, "c1")
	g.ret()
}

// sparseSingle writes the product of one row; c1, e1 and n1 are not used.
func (g *generator) sparseSingle(panels int) {
	g.function(fmt.Sprintf("sparseSingle%d", panels), rowsSignature,
		fmt.Sprintf("computes the first row of a sparse product over %d panels.", panels))
	vecs := panels * width / g.lane
	b := g.panelPointers(panels)
	l := list{g.param("e0"), g.regs[:vecs], g.regs[vecs], g.GP64()}
	g.zero(l.acc...)
	n := g.param("n0")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	index := g.toEnd(l, n)
	g.Label("loop")
	g.entry(l, index, b)
	g.INCQ(index)
	g.JNZ(operand.LabelRef("loop"))
	g.Label("done")
	g.finish(l, "c0")
	g.ret()
}

// sparseColumns writes the gradient kernel: a row of G for each pixel, over the
// samples in which the pixel is not zero.
func (g *generator) sparseColumns(panels int) {
	g.function(fmt.Sprintf("sparseColumns%d", panels),
		"func(out *float32, gPanel int, starts *int32, k int, entries *byte, d *float32, more bool)",
		fmt.Sprintf("computes k rows of a gradient over %d panels.", panels))
	perPanel := width / g.lane
	vecs := panels * perPanel
	acc, x, zero := g.regs[:vecs], g.regs[vecs], g.regs[vecs+1]
	out, starts, k := g.param("out"), g.param("starts"), g.param("k")
	entries, d, more := g.param("entries"), g.param("d"), g.GP32()
	g.Load(g.Param("more"), more.As8L())
	var gPanel reg.GPVirtual
	if panels > 1 {
		gPanel = g.stride("gPanel")
	}
	g.zero(zero)
	at, end, row, to := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	each := func(f func(v int, m operand.Mem)) {
		g.MOVQ(out, to)
		for p := range panels {
			if p > 0 {
				g.ADDQ(gPanel, to)
			}
			for v := range perPanel {
				f(p*perPanel+v, mem(to, v*g.bytes))
			}
		}
	}
	g.MOVL(mem(starts, 0), at.As32())
	g.LEAQ(indexed(entries, at, entryBytes, 0), at)
	g.Label("pixel")
	g.ADDQ(operand.U8(4), starts)
	g.MOVL(mem(starts, 0), end.As32())
	g.LEAQ(indexed(entries, end, entryBytes, 0), end)
	g.TESTB(more.As8L(), more.As8L())
	g.JNZ(operand.LabelRef("load"))
	g.zero(acc...)
	g.JMP(operand.LabelRef("start"))
	g.Label("load")
	each(func(v int, m operand.Mem) { g.VMOVUPS(m, acc[v]) })
	g.Label("start")
	g.CMPQ(at, end)
	g.JEQ(operand.LabelRef("store"))
	g.Label("entry")
	g.MOVL(mem(at, 0), row.As32())
	g.VBROADCASTSS(mem(at, 4), x)
	g.SHLQ(operand.U8(bits.TrailingZeros(uint(panels*panelBytes))), row)
	for v := range vecs {
		g.VFMADD231PS(indexed(d, row, 1, v*g.bytes), x, acc[v])
	}
	g.ADDQ(operand.U8(entryBytes), at)
	g.CMPQ(at, end)
	g.JNE(operand.LabelRef("entry"))
	g.Label("store")
	each(func(v int, m operand.Mem) {
		g.VADDPS(zero, acc[v], acc[v])
		g.VMOVUPS(acc[v], m)
	})
	g.ADDQ(operand.U8(panelBytes), out)
	g.DECQ(k)
	g.JNZ(operand.LabelRef("pixel"))
	g.ret()
}
