//go:build !noasm

#include "textflag.h"

// The element-wise loops. n is a positive multiple of 16 throughout.

// Instructions on 4 floats for which Go's assembler has no name; arguments are
// numbers of registers. In its order of operands: SUBF is d = n - m, DIVF is
// d = n / m. MAXF and MINF give NaN for a NaN. HALVE shifts 4 integers right by
// one, keeping the sign.
#define ADDF(m, n, d) WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d))
#define SUBF(m, n, d) WORD $(0x4ea0d400 | (m)<<16 | (n)<<5 | (d))
#define MULF(m, n, d) WORD $(0x6e20dc00 | (m)<<16 | (n)<<5 | (d))
#define DIVF(m, n, d) WORD $(0x6e20fc00 | (m)<<16 | (n)<<5 | (d))
#define MAXF(m, n, d) WORD $(0x4e20f400 | (m)<<16 | (n)<<5 | (d))
#define MINF(m, n, d) WORD $(0x4ea0f400 | (m)<<16 | (n)<<5 | (d))
#define NEGF(n, d) WORD $(0x6ea0f800 | (n)<<5 | (d))
#define SQRTF(n, d) WORD $(0x6ea1f800 | (n)<<5 | (d))
#define FROMUINT(n, d) WORD $(0x6e21d800 | (n)<<5 | (d))
#define HALVE(n, d) WORD $(0x4f3f0400 | (n)<<5 | (d))

// SPREAD fills a vector with the 32 bits of R8.
#define SPREAD(v) VDUP R8, v.S4

// The constants of Exp, see function.go.
DATA exp<>+0(SB)/4, $0xc2d10000  // expLow
DATA exp<>+4(SB)/4, $0x42b20000  // expHigh
DATA exp<>+8(SB)/4, $0x3fb8aa3b  // log2E
DATA exp<>+12(SB)/4, $0x4b400000 // shifter
DATA exp<>+16(SB)/4, $0x3f317218 // ln2High
DATA exp<>+20(SB)/4, $0xb102e308 // ln2Low
DATA exp<>+24(SB)/4, $0x39500d01 // expTerm7
DATA exp<>+28(SB)/4, $0x3ab60b61 // expTerm6
DATA exp<>+32(SB)/4, $0x3c088889 // expTerm5
DATA exp<>+36(SB)/4, $0x3d2aaaab // expTerm4
DATA exp<>+40(SB)/4, $0x3e2aaaab // expTerm3
DATA exp<>+44(SB)/4, $0x3f000000 // expTerm2
DATA exp<>+48(SB)/4, $0x3f800000 // 1
GLOBL exp<>(SB), RODATA|NOPTR, $52

// SIGMOID turns the vector of number x and name X into 1/(1+Exp(-(x+b))); b, t
// and p are overwritten, V16 to V28 hold the constants. What is shifted by 23
// bits and has the bits of 1 added is 2 to that power. The last two lines of
// the integer part split the exponent in two, as Exp does.
#define SIGMOID(x, X, b, B, t, T, p, P) \
	ADDF(b, x, x); \
	NEGF(x, x); \
	MAXF(16, x, x); \
	MINF(17, x, x); \
	VORR  V19.B16, V19.B16, T.B16; \
	VFMLA V18.S4, X.S4, T.S4; \
	SUBF(19, t, p); \
	VFMLS V20.S4, P.S4, X.S4; \
	VFMLS V21.S4, P.S4, X.S4; \
	VORR  V23.B16, V23.B16, P.B16; \
	VFMLA V22.S4, X.S4, P.S4; \
	VORR  V24.B16, V24.B16, B.B16; \
	VFMLA P.S4, X.S4, B.S4; \
	VORR  V25.B16, V25.B16, P.B16; \
	VFMLA B.S4, X.S4, P.S4; \
	VORR  V26.B16, V26.B16, B.B16; \
	VFMLA P.S4, X.S4, B.S4; \
	VORR  V27.B16, V27.B16, P.B16; \
	VFMLA B.S4, X.S4, P.S4; \
	MULF(x, p, p); \
	VFMLA P.S4, X.S4, X.S4; \
	ADDF(28, x, x); \
	VSUB  V19.S4, T.S4, T.S4; \
	HALVE(t, p); \
	VSUB  P.S4, T.S4, T.S4; \
	VSHL  $23, P.S4, P.S4; \
	VSHL  $23, T.S4, T.S4; \
	VADD  V28.S4, P.S4, P.S4; \
	VADD  V28.S4, T.S4, T.S4; \
	MULF(p, x, x); \
	MULF(t, x, x); \
	ADDF(28, x, x); \
	DIVF(x, 28, x)

