//go:build !noasm

package kernel

import (
	"regexp"
	"strconv"
	"strings"
)

// operand is one operand of an instruction.
type operand struct {
	kind        byte // 'i'mmediate, 'r'egister, 'v'ector, mas'k', 'm'emory, 'f'rame, 'd'ata
	value       int64
	width       int // bytes of a vector register
	base, index int // registers, -1 for none
	scale       int64
}

type instruction struct {
	op     string
	args   []operand // Go's order: sources first
	target int       // of a jump
	line   int
}

// program is a parsed assembly file.
type program struct {
	code  []instruction
	entry map[string]int
	data  []byte
}

var gpNames = func() map[string]int {
	m := map[string]int{"AL": 0, "CL": 1, "DL": 2, "BL": 3}
	for i, n := range strings.Fields("AX CX DX BX SP BP SI DI R8 R9 R10 R11 R12 R13 R14 R15") {
		m[n] = i
	}
	return m
}()

var (
	memoryForm = regexp.MustCompile(`^(-?\d*)\((\w+)\)(?:\((\w+)\*(\d)\))?$`)
	frameForm  = regexp.MustCompile(`^\w+\+(\d+)\(FP\)$`)
	dataForm   = regexp.MustCompile(`^constants\w+<>\+(\d+)\(SB\)$`)
	dataLine   = regexp.MustCompile(`^DATA constants\w+<>\+(\d+)\(SB\)/4, \$(0x[0-9a-f]+)$`)
	textLine   = regexp.MustCompile(`^TEXT ·(\w+)\(SB\), NOSPLIT, \$\d+-\d+$`)
)

func number(s string) int64 {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func parseOperand(s string) operand {
	o := operand{base: -1, index: -1}
	switch {
	case s[0] == '$':
		o.kind, o.value = 'i', number(s[1:])
	case strings.ContainsRune("XYZ", rune(s[0])):
		o.kind, o.value = 'v', number(s[1:])
		o.width = map[byte]int{'X': 16, 'Y': 32, 'Z': 64}[s[0]]
	case s[0] == 'K':
		o.kind, o.value = 'k', number(s[1:])
	default:
		if n, ok := gpNames[s]; ok {
			o.kind, o.value = 'r', int64(n)
		} else if m := frameForm.FindStringSubmatch(s); m != nil {
			o.kind, o.value = 'f', number(m[1])
		} else if m := dataForm.FindStringSubmatch(s); m != nil {
			o.kind, o.value = 'd', number(m[1])
		} else if m := memoryForm.FindStringSubmatch(s); m != nil {
			o.kind, o.value, o.base = 'm', number(m[1]), gpNames[m[2]]
			if m[3] != "" {
				o.index, o.scale = gpNames[m[3]], number(m[4])
			}
		} else {
			panic("operand " + s)
		}
	}
	return o
}

func parseProgram(text string) *program {
	p := &program{entry: map[string]int{}}
	labels, jumps := map[string]int{}, map[int]string{}
	name := ""
	for i, line := range strings.Split(text, "\n") {
		if m := dataLine.FindStringSubmatch(line); m != nil {
			bits := number(m[2])
			p.data = append(p.data, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
			if int(number(m[1])) != len(p.data)-4 {
				panic("data out of order")
			}
			continue
		}
		if m := textLine.FindStringSubmatch(line); m != nil {
			name = m[1]
			p.entry[name] = len(p.code)
			continue
		}
		line = strings.TrimSpace(line)
		if label, ok := strings.CutSuffix(line, ":"); ok {
			labels[name+"."+label] = len(p.code)
			continue
		}
		if line == "" || line[0] == '/' || line[0] == '#' || strings.HasPrefix(line, "GLOBL") {
			continue
		}
		op, rest, _ := strings.Cut(line, " ")
		in := instruction{op: op, line: i + 1}
		if op[0] == 'J' {
			jumps[len(p.code)] = name + "." + strings.TrimSpace(rest)
		} else if rest != "" {
			for _, a := range strings.Split(rest, ", ") {
				in.args = append(in.args, parseOperand(strings.TrimSpace(a)))
			}
		}
		p.code = append(p.code, in)
	}
	for at, label := range jumps {
		target, ok := labels[label]
		if !ok {
			panic("no label " + label)
		}
		p.code[at].target = target
	}
	return p
}
