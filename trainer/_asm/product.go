package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unroll is the number of k steps in the main loop of a tile.
const unroll = 4

// tile writes the dense micro-kernel of rows × 16·panels, with all accumulators
// in registers. A step of k loads the row of B and broadcasts an element of A
// for each row.
func (g *generator) tile(rows, panels int) {
	g.function(fmt.Sprintf("tile%dx%d", rows, panels),
		"func(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)",
		fmt.Sprintf("computes count tiles of %d rows and %d columns, one below the other.", rows, width*panels))
	perPanel := width / g.lane
	vecs := perPanel * panels
	acc := func(i, v int) reg.VecPhysical { return g.regs[i*vecs+v] }
	free := g.regs[rows*vecs:]

	c, a := g.param("c"), g.param("a")
	cRow, aRow, aCol := g.stride("cRow"), g.stride("aRow"), g.stride("aCol")
	count := g.param("count")
	var bPanel reg.GPVirtual
	if panels > 1 {
		bPanel = g.stride("bPanel")
	}

	g.Label("tile")
	// One pointer serves three rows of A: p, p+aRow, p+2·aRow.
	groups := make([]reg.GPVirtual, (rows+2)/3)
	for i := range groups {
		groups[i] = g.GP64()
		if i == 0 {
			g.MOVQ(a, groups[0])
			continue
		}
		g.LEAQ(indexed(groups[i-1], aRow, 2, 0), groups[i])
		g.ADDQ(aRow, groups[i])
	}
	element := func(i int) operand.Mem {
		if i%3 == 0 {
			return mem(groups[i/3], 0)
		}
		return indexed(groups[i/3], aRow, uint8(i%3), 0)
	}
	// One pointer serves three panels of B in the same way.
	bs := make([]reg.GPVirtual, (panels+2)/3)
	for i := range bs {
		if i == 0 {
			bs[0] = g.param("b")
			continue
		}
		bs[i] = g.GP64()
		g.LEAQ(indexed(bs[i-1], bPanel, 2, 0), bs[i])
		g.ADDQ(bPanel, bs[i])
	}
	bRow := func(v, step int) operand.Mem {
		p, disp := v/perPanel, step*panelBytes+v%perPanel*g.bytes
		if p%3 == 0 {
			return mem(bs[p/3], disp)
		}
		return indexed(bs[p/3], bPanel, uint8(p%3), disp)
	}

	g.Comment("Start the chains at +0, or at C.")
	more := g.GP32()
	g.Load(g.Param("more"), more.As8L())
	g.TESTB(more.As8L(), more.As8L())
	g.JNZ(operand.LabelRef("load"))
	for i := range rows {
		for v := range vecs {
			g.zero(acc(i, v))
		}
	}
	g.JMP(operand.LabelRef("start"))
	g.Label("load")
	g.eachC(c, cRow, rows, panels, func(i, v int, m operand.Mem) { g.VMOVUPS(m, acc(i, v)) })
	g.Label("start")

	step := func(s int) {
		if rows < vecs {
			// Keep the elements of A in registers and stream the vectors of B.
			for i := range rows {
				g.VBROADCASTSS(element(i), free[i])
			}
			rest := free[rows:]
			for v := range vecs {
				b := rest[v%len(rest)]
				g.VMOVUPS(bRow(v, s), b)
				for i := range rows {
					g.VFMADD231PS(b, free[i], acc(i, v))
				}
			}
		} else {
			for v := range vecs {
				g.VMOVUPS(bRow(v, s), free[v])
			}
			rest := free[vecs:]
			for i := range rows {
				x := rest[i%len(rest)]
				g.VBROADCASTSS(element(i), x)
				for v := range vecs {
					g.VFMADD231PS(free[v], x, acc(i, v))
				}
			}
		}
		for _, p := range groups {
			g.ADDQ(aCol, p)
		}
	}
	k := g.param("k")
	g.SUBQ(operand.U8(unroll), k)
	g.JL(operand.LabelRef("rest"))
	g.Label("steps")
	for s := range unroll {
		step(s)
	}
	for _, b := range bs {
		g.ADDQ(operand.U32(unroll*panelBytes), b)
	}
	g.SUBQ(operand.U8(unroll), k)
	g.JGE(operand.LabelRef("steps"))
	g.Label("rest")
	g.ADDQ(operand.U8(unroll), k)
	g.JZ(operand.LabelRef("store"))
	g.Label("single")
	step(0)
	for _, b := range bs {
		g.ADDQ(operand.U8(panelBytes), b)
	}
	g.DECQ(k)
	g.JNZ(operand.LabelRef("single"))

	g.Label("store")
	g.eachC(c, cRow, rows, panels, func(i, v int, m operand.Mem) { g.VMOVUPS(acc(i, v), m) })
	next := g.GP64()
	g.IMUL3Q(operand.U8(rows), cRow, next)
	g.ADDQ(next, c)
	g.ADDQ(g.stride("aTile"), a)
	g.DECQ(count)
	g.JNZ(operand.LabelRef("tile"))
	g.ret()
}

