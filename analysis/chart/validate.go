package chart

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Validate reports the first thing in the figure that cannot be drawn in the
// style, and where it is.
func (f Figure) Validate(style Style) error {
	if err := style.Validate(); err != nil {
		return fmt.Errorf("figure %s: %w", f.ID, err)
	}
	if err := f.validate(style); err != nil {
		return fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return nil
}

func (f Figure) validate(style Style) error {
	if len(f.Rows) == 0 {
		return errors.New("no rows: add panels")
	}
	if err := checkText(f.Title, f.Note, f.Mark); err != nil {
		return err
	}
	if err := checkMetadata(f.Metadata); err != nil {
		return err
	}
	for _, s := range []string{f.ID, f.Caption} {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return fmt.Errorf("id or caption %q: use a single line of UTF-8", s)
		}
	}
	panels := 0
	for i, row := range f.Rows {
		if len(row.Panels) == 0 {
			return fmt.Errorf("row %d has no panels", i+1)
		}
		if panels += len(row.Panels); panels > 26 {
			return errors.New("more than 26 panels: the letters run out")
		}
		for j, p := range row.Panels {
			if err := p.validate(style); err != nil {
				return fmt.Errorf("row %d, panel %d: %w", i+1, j+1, err)
			}
			if first := row.Panels[0].Y; row.ShareY && (p.Y.Scale != first.Scale || len(p.Y.Categories) != len(first.Categories)) {
				return fmt.Errorf("row %d, panel %d: its y scale differs from the first panel's: it cannot be shared", i+1, j+1)
			}
		}
	}
	_, _, err := f.legend(style)
	return err
}

