//go:build !noasm

package kernel

// tile1x4NEON computes count tiles of 1 rows and 64 columns, one below the other.
//
//go:noescape
func tile1x4NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile1x2NEON computes count tiles of 1 rows and 32 columns, one below the other.
//
//go:noescape
func tile1x2NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile2x2NEON computes count tiles of 2 rows and 32 columns, one below the other.
//
//go:noescape
func tile2x2NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile3x2NEON computes count tiles of 3 rows and 32 columns, one below the other.
//
//go:noescape
func tile3x2NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile1x1NEON computes count tiles of 1 rows and 16 columns, one below the other.
//
//go:noescape
func tile1x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile2x1NEON computes count tiles of 2 rows and 16 columns, one below the other.
//
//go:noescape
func tile2x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile3x1NEON computes count tiles of 3 rows and 16 columns, one below the other.
//
//go:noescape
func tile3x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile4x1NEON computes count tiles of 4 rows and 16 columns, one below the other.
//
//go:noescape
func tile4x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile5x1NEON computes count tiles of 5 rows and 16 columns, one below the other.
//
//go:noescape
func tile5x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// tile6x1NEON computes count tiles of 6 rows and 16 columns, one below the other.
//
//go:noescape
func tile6x1NEON(c *float32, cRow, cPanel int, a *float32, aRow, aCol, aTile int, b *float32, bPanel, k, count int, more bool)

// sparse4x1NEON computes 4 rows of a sparse product over 1 panels.
//
//go:noescape
func sparse4x1NEON(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)

// sparse1x4NEON computes 1 rows of a sparse product over 4 panels.
//
//go:noescape
func sparse1x4NEON(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)

// sparse1x1NEON computes 1 rows of a sparse product over 1 panels.
//
//go:noescape
func sparse1x1NEON(c *float32, rows *int32, cRow int, steps *byte, n int, b *float32, bPanel int)

// sparseColumns4NEON computes count rows of a gradient over 4 panels.
//
//go:noescape
func sparseColumns4NEON(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int, scale, d *float32, more bool)

// sparseColumns1NEON computes count rows of a gradient over 1 panels.
//
//go:noescape
func sparseColumns1NEON(out *float32, gPanel int, order *int32, count int, masks *uint64, images *byte, pixels int, scale, d *float32, more bool)

// biasSigmoidNEON does z = 1/(1+Exp(-(z+bias))).
//
//go:noescape
func biasSigmoidNEON(z, bias *float32, n int)

// addNEON does dst += x.
//
//go:noescape
func addNEON(dst, x *float32, n int)

// sigmoidBackwardNEON does d = (d*(1-a))*a.
//
//go:noescape
func sigmoidBackwardNEON(d, a *float32, n int)

// pixelsNEON does dst = float32(src)/255.
//
//go:noescape
func pixelsNEON(dst *float32, src *byte, n int)

// finiteNEON reports whether all x are finite.
//
//go:noescape
func finiteNEON(x *float32, n int) bool

// sgdNEON is the loop of Set.SGD.
//
//go:noescape
func sgdNEON(w, grad *float32, n int, negLR, decay float32) bool

// momentumNEON is the loop of Set.Momentum.
//
//go:noescape
func momentumNEON(w, grad, v *float32, n int, negLR, momentum, decay float32, first bool) bool

// adagradNEON is the loop of Set.Adagrad.
//
//go:noescape
func adagradNEON(w, grad, sum *float32, n int, negLR, eps, decay float32) bool

// adadeltaNEON is the loop of Set.Adadelta.
//
//go:noescape
func adadeltaNEON(w, grad, sq, acc *float32, n int, negLR, rho, oneMinusRho, eps, decay float32, low uint8) bool

// adamNEON is the loop of Set.Adam. It has no use for low.
//
//go:noescape
func adamNEON(w, grad, m, v *float32, n int, negStep, beta1, oneMinusBeta1, beta2, oneMinusBeta2, sqrtBias2, eps, decay float32, low uint8) bool

// prefetchNEON requests cache lines from src on.
//
//go:noescape
func prefetchNEON(src *byte, lines int)

// peakNEON runs rounds of 12 independent fused multiply-adds.
//
//go:noescape
func peakNEON(rounds int)

// nonzeroNEON sets the bits of mask for the bytes of src that are not 0; n is the number of 32-byte blocks.
//
//go:noescape
func nonzeroNEON(mask *uint32, src *byte, n int)

// transpose16NEON transposes blocks of 16×16 floats.
//
//go:noescape
func transpose16NEON(dst, src *float32, blocks, dstStep, srcStep int)
