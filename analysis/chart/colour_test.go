package chart

import (
	"math"
	"testing"
)

type triple [3]float64

func (m matrix) times(v triple) (out triple) {
	for i, row := range m {
		out[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return out
}

type matrix [3]triple

// eyes map linear sRGB to how it appears without one kind of cone (Machado,
// Oliveira and Fernandes, 2009, severity 1).
var eyes = map[string]matrix{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab returns a linear sRGB colour in CIELAB with the white of D65.
func lab(rgb triple) triple {
	for i, v := range rgb {
		rgb[i] = math.Max(0, math.Min(v, 1))
	}
	xyz := matrix{{.4124564, .3575761, .1804375}, {.2126729, .7151522, .0721750}, {.0193339, .1191920, .9503041}}.times(rgb)
	for i, white := range []float64{.95047, 1, 1.08883} {
		if v := xyz[i] / white; v > 216.0/24389 {
			xyz[i] = math.Cbrt(v)
		} else {
			xyz[i] = (24389.0/27*v + 16) / 116
		}
	}
	return triple{116*xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])}
}

// TestColourBlind checks that colours that share a panel are far apart for all
// eyes: 15 in CIELAB, where 2.3 is just noticeable side by side (Mahy and
// others, 1994).
func TestColourBlind(t *testing.T) {
	style := DefaultStyle()
	for _, group := range [][]string{{"SGD", "Adagrad", "Adadelta", "Adam"}, {"accuracy", "sparsity", "selectivity"}} {
		for eye, m := range eyes {
			for i, a := range group {
				for _, b := range group[:i] {
					p, q := lab(m.times(linear(style.Roles[a].Color))), lab(m.times(linear(style.Roles[b].Color)))
					if d := math.Hypot(math.Hypot(p[0]-q[0], p[1]-q[1]), p[2]-q[2]); d < 15 {
						t.Errorf("%s: %s and %s are %.1f apart", eye, a, b, d)
					}
				}
			}
		}
	}
}

// linear returns the channels of a colour without sRGB's gamma.
func linear(hex string) (out triple) {
	c := mustColor(hex)
	for i, v := range []uint8{c.R, c.G, c.B} {
		x := float64(v) / 255
		if x <= 0.04045 {
			out[i] = x / 12.92
		} else {
			out[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return out
}
