package embedded

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
)

// ComparePictures says whether two PNG files show the same, whatever is written around the pixels.
func ComparePictures(original, other []byte) string {
	a, err := png.Decode(bytes.NewReader(original))
	if err != nil {
		return fmt.Sprintf("the genuine picture cannot be decoded: %v", err)
	}
	b, err := png.Decode(bytes.NewReader(other))
	if err != nil {
		return fmt.Sprintf("its picture cannot be decoded: %v", err)
	}
	if a.Bounds() != b.Bounds() {
		return fmt.Sprintf("its picture is %d×%d pixels, the genuine one %d×%d", b.Bounds().Dx(), b.Bounds().Dy(), a.Bounds().Dx(), a.Bounds().Dy())
	}
	n, where := DifferingPixels(a, b)
	if n == 0 {
		return "it shows the same picture, pixel by pixel: what was changed stands around it"
	}
	return fmt.Sprintf("%d of its %d pixels are others than the genuine ones, within %v", n, a.Bounds().Dx()*a.Bounds().Dy(), where)
}

// DifferingPixels counts them and gives the rectangle that they lie in. The pictures have equal bounds.
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