// pack writes the copy of runs of at most one vector, for Set.Pack.
func (g *generator) pack() {
	g.function("pack", "func(dst, a *float32, aCol, rows, count int)",
		"copies count runs of a full vector, each overwriting what the last wrote beyond rows.")
	dst, a, count := g.param("dst"), g.param("a"), g.param("count")
	aCol, rows := g.stride("aCol"), g.stride("rows")
	g.Label("run")
	g.VMOVUPS(mem(a, 0), g.regs[0])
	g.VMOVUPS(g.regs[0], mem(dst, 0))
	g.ADDQ(aCol, a)
	g.ADDQ(rows, dst)
	g.DECQ(count)
	g.JNZ(operand.LabelRef("run"))
	g.ret()
}

// eachC calls f with the place in C of every vector of a tile.
func (g *generator) eachC(c, cRow reg.Register, rows, panels int, f func(i, v int, m operand.Mem)) {
	perPanel := width / g.lane
	panel := g.GP64()
	g.MOVQ(c, panel)
	row := g.GP64()
	for p := range panels {
		if p > 0 {
			g.ADDQ(g.stride("cPanel"), panel)
		}
		for i := range rows {
			at := panel
			if rows > 1 {
				at = row
				if i == 0 {
					g.MOVQ(panel, row)
				} else {
					g.ADDQ(cRow, row)
				}
			}
			for v := range perPanel {
				f(i, p*perPanel+v, mem(at, v*g.bytes))
			}
		}
	}
}

// transpose16 transposes blocks of 16×16 floats as four blocks of 8×8. AVX-512
// processors use it too.
func (g *generator) transpose16() {
	g.function("transpose16", "func(dst, src *float32, blocks, dstStep, srcStep int)",
		"transposes blocks of 16×16 floats.")
	dst, src, blocks := g.param("dst"), g.param("src"), g.param("blocks")
	dstStep, srcStep := g.stride("dstStep"), g.stride("srcStep")
	r := g.regs
	g.Label("block")
	for i := 0; i < width; i += 8 {
		for j := 0; j < width; j += 8 {
			at := func(row, col int) operand.Mem { return mem(src, (i+row)*panelBytes+(j+col)*4) }
			for h := 0; h < 8; h += 4 { // columns j+h .. j+h+3 become rows
				// r0-r3: rows 0-3 in the low half, rows 4-7 in the high half.
				for n := range 4 {
					g.VMOVUPS(at(n, h), r[n].AsX())
					g.VINSERTF128(operand.U8(1), at(n+4, h), r[n], r[n])
				}
				g.VUNPCKLPS(r[1], r[0], r[4])
				g.VUNPCKHPS(r[1], r[0], r[5])
				g.VUNPCKLPS(r[3], r[2], r[6])
				g.VUNPCKHPS(r[3], r[2], r[7])
				g.VUNPCKLPD(r[6], r[4], r[8])
				g.VUNPCKHPD(r[6], r[4], r[9])
				g.VUNPCKLPD(r[7], r[5], r[10])
				g.VUNPCKHPD(r[7], r[5], r[11])
				for n := range 4 {
					g.VMOVUPS(r[8+n], mem(dst, (j+h+n)*panelBytes+i*4))
				}
			}
		}
	}
	g.ADDQ(dstStep, dst)
	g.ADDQ(srcStep, src)
	g.DECQ(blocks)
	g.JNZ(operand.LabelRef("block"))
	g.ret()
}

// peak writes the loop that measures the peak: 12 independent chains.
func (g *generator) peak() {
	const chains = 12
	g.function("peak", "func(rounds int)", fmt.Sprintf("runs rounds of %d independent fused multiply-adds.", chains))
	rounds := g.param("rounds")
	half, one := g.regs[chains], g.regs[chains+1]
	g.VMOVUPS(g.constant("half"), half)
	g.VMOVUPS(g.constant("one"), one)
	g.zero(g.regs[:chains]...)
	g.Label("round")
	for i := range chains {
		g.VFMADD213PS(one, half, g.regs[i])
	}
	g.DECQ(rounds)
	g.JNZ(operand.LabelRef("round"))
	g.ret()
}
