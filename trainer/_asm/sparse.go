package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Step has four byte offsets (uint32) and four values (float32), one for each
// lane.
const (
	lanes     = 4
	stepBytes = 8 * lanes
)

// sparseRows writes the product of a group of rows over some panels. Four rows
// at once keep enough chains in flight, while the few panels of B that they
// need stay in the first-level cache. Loads limit the speed of the loop, so one
// load fetches two offsets and another all values.
func (g *generator) sparseRows(rows, panels int) {
	g.function(fmt.Sprintf("sparse%dx%d", rows, panels),
		"func(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)",
		fmt.Sprintf("computes %d rows of a sparse product over %d panels.", rows, panels))
	perPanel := width / g.lane
	vecs := panels * perPanel
	acc := func(l, v int) reg.VecPhysical { return g.regs[l*vecs+v] }
	free := g.regs[rows*vecs:]
	g.zero(g.regs[:rows*vecs]...)
	steps, n, b := g.param("steps"), g.param("n"), g.panelPointers(panels)
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("store"))

	multiply := func(l int, x reg.VecPhysical, off reg.GPVirtual) {
		for v := range vecs {
			g.VFMADD231PS(indexed(b[v/perPanel], off, 1, v%perPanel*g.bytes), x, acc(l, v))
		}
	}
	g.Label("step")
	if rows == 1 {
		off := g.GP64()
		g.MOVL(mem(steps, 0), off.As32())
		g.VBROADCASTSS(mem(steps, 4*lanes), free[0])
		multiply(0, free[0], off)
	} else {
		values := free[0]
		if g.bytes == 64 {
			g.VBROADCASTF32X4(mem(steps, 4*lanes), values)
		} else {
			g.VBROADCASTF128(mem(steps, 4*lanes), values)
		}
		for l := 0; l < rows; l += 2 {
			low, high := g.GP64(), g.GP64()
			g.MOVQ(mem(steps, 4*l), high)
			g.MOVL(high.As32(), low.As32())
			g.SHRQ(operand.U8(32), high)
			for i, off := range []reg.GPVirtual{low, high} {
				x := free[1+(l+i)%(len(free)-1)]
				g.VPERMILPS(operand.U8(0x55*(l+i)), values, x)
				multiply(l+i, x, off)
			}
		}
	}
	g.ADDQ(operand.U8(stepBytes), steps)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("step"))

	g.Label("store")
	zero := free[0]
	g.zero(zero)
	c, index, cRow := g.param("c"), g.param("rows"), g.stride("cRow")
	for l := range rows {
		row, skip := g.GP64(), fmt.Sprintf("skip%d", l)
		g.MOVLQSX(mem(index, 4*l), row)
		g.TESTQ(row, row)
		g.JLT(operand.LabelRef(skip))
		g.IMULQ(cRow, row)
		g.ADDQ(c, row)
		for v := range vecs {
			g.VADDPS(zero, acc(l, v), acc(l, v))
			g.VMOVUPS(acc(l, v), mem(row, v*g.bytes))
		}
		g.Label(skip)
	}
	g.ret()
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

// columns writes the parts of a gradient kernel. A row of G, for a pixel, is in
// acc while the samples are added in which the pixel is not zero, each times x.
type columns struct {
	*generator
	panels int
	acc    []vec
	x      vec

	out, gPanel, order, masks, images, pixels, scale reg.GPVirtual
	mask, row, at, byteAt, to                        reg.GPVirtual
}

func (g *generator) columns(panels int) *columns {
	vecs := panels * width / g.lane
	k := &columns{generator: g, panels: panels, acc: g.regs[:vecs], x: g.regs[vecs]}
	k.out, k.order, k.masks = g.param("out"), g.param("order"), g.param("masks")
	k.images, k.pixels, k.scale = g.param("images"), g.param("pixels"), g.param("scale")
	k.mask, k.row, k.at, k.byteAt, k.to = g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	k.gPanel = g.stride("gPanel")
	return k
}

// each calls f with the place in G of every vector of the row.
func (k *columns) each(f func(v int, m operand.Mem)) {
	k.MOVL(mem(k.order, 0), k.to.As32())
	k.SHLQ(operand.U8(bits.TrailingZeros(panelBytes)), k.to)
	k.ADDQ(k.out, k.to)
	perPanel := width / k.lane
	for v := range k.acc {
		if v > 0 && v%perPanel == 0 {
			k.ADDQ(k.gPanel, k.to)
		}
		f(v, mem(k.to, v%perPanel*k.bytes))
	}
}

