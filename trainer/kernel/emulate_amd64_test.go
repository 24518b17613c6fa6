//go:build !noasm

package kernel

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// This file interprets the generated assembly, so that the routines of a set
// are tested on every machine, even if it lacks the instructions. The
// interpreter knows exactly the instructions that the generator uses, on
// 512-bit registers, with FMA of this package as fused multiply-add.
// TestEmulated also runs it on a set that the machine has, which tests the
// interpreter.

// machine is the state of a processor.
type machine struct {
	*program
	r          [16]uint64
	v          [32][16]uint32
	k          [8]uint16
	frame      []byte
	zero, less bool // ZF, and SF ≠ OF
}

// at turns an address into a pointer. The caller of a routine keeps its
// operands alive, and they are on the heap, where they do not move.
func at(a uint64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

func (m *machine) address(o operand) unsafe.Pointer {
	switch o.kind {
	case 'f':
		return unsafe.Pointer(&m.frame[o.value])
	case 'd':
		return unsafe.Pointer(&m.data[o.value])
	}
	a := m.r[o.base] + uint64(o.value)
	if o.index >= 0 {
		a += m.r[o.index] * uint64(o.scale)
	}
	return at(a)
}

// load reads n lanes; store writes them, and clears the rest of a register.
func (m *machine) load(o operand, n int) (x [16]uint32) {
	if o.kind == 'v' {
		copy(x[:n], m.v[o.value][:n])
	} else {
		copy(x[:n], unsafe.Slice((*uint32)(m.address(o)), n))
	}
	return x
}

func (m *machine) store(o operand, x [16]uint32, n int) {
	if o.kind == 'v' {
		clear(x[n:])
		m.v[o.value] = x
	} else {
		copy(unsafe.Slice((*uint32)(m.address(o)), n), x[:n])
	}
}

func (m *machine) integer(o operand, size int) uint64 {
	switch o.kind {
	case 'i':
		return uint64(o.value)
	case 'r':
		return m.r[o.value]
	}
	p := m.address(o)
	switch size {
	case 1:
		return uint64(*(*uint8)(p))
	case 4:
		return uint64(*(*uint32)(p))
	}
	return *(*uint64)(p)
}

func (m *machine) setInteger(o operand, size int, x uint64) {
	if o.kind == 'r' {
		if size == 4 {
			x = uint64(uint32(x))
		} else if size == 1 {
			x = m.r[o.value]&^0xff | x&0xff
		}
		m.r[o.value] = x
		return
	}
	switch p := m.address(o); size {
	case 1:
		*(*uint8)(p) = uint8(x)
	case 4:
		*(*uint32)(p) = uint32(x)
	default:
		*(*uint64)(p) = x
	}
}

func f32(b uint32) float32 { return math.Float32frombits(b) }

// vectorOps work lane by lane. c is the destination, and b and a are the second
// and the first source in Go's order of operands (so a is Intel's last).
var vectorOps = map[string]func(a, b, c uint32) uint32{
	"VFMADD231PS":  func(a, b, c uint32) uint32 { return math.Float32bits(FMA(f32(b), f32(a), f32(c))) },
	"VFMADD213PS":  func(a, b, c uint32) uint32 { return math.Float32bits(FMA(f32(b), f32(c), f32(a))) },
	"VFNMADD231PS": func(a, b, c uint32) uint32 { return math.Float32bits(FMA(-f32(b), f32(a), f32(c))) },
	"VADDPS":       func(a, b, _ uint32) uint32 { return math.Float32bits(f32(b) + f32(a)) },
	"VSUBPS":       func(a, b, _ uint32) uint32 { return math.Float32bits(f32(b) - f32(a)) },
	"VMULPS":       func(a, b, _ uint32) uint32 { return math.Float32bits(f32(b) * f32(a)) },
	"VDIVPS":       func(a, b, _ uint32) uint32 { return math.Float32bits(f32(b) / f32(a)) },
	"VMAXPS": func(a, b, _ uint32) uint32 {
		if f32(b) > f32(a) {
			return b
		}
		return a
	},
	"VMINPS": func(a, b, _ uint32) uint32 {
		if f32(b) < f32(a) {
			return b
		}
		return a
	},
	"VPXOR": func(a, b, _ uint32) uint32 { return a ^ b }, "VPXORD": func(a, b, _ uint32) uint32 { return a ^ b },
	"VPOR": func(a, b, _ uint32) uint32 { return a | b }, "VPORD": func(a, b, _ uint32) uint32 { return a | b },
	"VPAND": func(a, b, _ uint32) uint32 { return a & b }, "VPANDD": func(a, b, _ uint32) uint32 { return a & b },
	"VPADDD":  func(a, b, _ uint32) uint32 { return b + a },
	"VPSUBD":  func(a, b, _ uint32) uint32 { return b - a },
	"VPMAXUD": func(a, b, _ uint32) uint32 { return max(a, b) },
	"VPMINUD": func(a, b, _ uint32) uint32 { return min(a, b) },
}

var oneSourceOps = map[string]func(a uint32) uint32{
	"VMOVUPS": func(a uint32) uint32 { return a }, "VMOVAPS": func(a uint32) uint32 { return a },
	"VSQRTPS":    func(a uint32) uint32 { return math.Float32bits(sqrt32(f32(a))) },
	"VRSQRT14PS": func(a uint32) uint32 { return math.Float32bits(worstRootReciprocal(f32(a))) },
	"VCVTDQ2PS":  func(a uint32) uint32 { return math.Float32bits(float32(int32(a))) },
}

// vector executes one vector instruction and reports whether it knows it.
func (m *machine) vector(in *instruction) bool {
	if len(in.args) == 0 {
		return false
	}
	dst := in.args[len(in.args)-1]
	n := dst.width / 4
	if dst.kind != 'v' {
		n = in.args[0].width / 4 // a store
	}
	if f := oneSourceOps[in.op]; f != nil {
		x := m.load(in.args[0], n)
		for i := range n {
			x[i] = f(x[i])
		}
		m.store(dst, x, n)
		return true
	}
	op, clears := strings.CutSuffix(in.op, ".Z")
	if f := vectorOps[op]; f != nil {
		a, b, c := m.load(in.args[0], n), m.load(in.args[1], n), m.load(dst, n)
		for i := range n {
			if in.args[2].kind == 'k' && m.k[in.args[2].value]>>i&1 == 0 {
				if clears {
					c[i] = 0
				}
				continue
			}
			c[i] = f(a[i], b[i], c[i])
		}
		m.store(dst, c, n)
		return true
	}
	var x [16]uint32
	switch in.op {
	case "VCVTPS2PD":
		for i, v := range m.load(in.args[0], n/2) {
			if i < n/2 {
				setDouble(&x, i, float64(f32(v)))
			}
		}
	case "VADDPD", "VFMADD231PD":
		a, b, c := m.load(in.args[0], n), m.load(in.args[1], n), m.load(dst, n)
		for i := range n / 2 {
			if in.op == "VADDPD" {
				setDouble(&x, i, double(&b, i)+double(&a, i))
			} else {
				setDouble(&x, i, math.FMA(double(&b, i), double(&a, i), double(&c, i)))
			}
		}
	case "VMOVSS":
		m.store(dst, m.load(in.args[0], 1), 1) // to memory
		return true
	case "VPCMPUD":
		a, b, mask := m.load(in.args[2], 16), m.load(in.args[1], 16), uint16(0)
		if in.args[0].value != 5 {
			panic(fmt.Sprintf("line %d: unknown comparison", in.line))
		}
		for i := range a {
			if a[i] >= b[i] {
				mask |= 1 << i
			}
		}
		m.k[dst.value] = mask
		return true
	case "VCMPPS":
		n = in.args[2].width / 4
		a, b, mask := m.load(in.args[1], n), m.load(in.args[2], n), uint16(0)
		for i := range n {
			var yes bool
			switch in.args[0].value {
			case 4:
				yes = f32(b[i]) != f32(a[i])
			case 0x11:
				yes = f32(b[i]) < f32(a[i])
			case 0x15:
				yes = !(f32(b[i]) < f32(a[i]))
			case 0x1e:
				yes = f32(b[i]) > f32(a[i])
			default:
				panic(fmt.Sprintf("line %d: unknown comparison", in.line))
			}
			if yes {
				x[i], mask = math.MaxUint32, mask|1<<i
			}
		}
		if dst.kind == 'k' {
			m.k[dst.value] = mask
			return true
		}
	case "VBLENDVPS":
		a, b, mask := m.load(in.args[1], n), m.load(in.args[2], n), m.load(in.args[0], n)
		for i := range n {
			x[i] = b[i]
			if mask[i]>>31 == 1 {
				x[i] = a[i]
			}
		}
	case "VBROADCASTSS":
		a := m.load(in.args[0], 1)
		for i := range n {
			x[i] = a[0]
		}
	case "VBROADCASTF32X4", "VBROADCASTF128":
		a := m.load(in.args[0], 4)
		for i := range n {
			x[i] = a[i%4]
		}
	case "VPERMILPS":
		a, imm := m.load(in.args[1], n), in.args[0].value
		for i := range n {
			x[i] = a[i&^3+int(imm>>(2*(i%4))&3)]
		}
	case "VPSLLD", "VPSRAD":
		x = m.load(in.args[1], n)
		for i := range n {
			if in.op == "VPSLLD" {
				x[i] <<= in.args[0].value
			} else {
				x[i] = uint32(int32(x[i]) >> in.args[0].value)
			}
		}
	case "VPMOVZXBD":
		for i, b := range unsafe.Slice((*byte)(m.address(in.args[0])), n) {
			x[i] = uint32(b)
		}
	case "VPMOVDB":
		a := m.load(in.args[0], 16)
		to := unsafe.Slice((*byte)(m.address(dst)), 16)
		for i := range to {
			to[i] = byte(a[i])
		}
		return true
	case "VPACKSSDW", "VPACKUSWB":
		a, b := m.load(in.args[0], n), m.load(in.args[1], n)
		for half := 0; half < n; half += 4 {
			for i, from := range [][]uint32{b[half : half+4], a[half : half+4]} {
				packed := pack(in.op, from)
				x[half+2*i], x[half+2*i+1] = packed[0], packed[1]
			}
		}
	case "VEXTRACTF128":
		a := m.load(in.args[1], 8)
		copy(x[:4], a[4*in.args[0].value:])
		n = 4
	case "VPUNPCKLDQ":
		a, b := m.load(in.args[0], 4), m.load(in.args[1], 4)
		x[0], x[1], x[2], x[3] = b[0], a[0], b[1], a[1]
	case "VMOVQ":
		a := m.load(in.args[0], 2)
		m.store(dst, a, 2)
		return true
	case "VEXTRACTF64X4":
		a := m.load(in.args[1], 16)
		copy(x[:8], a[8*in.args[0].value:])
		n = 8
	default:
		return false
	}
	m.store(dst, x, n)
	return true
}

// double returns the i-th float64 of a register, and setDouble sets it.
func double(x *[16]uint32, i int) float64 {
	return math.Float64frombits(uint64(x[2*i]) | uint64(x[2*i+1])<<32)
}

func setDouble(x *[16]uint32, i int, v float64) {
	bits := math.Float64bits(v)
	x[2*i], x[2*i+1] = uint32(bits), uint32(bits>>32)
}

// pack halves the width of four numbers that must fit.
func pack(op string, from []uint32) (packed [2]uint32) {
	for i, x := range from {
		if op == "VPACKSSDW" {
			packed[i/2] |= x & 0xffff << (16 * (i % 2))
			continue
		}
		packed[i/2] |= (x&0xff | x>>16&0xff<<8) << (16 * (i % 2))
	}
	return packed
}

// scalar executes one integer instruction or jump and returns the index of the
// next instruction.
func (m *machine) scalar(in *instruction, next int) int {
	op, size := in.op, 8
	switch op[len(op)-1] {
	case 'L':
		size = 4
	case 'B':
		size = 1
	}
	result := func(x uint64) {
		m.setInteger(in.args[len(in.args)-1], size, x)
		m.zero, m.less = x == 0, int64(x) < 0
		if size == 4 {
			m.zero = uint32(x) == 0
		}
	}
	arg := func(i int) uint64 { return m.integer(in.args[i], size) }
	taken := false
	switch op {
	case "PREFETCHT0":
		// changes nothing
	case "MOVQ", "MOVL", "MOVB":
		m.setInteger(in.args[1], size, arg(0))
	case "MOVBLZX":
		m.setInteger(in.args[1], 4, m.integer(in.args[0], 1))
	case "MOVLQSX":
		m.setInteger(in.args[1], 8, uint64(int64(int32(m.integer(in.args[0], 4)))))
	case "LEAQ":
		m.setInteger(in.args[1], 8, uint64(uintptr(m.address(in.args[0]))))
	case "ADDQ", "ADDL":
		result(arg(1) + arg(0))
	case "SUBQ":
		result(arg(1) - arg(0)) // no overflow, so JL needs only SF
	case "SHLQ", "SHLL":
		result(arg(1) << arg(0))
	case "SHRQ":
		result(arg(1) >> arg(0))
	case "XORQ", "XORL":
		result(arg(1) ^ arg(0))
	case "KORW":
		m.k[in.args[2].value] = m.k[in.args[0].value] | m.k[in.args[1].value]
	case "ORQ", "ORL":
		result(arg(1) | arg(0))
	case "IMULQ":
		result(arg(1) * arg(0))
	case "IMUL3Q":
		result(arg(0) * arg(1))
	case "INCQ":
		result(arg(0) + 1)
	case "DECQ":
		result(arg(0) - 1)
	case "BLSRQ":
		x := arg(0)
		result(x & (x - 1))
	case "TZCNTQ":
		n := uint64(0)
		for x := arg(0); x&1 == 0 && n < 64; x >>= 1 {
			n++
		}
		result(n)
	case "TESTQ", "TESTL", "TESTB":
		x := arg(0) & arg(1)
		m.zero, m.less = x<<(64-8*size) == 0, int64(x<<(64-8*size)) < 0
	case "CMPQ", "CMPL", "CMPB":
		a, b := int64(arg(0)), int64(arg(1))
		m.zero, m.less = a == b, a < b
	case "SETEQ":
		x := uint64(0)
		if m.zero {
			x = 1
		}
		m.setInteger(in.args[0], 1, x)
	case "KORTESTW":
		m.zero = m.k[in.args[0].value]|m.k[in.args[1].value] == 0
	case "VPTEST":
		a, b := m.load(in.args[0], 8), m.load(in.args[1], 8)
		m.zero = true
		for i := range a {
			m.zero = m.zero && a[i]&b[i] == 0
		}
	case "JMP":
		taken = true
	case "JZ", "JEQ":
		taken = m.zero
	case "JNZ", "JNE":
		taken = !m.zero
	case "JL", "JLT":
		taken = m.less
	case "JLE":
		taken = m.less || m.zero
	case "JGE":
		taken = !m.less
	default:
		panic(fmt.Sprintf("line %d: unknown instruction %s", in.line, op))
	}
	if taken {
		return in.target
	}
	return next
}

// call runs a routine on a frame of arguments and results.
func (p *program) call(name string, frame []byte) {
	start, ok := p.entry[name]
	if !ok {
		panic("no routine " + name)
	}
	m := &machine{program: p, frame: frame}
	stack := make([]byte, 4096)
	m.r[gpNames["SP"]] = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(stack))))
	defer runtime.KeepAlive(stack)
	for pc := start; ; {
		in := &p.code[pc]
		pc++
		switch {
		case in.op == "RET":
			return
		case in.op == "VZEROUPPER":
			for i := range 16 {
				clear(m.v[i][4:])
			}
		case m.vector(in):
		default:
			pc = m.scalar(in, pc)
		}
	}
}

