//go:build !noasm

#include "textflag.h"

// The dense products. Vectors of 4 floats lie across columns; a panel (16
// columns) is 4 of them. A factor of A is multiplied from a lane of a register:
// it costs one load and no instruction to spread it.

// MLA0: d += n·m[0] on 4 floats, fused (FMLA by element, for which Go's
// assembler has no name). Arguments are numbers of registers.
#define MLA0(m, n, d) WORD $(0x4f801000 | (m)<<16 | (n)<<5 | (d))

#define ZERO(x0, x1, x2, x3) \
	VEOR x0.B16, x0.B16, x0.B16; \
	VEOR x1.B16, x1.B16, x1.B16; \
	VEOR x2.B16, x2.B16, x2.B16; \
	VEOR x3.B16, x3.B16, x3.B16

// R0 is C, R1 and R2 its strides; R3 is A, R4 to R6 its strides;
// R7 is B, R8 its stride; R9 is k, R10 count, R11 more. Strides are in bytes.
// In the loop R12 counts k, R13 is the offset in a row of A, R14 to R17, R19
// and R20 are the rows of A, R21 to R24 the panels of B, R25 is in C.
// V0 to V23 are the sums, V24 to V27 a row of B, V28 to V31 factors of A.

#define PARAMETERS \
	MOVD  c+0(FP), R0; \
	MOVD  cRow+8(FP), R1; \
	MOVD  cPanel+16(FP), R2; \
	MOVD  a+24(FP), R3; \
	MOVD  aRow+32(FP), R4; \
	MOVD  aCol+40(FP), R5; \
	MOVD  aTile+48(FP), R6; \
	MOVD  b+56(FP), R7; \
	MOVD  bPanel+64(FP), R8; \
	MOVD  k+72(FP), R9; \
	MOVD  count+80(FP), R10; \
	MOVBU more+88(FP), R11; \
	LSL   $2, R1; \
	LSL   $2, R2; \
	LSL   $2, R4; \
	LSL   $2, R5; \
	LSL   $2, R6; \
	LSL   $2, R8

#define BEGIN \
	MOVD R9, R12; \
	MOVD ZR, R13; \
	MOVD R3, R14; \
	MOVD R7, R21; \
	MOVD R0, R25

// The panels of B behind the first.
#define PANEL2 ADD R8, R21, R22
#define PANEL4 \
	ADD R8, R21, R22; \
	ADD R8, R22, R23; \
	ADD R8, R23, R24

#define LOADB(panel) VLD1.P 64(panel), [V24.S4, V25.S4, V26.S4, V27.S4]

#define MUL(m, d0, d1, d2, d3) \
	MLA0(m, 24, d0); \
	MLA0(m, 25, d1); \
	MLA0(m, 26, d2); \
	MLA0(m, 27, d3)

#define NEXT \
	ADD  R5, R13; \
	SUBS $1, R12

#define READC(x0, x1, x2, x3) \
	VLD1 (R25), [x0.S4, x1.S4, x2.S4, x3.S4]

#define WRITEC(x0, x1, x2, x3) \
	VST1 [x0.S4, x1.S4, x2.S4, x3.S4], (R25)

// After the last row of a tile R25 is in the next tile's first row.
#define NEXTTILE \
	MOVD R25, R0; \
	ADD  R6, R3; \
	SUBS $1, R10

// func tile1x4NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile1x4NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	PANEL4
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R2, R25
	READC(V4, V5, V6, V7)
	ADD  R2, R25
	READC(V8, V9, V10, V11)
	ADD  R2, R25
	READC(V12, V13, V14, V15)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)

loop:
	FMOVS (R14)(R13), F28
	LOADB(R21)
	MUL(28, 0, 1, 2, 3)
	LOADB(R22)
	MUL(28, 4, 5, 6, 7)
	LOADB(R23)
	MUL(28, 8, 9, 10, 11)
	LOADB(R24)
	MUL(28, 12, 13, 14, 15)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R2, R25
	WRITEC(V4, V5, V6, V7)
	ADD  R2, R25
	WRITEC(V8, V9, V10, V11)
	ADD  R2, R25
	WRITEC(V12, V13, V14, V15)
	SUB  R2, R25
	SUB  R2<<1, R25
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile1x2NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile1x2NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	PANEL2
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R2, R25
	READC(V4, V5, V6, V7)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)

