package main

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What a routine may do about low numbers, as in package kernel.
const (
	mayIgnoreGradients = 1 << iota
	mayTakeMeans
	mayTakeSquares
	mayTakeAsleep
)

// lowStates keeps on the stack the new values of states that are so low that
// some processors take a hundred times as long for each operation with them.
// take has made their step, and the step proper finds zeros instead of them in
// memory and leaves zeros there. Elements that are not low are zeros here.
type lowStates struct {
	*generator
	squares []average
	states  []string
	stack   operand.Mem // for each lane, a vector of each state
	taken   reg.GPVirtual
}

// lowStates returns room for the states of an update. Without any, its methods
// write nothing.
func (g *generator) lowStates(o update, lanes int) *lowStates {
	low := &lowStates{generator: g, squares: o.squares}
	if o.means != nil {
		low.states = append(low.states, "m")
	}
	for _, a := range o.squares {
		low.states = append(low.states, a.state)
	}
	if low.states != nil {
		low.stack, low.taken = g.AllocLocal(lanes*len(low.states)*g.bytes), g.GP64()
	}
	return low
}

// start begins a group of lanes.
func (low *lowStates) start() {
	if low.states != nil {
		low.XORQ(low.taken, low.taken)
	}
}

func (low *lowStates) bit(state string) operand.Op {
	return operand.U32(1 << slices.Index(low.states, state))
}

// place returns where the new values of a state of a lane are.
func (low *lowStates) place(state string, lane int) operand.Mem {
	return low.stack.Offset((lane*len(low.states) + slices.Index(low.states, state)) * low.bytes)
}

// take notes that a state has been taken.
func (low *lowStates) take(state string) { low.ORQ(low.bit(state), low.taken) }

// put writes to memory what was taken. It overwrites register 3.
func (low *lowStates) put(lanes []lane, label string) {
	for _, state := range low.states {
		skip := "put" + state + label
		low.TESTQ(low.bit(state), low.taken)
		low.JZ(operand.LabelRef(skip))
		for k, l := range lanes {
			low.VMOVUPS(l.at(state), l.r[3])
			low.or(low.Context, low.place(state, k), l.r[3], l.r[3])
			low.VMOVUPS(l.r[3], l.at(state))
		}
		low.Label(skip)
	}
}

// takeSquares makes the step of averages of squares that are below 2^-126,
// where the gradient in register 0 is below 2^-97, so that its square adds
// nothing. Package kernel says when it may (mayTakeSquares). The average
// is multiplied as in decay.
func (low *lowStates) takeSquares(lanes []lane, s named, label string) {
	if low.squares == nil {
		return
	}
	g, grid := low.generator, low.constant("decayGrid")
	skip := "squares" + label
	g.TESTB(operand.U8(mayTakeSquares), g.argument("low"))
	g.JZ(operand.LabelRef(skip))
	var squares []operand.Op
	for _, l := range lanes {
		for _, a := range low.squares {
			squares = append(squares, l.at(a.state))
		}
	}
	g.jumpUnlessLow(squares, "lowSquare", lanes[0].r[1], lanes[0].r[2], skip)
	for _, a := range low.squares {
		low.take(a.state)
	}
	for k, l := range lanes {
		x, taken, y, mask := l.r[1], l.r[2], l.r[3], l.r[4]
		for _, a := range low.squares {
			g.VMOVUPS(l.at(a.state), x)
			g.lowSquares(x, mask)
			g.and(g.Context, g.constant("magnitude"), l.r[0], y)
			g.VPSUBD(g.constant("lowForAdam"), y, y)
			g.and(g.Context, y, mask, mask)
			g.VPSRAD(operand.U8(31), mask, mask)
			g.and(g.Context, x, mask, taken)
			g.xor(g.Context, x, taken, x)
			g.VMOVUPS(x, l.at(a.state))
			g.scale(decaying{r: taken}, grid, y, mask)
			g.decayScaled(decaying{r: taken}, s[a.keep], grid, y, mask)
			g.unscaleMagnitude(taken, grid, y, mask)
			g.VMOVUPS(taken, low.place(a.state, k))
		}
	}
	g.Label(skip)
}

// lowSquares sets the signs of to in the lanes in which x is a number from 0 to
// 2^-126, with the difference of the two.
func (g *generator) lowSquares(x, to vec) {
	g.VPMINUD(g.constant("normal"), x, to)
	g.VPSUBD(g.constant("normal"), to, to)
}