#define CLEARCHECK VEOR V31.B16, V31.B16, V31.B16

// CHECK adds to V31 what is not 0 if the vector of number x has an infinity or
// a NaN: x - x. t is overwritten.
#define CHECK(x, t, T) \
	SUBF(x, x, t); \
	VORR T.B16, V31.B16, V31.B16

// REPORT makes R8 whether V31 is still 0.
#define REPORT \
	VMOV V31.D[0], R8; \
	VMOV V31.D[1], R9; \
	ORR  R9, R8; \
	CMP  $0, R8; \
	CSET EQ, R8

// BACKWARD makes d (d·(1-a))·a; V28 is 1, t is overwritten.
#define BACKWARD(a, d, t) \
	SUBF(a, 28, t); \
	MULF(t, d, d); \
	MULF(a, d, d)

// CHAINS is four multiply-adds that do not wait for one another.
#define CHAINS(d0, d1, d2, d3) \
	VFMLA V30.S4, V31.S4, d0.S4; \
	VFMLA V30.S4, V31.S4, d1.S4; \
	VFMLA V30.S4, V31.S4, d2.S4; \
	VFMLA V30.S4, V31.S4, d3.S4

// func biasSigmoidNEON(z, bias *float32, n int)
TEXT ·biasSigmoidNEON(SB), NOSPLIT, $0-24
	MOVD z+0(FP), R0
	MOVD bias+8(FP), R1
	MOVD n+16(FP), R2
	MOVD $exp<>(SB), R3
	VLD1R.P 4(R3), [V16.S4]
	VLD1R.P 4(R3), [V17.S4]
	VLD1R.P 4(R3), [V18.S4]
	VLD1R.P 4(R3), [V19.S4]
	VLD1R.P 4(R3), [V20.S4]
	VLD1R.P 4(R3), [V21.S4]
	VLD1R.P 4(R3), [V22.S4]
	VLD1R.P 4(R3), [V23.S4]
	VLD1R.P 4(R3), [V24.S4]
	VLD1R.P 4(R3), [V25.S4]
	VLD1R.P 4(R3), [V26.S4]
	VLD1R.P 4(R3), [V27.S4]
	VLD1R   (R3), [V28.S4]

loop:
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	SIGMOID(0, V0, 4, V4, 8, V8, 12, V12)
	SIGMOID(1, V1, 5, V5, 9, V9, 13, V13)
	SIGMOID(2, V2, 6, V6, 10, V10, 14, V14)
	SIGMOID(3, V3, 7, V7, 11, V11, 15, V15)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func addNEON(dst, x *float32, n int)
TEXT ·addNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2

