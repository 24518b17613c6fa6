package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	width      = 16 // floats in a row of a panel
	panelBytes = width * 4
)

// isa is an instruction set.
type isa struct {
	name  string // suffix of the routines
	file  string
	lane  int // floats in a vector
	regs  []reg.VecPhysical
	xor   func(*build.Context, ...operand.Op)
	or    func(*build.Context, ...operand.Op)
	and   func(*build.Context, ...operand.Op)
	bytes int // bytes in a vector
}

var avx2 = &isa{
	name: "AVX2", file: "avx2", lane: 8, bytes: 32,
	regs: []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	},
	xor: func(c *build.Context, o ...operand.Op) { c.VPXOR(o[0], o[1], o[2]) },
	or:  func(c *build.Context, o ...operand.Op) { c.VPOR(o[0], o[1], o[2]) },
	and: func(c *build.Context, o ...operand.Op) { c.VPAND(o[0], o[1], o[2]) },
}

// avx512 uses only AVX512F for its 512-bit instructions: VPXORD, VPORD and
// VPANDD instead of VXORPS and similar ones, which need AVX512DQ.
var avx512 = &isa{
	name: "AVX512", file: "avx512", lane: 16, bytes: 64,
	regs: []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
		reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
		reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	},
	xor: (*build.Context).VPXORD,
	or:  (*build.Context).VPORD,
	and: (*build.Context).VPANDD,
}

// generator writes the routines of one set.
type generator struct {
	*build.Context
	*isa
	table  operand.Mem
	consts map[string]int
}

// function starts a routine.
func (g *generator) function(name, signature string, doc ...string) {
	g.Function(name + g.name)
	g.Attributes(attr.NOSPLIT)
	g.SignatureExpr(signature)
	g.Doc(append([]string{name + g.name + " " + doc[0]}, doc[1:]...)...)
	g.Pragma("noescape")
}

// ret ends a routine. It clears the upper halves of the registers, because
// mixing them with SSE code is slow.
func (g *generator) ret() {
	g.VZEROUPPER()
	g.RET()
}

// param loads a parameter into a new register.
func (g *generator) param(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name), r)
	return r
}

// stride loads a parameter in floats and converts it to bytes.
func (g *generator) stride(name string) reg.GPVirtual {
	r := g.param(name)
	g.SHLQ(operand.U8(2), r)
	return r
}

// scalar broadcasts a float32 parameter to a vector register.
func (g *generator) scalar(name string, to reg.Register) {
	g.VBROADCASTSS(g.argument(name), to)
}

// argument returns the place of a parameter.
func (g *generator) argument(name string) operand.Mem {
	a, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return a.Addr
}

// zero clears vector registers.
func (g *generator) zero(regs ...reg.VecPhysical) {
	for _, r := range regs {
		g.xor(g.Context, r, r, r)
	}
}

// constants writes the table of vector constants, 16 copies of each.
func (g *generator) constants() {
	list := []struct {
		name string
		bits uint32
	}{
		{"expLow", math.Float32bits(-104.5)},
		{"expHigh", math.Float32bits(89)},
		{"log2E", math.Float32bits(math.Log2E)},
		{"shifter", math.Float32bits(3 << 22)},
		{"-ln2High", math.Float32bits(-0.693147182464599609375)},
		{"-ln2Low", math.Float32bits(1.904654299957767878541e-09)},
		{"term2", math.Float32bits(1.0 / 2)},
		{"term3", math.Float32bits(1.0 / 6)},
		{"term4", math.Float32bits(1.0 / 24)},
		{"term5", math.Float32bits(1.0 / 120)},
		{"term6", math.Float32bits(1.0 / 720)},
		{"term7", math.Float32bits(1.0 / 5040)},
		{"one", math.Float32bits(1)},
		{"half", math.Float32bits(0.5)},
		{"four", math.Float32bits(4)},
		{"sign", 1 << 31},
		{"127", 127},
		{"255", math.Float32bits(255)},
		{"calmWeight", math.Float32bits(0x1p28)},
		{"calmMoment", math.Float32bits(0x1p87)},
		{"magnitude", 1<<31 - 1},
		{"threshold0", 1},
		{"threshold1", math.Float32bits(0.01)},
		{"threshold2", math.Float32bits(0.05)},
		{"threshold3", math.Float32bits(0.1)},
		{"threshold4", math.Float32bits(0.5)},
		{"threshold5", math.Float32bits(0.9)},
		{"threshold6", math.Float32bits(0.95)},
		{"threshold7", math.Float32bits(0.99)},
		{"settled", math.Float32bits(0x1p-26)},
		{"settledSmall", math.Float32bits(0x1p-73)},
		{"huge", math.Float32bits(0x1p127)},
		{"decayLow", math.Float32bits(0x1p-117)}, // 2^-126 of decay divided by the eighth power of 0.46
		{"decayHigh", math.Float32bits(0x1p63)},
		{"decayGrid", math.Float32bits(0x1p-62)},
		{"2decayGrid", math.Float32bits(0x1p-61)},
		{"decayScale", math.Float32bits(0x1p64) - math.Float32bits(1)},
		{"2^64", math.Float32bits(0x1p64)},
		{"lowSum", math.Float32bits(0x1p-62) - 1},
		{"highSum", math.Float32bits(0x1p-38) - 1},
		{"lowFactor", math.Float32bits(0x1p-118) - 1},
		{"lowSleep", math.Float32bits(0x1p-104) - 1},
		{"lowSquare", math.Float32bits(0x1p-126) - 1},
		{"lowMean", math.Float32bits(0x1p-100)},
		{"lowForMean", math.Float32bits(0x1p-105)},
		{"moved", math.Float32bits(0x1p-23)},
		{"moving", math.Float32bits(0x1p-100 * 0x1p64)},
		{"2^-64", math.Float32bits(0x1p-64)},
		{"lowVelocity", math.Float32bits(0x1p-125) - 1},
		{"lowWeight", math.Float32bits(0x1p-70)},
		{"lowGradient", math.Float32bits(0x1p-90)},
		{"lowForAdam", math.Float32bits(0x1p-97)},
		{"movedByAdam", math.Float32bits(0x1p31) - math.Float32bits(1)},
		{"normal", math.Float32bits(0x1p-126)},
		{"2^23", math.Float32bits(0x1p23)},
		{"0", 0}, {"1", 1}, {"2", 2}, {"3", 3}, {"4", 4},
		{"rootLow", math.Float32bits(0x1p-100)},
		{"rootSpan", math.Float32bits(float32(math.Inf(1))) - math.Float32bits(0x1p-100)},
	}
	g.table = g.StaticGlobal("constants" + g.name)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	g.consts = map[string]int{}
	for i, c := range list {
		g.consts[c.name] = i * panelBytes
		for j := range width {
			g.AddDatum(i*panelBytes+4*j, operand.U32(c.bits))
		}
	}
}

// constant returns the memory operand of a full vector of a constant.
func (g *generator) constant(name string) operand.Mem {
	off, ok := g.consts[name]
	if !ok {
		panic(fmt.Sprintf("no constant %q", name))
	}
	return g.table.Offset(off)
}

// mem is base + disp.
func mem(base reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Disp: disp}
}

// indexed is base + index*scale + disp.
func indexed(base, index reg.Register, scale uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: scale, Disp: disp}
}
