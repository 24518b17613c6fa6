//go:build !noasm

#include "textflag.h"

// The sparse products, see neon_dense_arm64.s for the arrangement.

// MLA0 to MLA3: d += n·m[0] to n·m[3] on 4 floats, fused (FMLA by element, for
// which Go's assembler has no name). Arguments are numbers of registers.
#define MLA0(m, n, d) WORD $(0x4f801000 | (m)<<16 | (n)<<5 | (d))
#define MLA1(m, n, d) WORD $(0x4fa01000 | (m)<<16 | (n)<<5 | (d))
#define MLA2(m, n, d) WORD $(0x4f801800 | (m)<<16 | (n)<<5 | (d))
#define MLA3(m, n, d) WORD $(0x4fa01800 | (m)<<16 | (n)<<5 | (d))

// ADDF: d = n + m on 4 floats.
#define ADDF(m, n, d) WORD $(0x4e20d400 | (m)<<16 | (n)<<5 | (d))

#define ZERO(x0, x1, x2, x3) \
	VEOR x0.B16, x0.B16, x0.B16; \
	VEOR x1.B16, x1.B16, x1.B16; \
	VEOR x2.B16, x2.B16, x2.B16; \
	VEOR x3.B16, x3.B16, x3.B16

// Sparse rows. R0 is C, R1 the rows of the lanes, R2 a row of C in bytes; R3
// are the steps, R4 their number; R5 is B, R6 a panel of B in bytes.

#define SPARSE \
	MOVD c+0(FP), R0; \
	MOVD rows+8(FP), R1; \
	MOVD cRow+16(FP), R2; \
	MOVD steps+24(FP), R3; \
	MOVD n+32(FP), R4; \
	MOVD b+40(FP), R5; \
	MOVD bPanel+48(FP), R6; \
	LSL  $2, R2; \
	LSL  $2, R6; \
	VEOR V31.B16, V31.B16, V31.B16

// PLUSZERO adds +0 to four vectors: V31 is 0.
#define PLUSZERO(x0, x1, x2, x3) \
	ADDF(31, x0, x0); \
	ADDF(31, x1, x1); \
	ADDF(31, x2, x2); \
	ADDF(31, x3, x3)

// Sparse columns. R0 is G, R1 a panel of G in bytes; R2 is the order, R3 its
// length; R4 are the masks, R5 the images, R6 the pixels of one; R7 is the
// scale; R8 is D; R9 is more. R10 is the pixel, R11 its place in G, R12 what is
// left of its mask, R13 its place in the first image.

#define COLUMNS \
	MOVD  out+0(FP), R0; \
	MOVD  gPanel+8(FP), R1; \
	MOVD  order+16(FP), R2; \
	MOVD  count+24(FP), R3; \
	MOVD  masks+32(FP), R4; \
	MOVD  images+40(FP), R5; \
	MOVD  pixels+48(FP), R6; \
	MOVD  scale+56(FP), R7; \
	MOVD  d+64(FP), R8; \
	MOVBU more+72(FP), R9; \
	LSL   $2, R1; \
	VEOR  V31.B16, V31.B16, V31.B16

#define PIXEL \
	MOVWU.P 4(R2), R10; \
	ADD     R10<<6, R0, R11; \
	MOVD    (R4)(R10<<3), R12; \
	ADD     R10, R5, R13; \
	MOVD    R11, R17

// SAMPLE takes the lowest bit from the mask: R14 becomes the sample, F30 its
// value of the pixel.
#define SAMPLE \
	RBIT  R12, R14; \
	CLZ   R14, R14; \
	SUB   $1, R12, R15; \
	AND   R15, R12; \
	MUL   R6, R14, R15; \
	MOVBU (R13)(R15), R15; \
	FMOVS (R7)(R15<<2), F30

// func sparse4x1NEON(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)
TEXT ·sparse4x1NEON(SB), NOSPLIT, $0-56
	SPARSE
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)
	CBZ R4, store

