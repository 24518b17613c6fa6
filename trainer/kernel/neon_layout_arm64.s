//go:build !noasm

#include "textflag.h"

// What moves and inspects data and computes nothing.

// TRANSPOSE stores the transpose of 4×4 floats, rows a to d, as 16 bytes of
// each of four rows of 64 bytes from R0 on; at is the place of the first.
#define TRANSPOSE(a, b, c, d, at) \
	VZIP1 c.S4, a.S4, V16.S4; \
	VZIP2 c.S4, a.S4, V17.S4; \
	VZIP1 d.S4, b.S4, V18.S4; \
	VZIP2 d.S4, b.S4, V19.S4; \
	VZIP1 V18.S4, V16.S4, V20.S4; \
	VZIP2 V18.S4, V16.S4, V21.S4; \
	VZIP1 V19.S4, V17.S4, V22.S4; \
	VZIP2 V19.S4, V17.S4, V23.S4; \
	FMOVQ F20, at(R0); \
	FMOVQ F21, (at+64)(R0); \
	FMOVQ F22, (at+128)(R0); \
	FMOVQ F23, (at+192)(R0)

// func transpose16NEON(dst, src *float32, blocks, dstStep, srcStep int)
TEXT ·transpose16NEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R5
	MOVD src+8(FP), R6
	MOVD blocks+16(FP), R2
	MOVD dstStep+24(FP), R3
	MOVD srcStep+32(FP), R4
	LSL  $2, R3
	LSL  $2, R4

block:
	MOVD R5, R0
	MOVD R6, R1
	MOVD $4, R7

rows:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VLD1.P 64(R1), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD1.P 64(R1), [V12.S4, V13.S4, V14.S4, V15.S4]
	TRANSPOSE(V0, V4, V8, V12, 0)
	TRANSPOSE(V1, V5, V9, V13, 256)
	TRANSPOSE(V2, V6, V10, V14, 512)
	TRANSPOSE(V3, V7, V11, V15, 768)
	ADD    $16, R0
	SUBS   $1, R7
	BNE    rows
	ADD    R3, R5
	ADD    R4, R6
	SUBS   $1, R2
	BNE    block
	RET

// Bytes that are not 0 become a bit each, at its place in the byte of eight of
// them, and pairwise sums gather the bits: 32 bytes, 16, 8, 4.
//
// func nonzeroNEON(mask *uint32, src *byte, n int)
TEXT ·nonzeroNEON(SB), NOSPLIT, $0-24
	MOVD mask+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	MOVD $0x8040201008040201, R3
	VDUP R3, V2.D2

block:
	VLD1.P  32(R1), [V0.B16, V1.B16]
	VCMTST  V0.B16, V0.B16, V0.B16
	VCMTST  V1.B16, V1.B16, V1.B16
	VAND    V2.B16, V0.B16, V0.B16
	VAND    V2.B16, V1.B16, V1.B16
	VADDP   V1.B16, V0.B16, V0.B16
	VADDP   V0.B16, V0.B16, V0.B16
	VADDP   V0.B16, V0.B16, V0.B16
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2
	BNE     block
	RET

// func prefetchNEON(src *byte, lines int)
TEXT ·prefetchNEON(SB), NOSPLIT, $0-16
	MOVD src+0(FP), R0
	MOVD lines+8(FP), R1

loop:
	PRFM (R0), PLDL1KEEP
	ADD  $64, R0
	SUBS $1, R1
	BNE  loop
	RET