loop:
	FMOVS (R14)(R13), F28
	LOADB(R21)
	MUL(28, 0, 1, 2, 3)
	LOADB(R22)
	MUL(28, 4, 5, 6, 7)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R2, R25
	WRITEC(V4, V5, V6, V7)
	SUB  R2, R25
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile2x2NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile2x2NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	ADD  R4, R14, R15
	PANEL2
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R2, R25
	READC(V4, V5, V6, V7)
	SUB  R2, R25
	ADD  R1, R25
	READC(V8, V9, V10, V11)
	ADD  R2, R25
	READC(V12, V13, V14, V15)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)

loop:
	FMOVS (R14)(R13), F28
	FMOVS (R15)(R13), F29
	LOADB(R21)
	MUL(28, 0, 1, 2, 3)
	MUL(29, 8, 9, 10, 11)
	LOADB(R22)
	MUL(28, 4, 5, 6, 7)
	MUL(29, 12, 13, 14, 15)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R2, R25
	WRITEC(V4, V5, V6, V7)
	SUB  R2, R25
	ADD  R1, R25
	WRITEC(V8, V9, V10, V11)
	ADD  R2, R25
	WRITEC(V12, V13, V14, V15)
	SUB  R2, R25
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile3x2NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile3x2NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	ADD  R4, R14, R15
	ADD  R4, R15, R16
	PANEL2
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R2, R25
	READC(V4, V5, V6, V7)
	SUB  R2, R25
	ADD  R1, R25
	READC(V8, V9, V10, V11)
	ADD  R2, R25
	READC(V12, V13, V14, V15)
	SUB  R2, R25
	ADD  R1, R25
	READC(V16, V17, V18, V19)
	ADD  R2, R25
	READC(V20, V21, V22, V23)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)
	ZERO(V16, V17, V18, V19)
	ZERO(V20, V21, V22, V23)

loop:
	FMOVS (R14)(R13), F28
	FMOVS (R15)(R13), F29
	FMOVS (R16)(R13), F30
	LOADB(R21)
	MUL(28, 0, 1, 2, 3)
	MUL(29, 8, 9, 10, 11)
	MUL(30, 16, 17, 18, 19)
	LOADB(R22)
	MUL(28, 4, 5, 6, 7)
	MUL(29, 12, 13, 14, 15)
	MUL(30, 20, 21, 22, 23)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R2, R25
	WRITEC(V4, V5, V6, V7)
	SUB  R2, R25
	ADD  R1, R25
	WRITEC(V8, V9, V10, V11)
	ADD  R2, R25
	WRITEC(V12, V13, V14, V15)
	SUB  R2, R25
	ADD  R1, R25
	WRITEC(V16, V17, V18, V19)
	ADD  R2, R25
	WRITEC(V20, V21, V22, V23)
	SUB  R2, R25
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile1x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile1x1NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)

loop:
	LOADB(R21)
	FMOVS (R14)(R13), F28
	MUL(28, 0, 1, 2, 3)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile2x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile2x1NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	ADD  R4, R14, R15
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R1, R25
	READC(V4, V5, V6, V7)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)

loop:
	LOADB(R21)
	FMOVS (R14)(R13), F28
	FMOVS (R15)(R13), F29
	MUL(28, 0, 1, 2, 3)
	MUL(29, 4, 5, 6, 7)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R1, R25
	WRITEC(V4, V5, V6, V7)
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile3x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile3x1NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	ADD  R4, R14, R15
	ADD  R4, R15, R16
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R1, R25
	READC(V4, V5, V6, V7)
	ADD  R1, R25
	READC(V8, V9, V10, V11)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)

loop:
	LOADB(R21)
	FMOVS (R14)(R13), F28
	FMOVS (R15)(R13), F29
	FMOVS (R16)(R13), F30
	MUL(28, 0, 1, 2, 3)
	MUL(29, 4, 5, 6, 7)
	MUL(30, 8, 9, 10, 11)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R1, R25
	WRITEC(V4, V5, V6, V7)
	ADD  R1, R25
	WRITEC(V8, V9, V10, V11)
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile4x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile4x1NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	ADD  R4, R14, R15
	ADD  R4, R15, R16
	ADD  R4, R16, R17
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R1, R25
	READC(V4, V5, V6, V7)
	ADD  R1, R25
	READC(V8, V9, V10, V11)
	ADD  R1, R25
	READC(V12, V13, V14, V15)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)