// sum starts the row at 0, or at what load makes of G, and adds the samples.
// add gets the place of a sample in D. label must be unique to the call.
func (k *columns) sum(load func(v int, m operand.Mem), add func(row reg.GPVirtual), label string) {
	k.MOVL(mem(k.order, 0), k.at.As32())
	k.MOVQ(indexed(k.masks, k.at, 8, 0), k.mask)
	k.ADDQ(k.images, k.at)
	k.CMPB(k.argument("more"), operand.U8(0))
	k.JNE(operand.LabelRef("load" + label))
	k.zero(k.acc...)
	k.JMP(operand.LabelRef("start" + label))
	k.Label("load" + label)
	k.each(load)
	k.Label("start" + label)
	k.TESTQ(k.mask, k.mask)
	k.JZ(operand.LabelRef("summed" + label))
	k.Label("sample" + label)
	k.TZCNTQ(k.mask, k.row)
	k.MOVQ(k.pixels, k.byteAt)
	k.IMULQ(k.row, k.byteAt)
	k.MOVBLZX(indexed(k.at, k.byteAt, 1, 0), k.byteAt.As32())
	k.VBROADCASTSS(indexed(k.scale, k.byteAt, 4, 0), k.x)
	k.SHLQ(operand.U8(bits.TrailingZeros(uint(k.panels*panelBytes))), k.row)
	add(k.row)
	k.BLSRQ(k.mask, k.mask)
	k.JNZ(operand.LabelRef("sample" + label))
	k.Label("summed" + label)
}

// ordinary computes the row and writes it to G. zero is a register with zeros.
func (k *columns) ordinary(d reg.Register, zero vec) {
	k.sum(
		func(v int, m operand.Mem) { k.VMOVUPS(m, k.acc[v]) },
		func(row reg.GPVirtual) {
			for v, acc := range k.acc {
				k.VFMADD231PS(indexed(d, row, 1, v*k.bytes), k.x, acc)
			}
		}, "")
	k.each(func(v int, m operand.Mem) {
		k.VADDPS(zero, k.acc[v], k.acc[v])
		k.VMOVUPS(k.acc[v], m)
	})
}

// next goes to the next pixel.
func (k *columns) next() {
	k.ADDQ(operand.U8(4), k.order)
	k.DECQ(k.argument("count"))
	k.JNZ(operand.LabelRef("pixel"))
}

// sparseColumns writes the gradient kernel: a row of G for each pixel, over the
// samples in which the pixel is not zero.
func (g *generator) sparseColumns(panels int) {
	g.function(fmt.Sprintf("sparseColumns%d", panels),
		"func(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int, scale *float32, d *float32, more bool)",
		fmt.Sprintf("computes count rows of a gradient over %d panels.", panels))
	k := g.columns(panels)
	d, zero := g.param("d"), g.regs[len(k.acc)+1]
	g.zero(zero)
	g.Label("pixel")
	k.ordinary(d, zero)
	k.next()
	g.ret()
}

// nonzero writes the search for nonzero bytes, 32 at a time. AVX-512 processors
// use it too.
func (g *generator) nonzero() {
	g.function("nonzero", "func(mask *uint32, src *byte, n int)",
		"sets the bits of mask for the bytes of src that are not 0; n is the number of 32-byte blocks.")
	mask, src, n := g.param("mask"), g.param("src"), g.param("n")
	zero, x, bits := g.regs[0], g.regs[1], g.GP32()
	g.zero(zero)
	g.Label("block")
	g.VPCMPEQB(mem(src, 0), zero, x)
	g.VPMOVMSKB(x, bits)
	g.NOTL(bits)
	g.MOVL(bits, mem(mask, 0))
	g.ADDQ(operand.U8(32), src)
	g.ADDQ(operand.U8(4), mask)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("block"))
	g.ret()
}

// prefetch writes the request for the cache lines of an image.
func (g *generator) prefetch() {
	g.function("prefetch", "func(src *byte, n int)", "requests n cache lines from src on.")
	src, n := g.param("src"), g.param("n")
	g.Label("line")
	g.PREFETCHT0(mem(src, 0))
	g.ADDQ(operand.U8(64), src)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("line"))
	g.RET()
}

// gather writes the list of an image's nonzero pixels.
func (g *generator) gather() {
	g.function("gather", "func(steps *byte, columns *uint64, bit uint64, image *byte, mask *uint64, words int, scale *float32)",
		"writes one lane of a group and sets bit in the columns of its pixels.")
	steps, columns, bit := g.param("steps"), g.param("columns"), g.param("bit")
	image, mask, words, scale := g.param("image"), g.param("mask"), g.param("words"), g.param("scale")
	m, k, b, base := g.GP64(), g.GP64(), g.GP64(), g.GP32()
	g.XORL(base, base)
	g.Label("word")
	g.MOVQ(mem(mask, 0), m)
	g.TESTQ(m, m)
	g.JZ(operand.LabelRef("next"))
	g.Label("pixel")
	g.TZCNTQ(m, k)
	g.MOVBLZX(indexed(image, k, 1, 0), b.As32())
	g.MOVL(indexed(scale, b, 4, 0), b.As32())
	g.MOVL(b.As32(), mem(steps, 4*lanes))
	g.ORQ(bit, indexed(columns, k, 8, 0))
	g.SHLL(operand.U8(bits.TrailingZeros(panelBytes)), k.As32())
	g.ADDL(base, k.As32())
	g.MOVL(k.As32(), mem(steps, 0))
	g.ADDQ(operand.U8(stepBytes), steps)
	g.BLSRQ(m, m)
	g.JNZ(operand.LabelRef("pixel"))
	g.Label("next")
	g.ADDL(operand.U32(64*panelBytes), base)
	g.ADDQ(operand.U8(64), image)
	g.ADDQ(operand.U32(64*8), columns)
	g.ADDQ(operand.U8(8), mask)
	g.DECQ(words)
	g.JNZ(operand.LabelRef("word"))
	g.RET()
}