step:
	LDPW  (R3), (R7, R8)
	LDPW  8(R3), (R9, R10)
	FMOVQ 16(R3), F30
	ADD   R5, R7
	ADD   R5, R8
	ADD   R5, R9
	ADD   R5, R10
	VLD1  (R7), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1  (R8), [V20.S4, V21.S4, V22.S4, V23.S4]
	MLA0(30, 16, 0)
	MLA0(30, 17, 1)
	MLA0(30, 18, 2)
	MLA0(30, 19, 3)
	MLA1(30, 20, 4)
	MLA1(30, 21, 5)
	MLA1(30, 22, 6)
	MLA1(30, 23, 7)
	VLD1  (R9), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1  (R10), [V16.S4, V17.S4, V18.S4, V19.S4]
	MLA2(30, 24, 8)
	MLA2(30, 25, 9)
	MLA2(30, 26, 10)
	MLA2(30, 27, 11)
	MLA3(30, 16, 12)
	MLA3(30, 17, 13)
	MLA3(30, 18, 14)
	MLA3(30, 19, 15)
	ADD   $32, R3
	SUBS  $1, R4
	BNE   step

store:
	MOVW (R1), R7
	TBNZ $63, R7, row1
	MADD R7, R0, R2, R7
	PLUSZERO(0, 1, 2, 3)
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R7)

row1:
	MOVW 4(R1), R7
	TBNZ $63, R7, row2
	MADD R7, R0, R2, R7
	PLUSZERO(4, 5, 6, 7)
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R7)

row2:
	MOVW 8(R1), R7
	TBNZ $63, R7, row3
	MADD R7, R0, R2, R7
	PLUSZERO(8, 9, 10, 11)
	VST1 [V8.S4, V9.S4, V10.S4, V11.S4], (R7)

row3:
	MOVW 12(R1), R7
	TBNZ $63, R7, done
	MADD R7, R0, R2, R7
	PLUSZERO(12, 13, 14, 15)
	VST1 [V12.S4, V13.S4, V14.S4, V15.S4], (R7)

done:
	RET

// func sparse1x4NEON(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)
TEXT ·sparse1x4NEON(SB), NOSPLIT, $0-56
	SPARSE
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)
	CBZ R4, store

step:
	MOVWU (R3), R7
	FMOVS 16(R3), F30
	ADD   R5, R7
	VLD1  (R7), [V16.S4, V17.S4, V18.S4, V19.S4]
	ADD   R6, R7
	VLD1  (R7), [V20.S4, V21.S4, V22.S4, V23.S4]
	ADD   R6, R7
	MLA0(30, 16, 0)
	MLA0(30, 17, 1)
	MLA0(30, 18, 2)
	MLA0(30, 19, 3)
	MLA0(30, 20, 4)
	MLA0(30, 21, 5)
	MLA0(30, 22, 6)
	MLA0(30, 23, 7)
	VLD1  (R7), [V24.S4, V25.S4, V26.S4, V27.S4]
	ADD   R6, R7
	VLD1  (R7), [V16.S4, V17.S4, V18.S4, V19.S4]
	MLA0(30, 24, 8)
	MLA0(30, 25, 9)
	MLA0(30, 26, 10)
	MLA0(30, 27, 11)
	MLA0(30, 16, 12)
	MLA0(30, 17, 13)
	MLA0(30, 18, 14)
	MLA0(30, 19, 15)
	ADD   $32, R3
	SUBS  $1, R4
	BNE   step

store:
	MOVW (R1), R7
	TBNZ $63, R7, done
	MADD R7, R0, R2, R7
	PLUSZERO(0, 1, 2, 3)
	PLUSZERO(4, 5, 6, 7)
	PLUSZERO(8, 9, 10, 11)
	PLUSZERO(12, 13, 14, 15)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R7)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R7)
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R7)
	VST1.P [V12.S4, V13.S4, V14.S4, V15.S4], 64(R7)

done:
	RET

// func sparse1x1NEON(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)
TEXT ·sparse1x1NEON(SB), NOSPLIT, $0-56
	SPARSE
	ZERO(V0, V1, V2, V3)
	CBZ R4, store