// wrap returns a function of f's type that interprets the routine f.
func wrap(find func(name string) *program, f reflect.Value) reflect.Value {
	name := runtime.FuncForPC(f.Pointer()).Name()
	name = name[strings.LastIndexByte(name, '.')+1:]
	t := f.Type()
	return reflect.MakeFunc(t, func(args []reflect.Value) []reflect.Value {
		// ABI0: arguments and results in memory, each at its alignment.
		frame, size := make([]byte, 256), 0
		place := func(t reflect.Type) unsafe.Pointer {
			size = (size + t.Align() - 1) / t.Align() * t.Align()
			size += int(t.Size())
			return unsafe.Pointer(&frame[size-int(t.Size())])
		}
		for i, a := range args {
			switch to := place(t.In(i)); a.Kind() {
			case reflect.Pointer:
				*(*uintptr)(to) = a.Pointer()
			case reflect.Int:
				*(*int)(to) = int(a.Int())
			case reflect.Uint64:
				*(*uint64)(to) = a.Uint()
			case reflect.Uint8:
				*(*uint8)(to) = uint8(a.Uint())
			case reflect.Float32:
				*(*float32)(to) = float32(a.Float())
			case reflect.Bool:
				*(*bool)(to) = a.Bool()
			default:
				panic(a.Kind())
			}
		}
		size = (size + 7) / 8 * 8
		var out []reflect.Value
		var result *bool
		if t.NumOut() > 0 {
			result = (*bool)(place(t.Out(0)))
		}
		find(name).call(name, frame)
		runtime.KeepAlive(args)
		if result != nil {
			out = append(out, reflect.ValueOf(*result))
		}
		return out
	})
}