loop:
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	ADDF(4, 0, 0)
	ADDF(5, 1, 1)
	ADDF(6, 2, 2)
	ADDF(7, 3, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func sigmoidBackwardNEON(d, a *float32, n int)
TEXT ·sigmoidBackwardNEON(SB), NOSPLIT, $0-24
	MOVD  d+0(FP), R0
	MOVD  a+8(FP), R1
	MOVD  n+16(FP), R2
	FMOVS $1.0, F28
	VDUP  V28.S[0], V28.S4

loop:
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	BACKWARD(4, 0, 8)
	BACKWARD(5, 1, 9)
	BACKWARD(6, 2, 10)
	BACKWARD(7, 3, 11)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2
	BNE    loop
	RET

// func pixelsNEON(dst *float32, src *byte, n int)
TEXT ·pixelsNEON(SB), NOSPLIT, $0-24
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVD  $0x437f0000, R8 // 255
	SPREAD(V28)

loop:
	VLD1.P  16(R1), [V4.B16]
	VUXTL   V4.B8, V5.H8
	VUXTL2  V4.B16, V6.H8
	VUXTL   V5.H4, V0.S4
	VUXTL2  V5.H8, V1.S4
	VUXTL   V6.H4, V2.S4
	VUXTL2  V6.H8, V3.S4
	FROMUINT(0, 0)
	FROMUINT(1, 1)
	FROMUINT(2, 2)
	FROMUINT(3, 3)
	DIVF(28, 0, 0)
	DIVF(28, 1, 1)
	DIVF(28, 2, 2)
	DIVF(28, 3, 3)
	VST1.P  [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS    $16, R2
	BNE     loop
	RET

// func finiteNEON(x *float32, n int) bool
TEXT ·finiteNEON(SB), NOSPLIT, $0-17
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	CLEARCHECK

loop:
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	CHECK(0, 4, V4)
	CHECK(1, 5, V5)
	CHECK(2, 6, V6)
	CHECK(3, 7, V7)
	SUBS   $16, R1
	BNE    loop
	REPORT
	MOVB   R8, ret+16(FP)
	RET

// The optimizers: R0 is w, R1 the gradient, R2 and R3 the state, R4 is n. V16 to
// V23 hold the scalars, V30 the weight decay; R10 is 0 if there is none, -0
// included. V0 is w, V1 the gradient, V2 and V3 the state.

// func sgdNEON(w, grad *float32, n int, negLR, decay float32) bool
TEXT ·sgdNEON(SB), NOSPLIT, $0-33
	MOVD  w+0(FP), R0
	MOVD  grad+8(FP), R1
	MOVD  n+16(FP), R4
	MOVWU negLR+24(FP), R8
	SPREAD(V16)
	MOVWU decay+28(FP), R8
	SPREAD(V30)
	AND   $0x7fffffff, R8, R10
	CLEARCHECK

loop:
	VLD1   (R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	CBZ    R10, step
	VFMLA  V30.S4, V0.S4, V4.S4
	VFMLA  V30.S4, V1.S4, V5.S4
	VFMLA  V30.S4, V2.S4, V6.S4
	VFMLA  V30.S4, V3.S4, V7.S4

step:
	VFMLA  V16.S4, V4.S4, V0.S4
	VFMLA  V16.S4, V5.S4, V1.S4
	VFMLA  V16.S4, V6.S4, V2.S4
	VFMLA  V16.S4, V7.S4, V3.S4
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	CHECK(0, 4, V4)
	CHECK(1, 5, V5)
	CHECK(2, 6, V6)
	CHECK(3, 7, V7)
	SUBS   $16, R4
	BNE    loop
	REPORT
	MOVB   R8, ret+32(FP)
	RET

// func momentumNEON(w, grad, v *float32, n int, negLR, momentum, decay float32, first bool) bool
TEXT ·momentumNEON(SB), NOSPLIT, $0-49
	MOVD  w+0(FP), R0
	MOVD  grad+8(FP), R1
	MOVD  v+16(FP), R2
	MOVD  n+24(FP), R4
	MOVWU negLR+32(FP), R8
	SPREAD(V16)
	MOVWU momentum+36(FP), R8
	SPREAD(V17)
	MOVWU decay+40(FP), R8
	SPREAD(V30)
	AND   $0x7fffffff, R8, R10
	MOVBU first+44(FP), R11
	CLEARCHECK

loop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	CBZ    R10, decayed
	VFMLA  V30.S4, V0.S4, V1.S4

decayed:
	CBNZ   R11, step
	VLD1   (R2), [V2.S4]
	MULF(17, 2, 2)
	ADDF(1, 2, 1)

step:
	VST1.P [V1.S4], 16(R2)
	VFMLA  V16.S4, V1.S4, V0.S4
	VST1.P [V0.S4], 16(R0)
	CHECK(0, 4, V4)
	SUBS   $4, R4
	BNE    loop
	REPORT
	MOVB   R8, ret+48(FP)
	RET

// func adagradNEON(w, grad, sum *float32, n int, negLR, eps, decay float32) bool
TEXT ·adagradNEON(SB), NOSPLIT, $0-49
	MOVD  w+0(FP), R0
	MOVD  grad+8(FP), R1
	MOVD  sum+16(FP), R2
	MOVD  n+24(FP), R4
	MOVWU negLR+32(FP), R8
	SPREAD(V16)
	MOVWU eps+36(FP), R8
	SPREAD(V17)
	MOVWU decay+40(FP), R8
	SPREAD(V30)
	AND   $0x7fffffff, R8, R10
	CLEARCHECK

loop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	VLD1   (R2), [V2.S4]
	CBZ    R10, step
	VFMLA  V30.S4, V0.S4, V1.S4

step:
	VFMLA  V1.S4, V1.S4, V2.S4
	VST1.P [V2.S4], 16(R2)
	SQRTF(2, 4)
	ADDF(17, 4, 4)
	MULF(16, 1, 1)
	DIVF(4, 1, 1)
	ADDF(1, 0, 0)
	VST1.P [V0.S4], 16(R0)
	CHECK(0, 4, V4)
	SUBS   $4, R4
	BNE    loop
	REPORT
	MOVB   R8, ret+48(FP)
	RET

// func adadeltaNEON(w, grad, sq, acc *float32, n int, negLR, rho, oneMinusRho, eps, decay float32, low uint8) bool
TEXT ·adadeltaNEON(SB), NOSPLIT, $0-65
	MOVD  w+0(FP), R0
	MOVD  grad+8(FP), R1
	MOVD  sq+16(FP), R2
	MOVD  acc+24(FP), R3
	MOVD  n+32(FP), R4
	MOVWU negLR+40(FP), R8
	SPREAD(V16)
	MOVWU rho+44(FP), R8
	SPREAD(V17)
	MOVWU oneMinusRho+48(FP), R8
	SPREAD(V18)
	MOVWU eps+52(FP), R8
	SPREAD(V19)
	MOVWU decay+56(FP), R8
	SPREAD(V30)
	AND   $0x7fffffff, R8, R10
	CLEARCHECK

loop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	VLD1   (R2), [V2.S4]
	VLD1   (R3), [V3.S4]
	CBZ    R10, step
	VFMLA  V30.S4, V0.S4, V1.S4

step:
	MULF(17, 2, 2)
	MULF(18, 1, 4)
	VFMLA  V4.S4, V1.S4, V2.S4
	VST1.P [V2.S4], 16(R2)
	ADDF(19, 3, 4)
	SQRTF(4, 4)
	ADDF(19, 2, 5)
	SQRTF(5, 5)
	DIVF(5, 4, 4)
	MULF(1, 4, 4)
	MULF(17, 3, 3)
	MULF(18, 4, 5)
	VFMLA  V5.S4, V4.S4, V3.S4
	VST1.P [V3.S4], 16(R3)
	VFMLA  V16.S4, V4.S4, V0.S4
	VST1.P [V0.S4], 16(R0)
	CHECK(0, 4, V4)
	SUBS   $4, R4
	BNE    loop
	REPORT
	MOVB   R8, ret+64(FP)
	RET

// func adamNEON(w, grad, m, v *float32, n int, negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps, decay float32, low uint8) bool
TEXT ·adamNEON(SB), NOSPLIT, $0-81
	MOVD  w+0(FP), R0
	MOVD  grad+8(FP), R1
	MOVD  m+16(FP), R2
	MOVD  v+24(FP), R3
	MOVD  n+32(FP), R4
	MOVWU negStep+40(FP), R8
	SPREAD(V16)
	MOVWU beta1+44(FP), R8
	SPREAD(V17)
	MOVWU oneMinusBeta1+48(FP), R8
	SPREAD(V18)
	MOVWU beta2+52(FP), R8
	SPREAD(V19)
	MOVWU oneMinusBeta2+56(FP), R8
	SPREAD(V20)
	MOVWU sqrtBias2+60(FP), R8
	SPREAD(V21)
	MOVWU eps+64(FP), R8
	SPREAD(V22)
	MOVWU decay+68(FP), R8
	SPREAD(V30)
	AND   $0x7fffffff, R8, R10
	CLEARCHECK

loop:
	VLD1   (R0), [V0.S4]
	VLD1.P 16(R1), [V1.S4]
	VLD1   (R2), [V2.S4]
	VLD1   (R3), [V3.S4]
	CBZ    R10, step
	VFMLA  V30.S4, V0.S4, V1.S4

step:
	MULF(17, 2, 2)
	VFMLA  V18.S4, V1.S4, V2.S4
	VST1.P [V2.S4], 16(R2)
	MULF(19, 3, 3)
	MULF(20, 1, 4)
	VFMLA  V4.S4, V1.S4, V3.S4
	VST1.P [V3.S4], 16(R3)
	SQRTF(3, 4)
	DIVF(21, 4, 4)
	ADDF(22, 4, 4)
	MULF(16, 2, 5)
	DIVF(4, 5, 5)
	ADDF(5, 0, 0)
	VST1.P [V0.S4], 16(R0)
	CHECK(0, 4, V4)
	SUBS   $4, R4
	BNE    loop
	REPORT
	MOVB   R8, ret+80(FP)
	RET

// Every other round goes to other registers: the largest cores have more than 12
// fused multiply-adds in flight.
//
// func peakNEON(rounds int)
TEXT ·peakNEON(SB), NOSPLIT, $0-8
	MOVD rounds+0(FP), R0
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16

loop:
	CHAINS(V0, V1, V2, V3)
	CHAINS(V4, V5, V6, V7)
	CHAINS(V8, V9, V10, V11)
	SUBS $1, R0
	BEQ  done
	CHAINS(V12, V13, V14, V15)
	CHAINS(V16, V17, V18, V19)
	CHAINS(V20, V21, V22, V23)
	SUBS $1, R0
	BNE  loop

done:
	RET