step:
	MOVWU (R3), R7
	FMOVS 16(R3), F30
	ADD   R5, R7
	VLD1  (R7), [V16.S4, V17.S4, V18.S4, V19.S4]
	MLA0(30, 16, 0)
	MLA0(30, 17, 1)
	MLA0(30, 18, 2)
	MLA0(30, 19, 3)
	ADD   $32, R3
	SUBS  $1, R4
	BNE   step

store:
	MOVW (R1), R7
	TBNZ $63, R7, done
	MADD R7, R0, R2, R7
	PLUSZERO(0, 1, 2, 3)
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R7)

done:
	RET

// func sparseColumns4NEON(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int, scale *float32, d *float32, more bool)
TEXT ·sparseColumns4NEON(SB), NOSPLIT, $0-73
	COLUMNS

pixel:
	PIXEL
	CBZ  R9, zero
	VLD1 (R17), [V0.S4, V1.S4, V2.S4, V3.S4]
	ADD  R1, R17
	VLD1 (R17), [V4.S4, V5.S4, V6.S4, V7.S4]
	ADD  R1, R17
	VLD1 (R17), [V8.S4, V9.S4, V10.S4, V11.S4]
	ADD  R1, R17
	VLD1 (R17), [V12.S4, V13.S4, V14.S4, V15.S4]
	CBZ  R12, store
	B    sample

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)
	CBZ R12, store

sample:
	SAMPLE
	ADD    R14<<8, R8, R16
	VLD1.P 64(R16), [V16.S4, V17.S4, V18.S4, V19.S4]
	VLD1.P 64(R16), [V20.S4, V21.S4, V22.S4, V23.S4]
	MLA0(30, 16, 0)
	MLA0(30, 17, 1)
	MLA0(30, 18, 2)
	MLA0(30, 19, 3)
	MLA0(30, 20, 4)
	MLA0(30, 21, 5)
	MLA0(30, 22, 6)
	MLA0(30, 23, 7)
	VLD1.P 64(R16), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1.P 64(R16), [V16.S4, V17.S4, V18.S4, V19.S4]
	MLA0(30, 24, 8)
	MLA0(30, 25, 9)
	MLA0(30, 26, 10)
	MLA0(30, 27, 11)
	MLA0(30, 16, 12)
	MLA0(30, 17, 13)
	MLA0(30, 18, 14)
	MLA0(30, 19, 15)
	CBNZ   R12, sample

store:
	PLUSZERO(0, 1, 2, 3)
	PLUSZERO(4, 5, 6, 7)
	PLUSZERO(8, 9, 10, 11)
	PLUSZERO(12, 13, 14, 15)
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R11)
	ADD  R1, R11
	VST1 [V4.S4, V5.S4, V6.S4, V7.S4], (R11)
	ADD  R1, R11
	VST1 [V8.S4, V9.S4, V10.S4, V11.S4], (R11)
	ADD  R1, R11
	VST1 [V12.S4, V13.S4, V14.S4, V15.S4], (R11)
	SUBS $1, R3
	BNE  pixel
	RET

// func sparseColumns1NEON(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int, scale *float32, d *float32, more bool)
TEXT ·sparseColumns1NEON(SB), NOSPLIT, $0-73
	COLUMNS

pixel:
	PIXEL
	CBZ  R9, zero
	VLD1 (R17), [V0.S4, V1.S4, V2.S4, V3.S4]
	CBZ  R12, store
	B    sample

zero:
	ZERO(V0, V1, V2, V3)
	CBZ R12, store

sample:
	SAMPLE
	ADD  R14<<6, R8, R16
	VLD1 (R16), [V16.S4, V17.S4, V18.S4, V19.S4]
	MLA0(30, 16, 0)
	MLA0(30, 17, 1)
	MLA0(30, 18, 2)
	MLA0(30, 19, 3)
	CBNZ R12, sample

store:
	PLUSZERO(0, 1, 2, 3)
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R11)
	SUBS $1, R3
	BNE  pixel
	RET
