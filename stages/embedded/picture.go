package embedded

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
)

// maxDeflate is the largest number of bytes that one byte of deflate's output
// can encode (RFC 1951: 258 for two bits).
const maxDeflate = 1032

// checkPNG returns an error if a picture's header claims more pixels, of at
// least one bit each, than its compressed bytes can encode.
func checkPNG(data []byte, compressed int) error {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if int64(c.Height)*(1+int64(c.Width)/8) > maxDeflate*int64(compressed) {
		return fmt.Errorf("its header claims %d×%d pixels, more than its %d bytes can hold", c.Width, c.Height, len(data))
	}
	return nil
}

// ComparePictures says whether two PNG files show the same picture, regardless
// of their metadata. It decodes the other file only if its size is that of the
// original, whatever its header claims.
func ComparePictures(original, other []byte) string {
	size, err := png.DecodeConfig(bytes.NewReader(original))
	if err != nil {
		return fmt.Sprintf("the genuine picture cannot be decoded: %v", err)
	}
	claimed, err := png.DecodeConfig(bytes.NewReader(other))
	if err != nil {
		return fmt.Sprintf("its picture cannot be decoded: %v", err)
	}
	if claimed.Width != size.Width || claimed.Height != size.Height {
		return fmt.Sprintf("its picture is %d×%d pixels, the genuine one %d×%d", claimed.Width, claimed.Height, size.Width, size.Height)
	}
	a, err := png.Decode(bytes.NewReader(original))
	if err != nil {
		return fmt.Sprintf("the genuine picture cannot be decoded: %v", err)
	}
	b, err := png.Decode(bytes.NewReader(other))
	if err != nil {
		return fmt.Sprintf("its picture cannot be decoded: %v", err)
	}
	n, where := DifferingPixels(a, b)
	if n == 0 {
		return "it shows the same picture, pixel by pixel: what was changed stands around it"
	}
	return fmt.Sprintf("%d of its %d pixels are others than the genuine ones, within %v", n, a.Bounds().Dx()*a.Bounds().Dy(), where)
}

// DifferingPixels returns the number of pixels that differ and the rectangle
// that contains them. The pictures must have equal bounds.
func DifferingPixels(a, b image.Image) (n int, where image.Rectangle) {
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1, a1 := a.At(x, y).RGBA()
			r2, g2, b2, a2 := b.At(x, y).RGBA()
			if r1 != r2 || g1 != g2 || b1 != b2 || a1 != a2 {
				n++
				where = where.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return n, where
}