loop:
	LOADB(R21)
	FMOVS (R14)(R13), F28
	FMOVS (R15)(R13), F29
	FMOVS (R16)(R13), F30
	FMOVS (R17)(R13), F31
	MUL(28, 0, 1, 2, 3)
	MUL(29, 4, 5, 6, 7)
	MUL(30, 8, 9, 10, 11)
	MUL(31, 12, 13, 14, 15)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R1, R25
	WRITEC(V4, V5, V6, V7)
	ADD  R1, R25
	WRITEC(V8, V9, V10, V11)
	ADD  R1, R25
	WRITEC(V12, V13, V14, V15)
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile5x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile5x1NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	ADD  R4, R14, R15
	ADD  R4, R15, R16
	ADD  R4, R16, R17
	ADD  R4, R17, R19
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R1, R25
	READC(V4, V5, V6, V7)
	ADD  R1, R25
	READC(V8, V9, V10, V11)
	ADD  R1, R25
	READC(V12, V13, V14, V15)
	ADD  R1, R25
	READC(V16, V17, V18, V19)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)
	ZERO(V16, V17, V18, V19)

loop:
	LOADB(R21)
	FMOVS (R14)(R13), F28
	FMOVS (R15)(R13), F29
	FMOVS (R16)(R13), F30
	FMOVS (R17)(R13), F31
	MUL(28, 0, 1, 2, 3)
	MUL(29, 4, 5, 6, 7)
	MUL(30, 8, 9, 10, 11)
	MUL(31, 12, 13, 14, 15)
	FMOVS (R19)(R13), F28
	MUL(28, 16, 17, 18, 19)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R1, R25
	WRITEC(V4, V5, V6, V7)
	ADD  R1, R25
	WRITEC(V8, V9, V10, V11)
	ADD  R1, R25
	WRITEC(V12, V13, V14, V15)
	ADD  R1, R25
	WRITEC(V16, V17, V18, V19)
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET

// func tile6x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)
TEXT ·tile6x1NEON(SB), NOSPLIT, $0-89
	PARAMETERS

tile:
	BEGIN
	ADD  R4, R14, R15
	ADD  R4, R15, R16
	ADD  R4, R16, R17
	ADD  R4, R17, R19
	ADD  R4, R19, R20
	CBZ  R11, zero
	READC(V0, V1, V2, V3)
	ADD  R1, R25
	READC(V4, V5, V6, V7)
	ADD  R1, R25
	READC(V8, V9, V10, V11)
	ADD  R1, R25
	READC(V12, V13, V14, V15)
	ADD  R1, R25
	READC(V16, V17, V18, V19)
	ADD  R1, R25
	READC(V20, V21, V22, V23)
	MOVD R0, R25
	B    loop

zero:
	ZERO(V0, V1, V2, V3)
	ZERO(V4, V5, V6, V7)
	ZERO(V8, V9, V10, V11)
	ZERO(V12, V13, V14, V15)
	ZERO(V16, V17, V18, V19)
	ZERO(V20, V21, V22, V23)

loop:
	LOADB(R21)
	FMOVS (R14)(R13), F28
	FMOVS (R15)(R13), F29
	FMOVS (R16)(R13), F30
	FMOVS (R17)(R13), F31
	MUL(28, 0, 1, 2, 3)
	MUL(29, 4, 5, 6, 7)
	MUL(30, 8, 9, 10, 11)
	MUL(31, 12, 13, 14, 15)
	FMOVS (R19)(R13), F28
	FMOVS (R20)(R13), F29
	MUL(28, 16, 17, 18, 19)
	MUL(29, 20, 21, 22, 23)
	NEXT
	BNE  loop

	WRITEC(V0, V1, V2, V3)
	ADD  R1, R25
	WRITEC(V4, V5, V6, V7)
	ADD  R1, R25
	WRITEC(V8, V9, V10, V11)
	ADD  R1, R25
	WRITEC(V12, V13, V14, V15)
	ADD  R1, R25
	WRITEC(V16, V17, V18, V19)
	ADD  R1, R25
	WRITEC(V20, V21, V22, V23)
	ADD  R1, R25
	NEXTTILE
	BNE  tile
	RET