// read returns a function that parses a file when it is first called and not
// before, because a test binary that is started elsewhere has no sources beside
// it and emulates nothing.
func read(file string) func() *program {
	return sync.OnceValue(func() *program {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		return parseProgram(string(text))
	})
}

var readAVX2, readAVX512 = read("avx2_amd64.s"), read("avx512_amd64.s")

// emulate returns the set with every routine interpreted.
func emulate(s *Set) *Set {
	find := func(name string) *program {
		if strings.HasSuffix(name, "AVX512") {
			return readAVX512()
		}
		return readAVX2()
	}
	var visit func(v reflect.Value)
	visit = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Func:
			if !v.IsNil() {
				v.Set(wrap(find, v))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Field(i)
				visit(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
			}
		case reflect.Slice:
			c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(c, v)
			v.Set(c)
			for i := range c.Len() {
				visit(c.Index(i))
			}
		}
	}
	e := &Set{Name: s.Name + " emulated", loops: s.loops}
	// In both sets these are AVX2, and use instructions that nothing else uses.
	// The set of a machine with AVX2 tests them.
	e.loops.transpose16, e.loops.prefetch, e.loops.nonzero, e.loops.gather = nil, nil, nil, nil
	visit(reflect.ValueOf(&e.loops).Elem())
	return e
}

func init() {
	for _, s := range []*Set{&avx2, &avx512} {
		emulated = append(emulated, emulate(s))
	}
}

func TestEmulatedSets(t *testing.T) {
	if len(emulated) != 2 {
		t.Fatalf("%d emulated sets", len(emulated))
	}
	// An interpreter that executes nothing would leave C unchanged.
	for _, s := range emulated {
		c, b := make([]float32, Width), fill(make([]float32, 2*Width), func() float32 { return 3 })
		s.Multiply(&Product{M: 1, K: 2, Panels: 1, C: c, CRow: Width, A: []float32{1, 4}, ARow: 2, ACol: 1, B: b})
		if c[7] != 15 {
			t.Errorf("%s: %g, want 15", s, c[7])
		}
	}
}
