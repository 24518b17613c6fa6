package stages

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
)

// comparePictures says whether two PNG files show the same, whatever is written around the pixels.
func comparePictures(original, other []byte) string {
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
	n, where := differingPixels(a, b)
	if n == 0 {
		return "it shows the same picture, pixel by pixel: what was changed stands around it"
	}
	return fmt.Sprintf("%d of its %d pixels are others than the genuine ones, within %v", n, a.Bounds().Dx()*a.Bounds().Dy(), where)
}

// differingPixels counts them and gives the rectangle that they lie in. The pictures have equal bounds.
func differingPixels(a, b image.Image) (n int, where image.Rectangle) {
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

// samePicture looks for a figure that shows the same as a PNG file which says nothing about itself, as after a web site
// has written it anew. It returns the figure's action, or nil.
func (f lost) samePicture(out io.Writer, p *pipeline.Provenance, s *store.Store) *pipeline.Made {
	fmt.Fprintln(out, "and the file says nothing about itself")
	size, err := png.DecodeConfig(bytes.NewReader(f.data))
	if err != nil {
		return nil
	}
	for _, m := range p.All() {
		for _, o := range m.Outputs {
			if !strings.HasSuffix(o.Name, ".png") {
				continue
			}
			original, err := os.ReadFile(s.BlobPath(o.Content))
			if err != nil {
				continue
			}
			c, err := png.DecodeConfig(bytes.NewReader(original))
			if err != nil || c.Width != size.Width || c.Height != size.Height {
				continue
			}
			if a, err := png.Decode(bytes.NewReader(original)); err == nil {
				if b, err := png.Decode(bytes.NewReader(f.data)); err == nil {
					if n, _ := differingPixels(a, b); n == 0 {
						fmt.Fprintf(out, "it shows the same picture, pixel by pixel, as %s of %s, SHA-256 %s\n", o.Name, m.Node, o.Content)
						return m
					}
				}
			}
		}
	}
	return nil
}