func (p Panel) validate(style Style) error {
	if err := checkText(p.Title, p.Blank); err != nil {
		return err
	}
	if err := p.X.validate(); err != nil {
		return fmt.Errorf("x axis: %w", err)
	}
	if err := p.Y.validate(); err != nil {
		return fmt.Errorf("y axis: %w", err)
	}
	if len(p.Series) == 0 && p.Heat == nil {
		return errors.New("no series")
	}
	if err := p.Heat.validate(); err != nil {
		return fmt.Errorf("heat map: %w", err)
	}
	for i, s := range p.Series {
		if err := s.validate(p, style); err != nil {
			return fmt.Errorf("series %d (%q): %w", i+1, s.Label, err)
		}
	}
	if p.Equal && (p.X.Scale != Linear || p.Y.Scale != Linear || p.X.Min != p.Y.Min || p.X.Max != p.Y.Max) {
		return errors.New("equal axes need two linear scales of the same limits")
	}
	for i, s := range p.Series {
		for k, other := range p.Series[:i] {
			if s.Label == other.Label {
				return fmt.Errorf("series %d and %d are both called %q: give them labels that differ", k+1, i+1, s.Label)
			}
		}
	}
	for i, r := range p.Rules {
		if err := r.validate(p, style); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return nil
}

func (a Axis) validate() error {
	if err := checkText(append([]string{a.Label}, a.Categories...)...); err != nil {
		return err
	}
	switch {
	case a.Scale < Linear || a.Scale > Categorical:
		return fmt.Errorf("unknown scale %d", a.Scale)
	case (a.Scale == Categorical) != (len(a.Categories) > 0):
		return errors.New("categories belong to a categorical scale, which needs them")
	case a.Scale == Categorical && (a.Min != 0 || a.Max != 0 || len(a.Ticks) > 0):
		return errors.New("a categorical scale has no limits or ticks of its own")
	case !finite(a.Min) || !finite(a.Max) || (a.Min != 0 || a.Max != 0) && a.Min >= a.Max:
		return fmt.Errorf("limits %v and %v: the first must be the smaller", a.Min, a.Max)
	case a.Max-a.Min < narrowest*math.Max(math.Abs(a.Min), math.Abs(a.Max)):
		return fmt.Errorf("limits %v and %v are too close to tell values apart", a.Min, a.Max)
	}
	if a.Min != 0 || a.Max != 0 {
		for _, limit := range []float64{a.Min, a.Max} {
			if err := a.place(limit); err != nil {
				return fmt.Errorf("limit %w", err)
			}
		}
	}
	for _, t := range a.Ticks {
		if err := a.place(t); err != nil {
			return fmt.Errorf("tick at %w", err)
		}
	}
	return nil
}

func (s Series) validate(p Panel, style Style) error {
	if err := checkText(s.Label); err != nil {
		return err
	}
	if _, ok := style.Roles[s.Role]; !ok {
		return fmt.Errorf("the style has no role %q: use one of %q", s.Role, slices.Sorted(maps.Keys(style.Roles)))
	}
	if err := checkLook(s.Dash, s.Marker); err != nil {
		return err
	}
	switch {
	case s.Marks < LineMarks || s.Marks > Points:
		return fmt.Errorf("unknown marks %d", s.Marks)
	case !(s.Alpha >= 0 && s.Alpha <= 1):
		return fmt.Errorf("opacity %v: give a value from 0 to 1", s.Alpha)
	case len(s.X) == 0:
		return errors.New("no values")
	case len(s.X) != len(s.Y):
		return fmt.Errorf("%d x values for %d y values", len(s.X), len(s.Y))
	case len(s.N) != 0 && len(s.N) != len(s.Y), len(s.Expected) != 0 && len(s.Expected) != len(s.Y),
		len(s.Names) != 0 && len(s.Names) != len(s.Y):
		return fmt.Errorf("%d numbers of runs, %d expected ones and %d names for %d values", len(s.N), len(s.Expected), len(s.Names), len(s.Y))
	case len(s.Lo) != len(s.Hi) || len(s.Lo) != 0 && len(s.Lo) != len(s.Y):
		return fmt.Errorf("%d lower and %d upper ends for %d values", len(s.Lo), len(s.Hi), len(s.Y))
	}
	for _, r := range s.Runs {
		if len(r.Y) != len(s.Y) {
			return fmt.Errorf("%d values of %s for %d of the series", len(r.Y), r.Name, len(s.Y))
		}
		for i, v := range r.Y {
			if !finite(v) {
				continue
			}
			if err := p.Y.place(v); err != nil {
				return fmt.Errorf("%s, value %d: y: %w", r.Name, i+1, err)
			}
		}
	}
	for i := range s.X {
		if err := p.X.place(s.X[i]); err != nil {
			return fmt.Errorf("value %d: x: %w", i+1, err)
		}
		if !finite(s.Y[i]) {
			continue
		}
		if err := p.Y.place(s.Y[i]); err != nil {
			return fmt.Errorf("value %d: y: %w", i+1, err)
		}
		// An end may be non-finite (there is no interval, or it has no end) but
		// must not lie on the wrong side.
		if len(s.Lo) > 0 && (s.Lo[i] > s.Y[i] || s.Hi[i] < s.Y[i]) {
			return fmt.Errorf("value %d: %v is outside its interval from %v to %v", i+1, s.Y[i], s.Lo[i], s.Hi[i])
		}
		if len(s.Lo) > 0 && (finite(s.Lo[i]) && s.Lo[i] < -largest || finite(s.Hi[i]) && s.Hi[i] > largest) {
			return fmt.Errorf("value %d: its interval from %v to %v is too large for an axis", i+1, s.Lo[i], s.Hi[i])
		}
	}
	return nil
}

func (r Rule) validate(p Panel, style Style) error {
	if err := checkText(r.Label); err != nil {
		return err
	}
	if err := checkLook(r.Dash, ""); err != nil {
		return err
	}
	if _, ok := style.Roles[r.Role]; r.Role != "" && !ok {
		return fmt.Errorf("the style has no role %q", r.Role)
	}
	axis := p.X
	switch r.Kind {
	case Horizontal:
		axis = p.Y
	case Diagonal:
		if p.X.Scale != p.Y.Scale || p.X.Scale == Categorical {
			return errors.New("a diagonal needs two linear or two log scales")
		}
		return nil
	case Vertical:
	default:
		return fmt.Errorf("unknown kind %d", r.Kind)
	}
	if err := axis.place(r.At); err != nil {
		return fmt.Errorf("at %w", err)
	}
	return nil
}

// place reports a value that has no place on the axis, whatever its limits.
func (a Axis) place(v float64) error {
	switch {
	case !finite(v):
		return fmt.Errorf("%v has no place on an axis", v)
	case math.Abs(v) > largest || a.Scale == Log && v > 0 && v < smallest:
		return fmt.Errorf("%v is beyond what an axis shows", v)
	case a.Scale == Log && v <= 0:
		return fmt.Errorf("%v on a log scale: leave it out or use a linear scale", v)
	case a.Scale == Categorical && (v != math.Trunc(v) || v < 0 || v >= float64(len(a.Categories))):
		return fmt.Errorf("%v is no index of %d categories", v, len(a.Categories))
	}
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// CheckText reports anything in a text that cannot be drawn.
func CheckText(text string) error { return checkText(text) }

// checkText reports text that cannot be set in one line of the font.
func checkText(texts ...string) error {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return fmt.Errorf("text %q: use a single line of UTF-8", s)
		}
		if c, ok := hasGlyphs(s); !ok {
			return fmt.Errorf("text %q: the font has no %q: write it otherwise", s, c)
		}
	}
	return nil
}

// checkMetadata checks that all formats can carry the keys: PNG requires 1 to
// 79 characters, and PDF's keyword list is joined by "=" and ";".
func checkMetadata(m map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if len(k) < 1 || len(k) > 79 || strings.ContainsFunc(k, func(c rune) bool { return c <= ' ' || c > '~' || c == '=' || c == ';' }) {
			return fmt.Errorf("metadata key %q: use 1 to 79 ASCII characters without space, = and ;", k)
		}
		if v := m[k]; !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
			return fmt.Errorf("metadata %s: %q: use a single line of UTF-8", k, v)
		}
	}
	return nil
}
