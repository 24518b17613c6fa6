package kernel

import "github.com/klauspost/cpuid/v2"

// slowSubnormals says that operations with subnormal numbers, those below
// 2^-126, are slow: a multiply-add takes processors of Intel some 150 cycles.
var slowSubnormals = cpuid.CPU.IsVendor(cpuid.Intel)

// Saturated units, and those that a batch does not reach, have gradients of 0 or
// nearly, and states that decay to subnormal numbers. The routines of an
// optimizer may avoid these in the ways that are given to them as bits, where
// they have the same results.
const (
	ignoreGradients uint8 = 1 << iota // see mayIgnore
	takeMeans                         // for means that are too low to move a weight, with the limits of AdamSettles
	takeSquares                       // for averages of squares below 2^-126, see mayTakeSquares
	takeAsleep                        // likewise, in missed steps
)

func (c AdamStep) low() uint8 {
	low := uint8(0)
	if !slowSubnormals {
		return low
	}
	if c.mayIgnore() {
		low |= ignoreGradients
		if c.StepSize >= -0x1p10 && c.StepSize <= 0x1p10 && c.Eps >= 0x1p-40 {
			low |= takeMeans
		}
	}
	if mayTakeSquares(c.Beta2, c.OneMinusBeta2) && c.Eps >= 0x1p-32 && c.SqrtBias2 >= 0x1p-6 {
		low |= takeSquares | takeAsleep
	}
	return low
}

// mayIgnore reports whether the routines may take 0 for gradients that are too
// low to move anything.
//
// Let |G| < 2^-97, |m| >= 2^31·|G| and |m| >= 2^-96, and let the gradient g be G,
// or a product of G and a value below 2^4. Then g is below 2^5·|G|, even where
// the product's rounding is coarse. Beta1·m rounds to a y with |y| >= |m|/2, and
// half of the distance from y to the next smaller number is at least 2^-25·|y| >=
// 2^5·|G|. So y + OneMinusBeta1·g rounds to y. And g·(OneMinusBeta2·g) is below
// 2^-184, which is less than half of the smallest number, so Beta2·v +
// OneMinusBeta2·g² rounds to Beta2·v.
func (c AdamStep) mayIgnore() bool {
	return c.Beta1 >= 0.5 && c.OneMinusBeta1 >= 0 && c.OneMinusBeta1 <= 1 && c.OneMinusBeta2 >= 0 && c.OneMinusBeta2 <= 1
}

// mayTakeSquares reports whether the step of an average of squares x < 2^-126 may
// be made apart, and 0 be taken for it in the rest of the step, where the
// gradient g is below 2^-97.
//
// OneMinus·g·g is below 2^-194 then, less than half of the smallest number. So
// Keep·x + OneMinus·g·g rounds to Keep·x, which is itself rounded to a multiple
// of that number, and with 0 for x to 0.
//
// The rest of the step sees x in a sum with Eps. In those of Adam and RMSprop it
// is √x, below 2^-63, which Adam divides by SqrtBias2. If that is at least 2^-6,
// the quotient is below 2^-56, half of what the last digit of an Eps of at least
// 2^-32 is worth, so that the sum is Eps, as it is with 0. In Adadelta's it is x,
// and so it is with an Eps of at least 2^-100. Adadelta's acc is an average of
// squares of the change d, the product of g and √(acc+Eps)/√(sq+Eps), which is
// not above 1 in the elements in which acc is below 2^-126.
func mayTakeSquares(keep, oneMinus float32) bool {
	return keep >= 0 && keep <= 1 && oneMinus >= 0 && oneMinus <= 1
}

func (c AdadeltaStep) low() uint8 {
	if slowSubnormals && mayTakeSquares(c.Rho, c.OneMinusRho) && c.Eps >= 0x1p-100 {
		return takeSquares
	}
	return 0
}

func (c RMSpropStep) low() uint8 {
	if slowSubnormals && mayTakeSquares(c.Alpha, c.OneMinusAlpha) && c.Eps >= 0x1p-32 {
		return takeSquares
	}
	return 0
}

// lowest looks at the gradients of four panels from p on and returns what is
// worth while: nothing if none is low. If each row has its own, it looks at
// those of the first row, because a unit that one row does not move is not moved
// by the others either, as a rule.
func (r *Rows) lowest(p int) uint8 {
	low := takeAsleep
	for last := min(p+4, r.Panels); p < last; p++ {
		at := p * Width
		if r.Values == nil {
			at = p*r.Panel + int(r.Index[0])*Width
		}
		for _, x := range r.G[at : at+Width] {
			if x == 0 {
				low |= takeMeans | takeSquares
			} else if x < 0x1p-97 && x > -0x1p-97 {
				return ignoreGradients | takeMeans | takeSquares | takeAsleep
			}
		}
	}
	return low
}
