package portrait

import (
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"

	"sparsel/analysis/chart"
)

// dots stand for the part of a name that is left out.
const dots = "..."

// face has the widths of the letters in figures, which package chart sets in
// this font.
var face = font.NewCache(liberation.Collection()).Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, 1)

// Names returns names that come from files in a form for figures, where each
// takes at most the given width in points at the given size of the font. A
// longer name loses its middle, or another part if without its middle it would
// be equal to another name. Names that differ still differ: if nothing else
// tells them apart, they begin with their place in the list.
func Names(names []string, size, most float64) []string {
	wide := func(s string) bool { return float64(face.Width(s))*size > most }
	drawn, whole := make([]string, len(names)), make([]string, len(names))
	for i, name := range names {
		whole[i] = plain(name)
	}
	for i, name := range whole {
		if drawn[i] = name; wide(name) {
			drawn[i] = middle(name, wide)
		}
	}
	if distinct(names, drawn) {
		return drawn
	}
	before, after := common(whole)
	for i, name := range whole {
		if wide(name) {
			drawn[i] = around(name, before, len(name)-after, wide)
		}
	}
	if distinct(names, drawn) {
		return drawn
	}
	for i, name := range whole {
		place := strconv.Itoa(i+1) + ": "
		if drawn[i] = place + name; wide(drawn[i]) {
			drawn[i] = middle(name, func(s string) bool { return wide(place + s) })
			drawn[i] = place + drawn[i]
		}
	}
	return drawn
}

// plain replaces what cannot be drawn: characters that the font lacks, and
// those that mark up text in figures.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || r == '^' || r == '{' || r == '}' || chart.CheckText(string(r)) != nil {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(name, "?"))
}

// distinct reports whether names that differ are drawn differently.
func distinct(names, drawn []string) bool {
	of := map[string]string{}
	for i, d := range drawn {
		if name, taken := of[d]; taken && name != names[i] {
			return false
		}
		of[d] = names[i]
	}
	return true
}

// middle cuts out as little of the middle as it has to.
func middle(name string, wide func(string) bool) string {
	letters := []rune(name)
	without := func(n int) string {
		kept := len(letters) - n
		return string(letters[:(kept+1)/2]) + dots + string(letters[len(letters)-kept/2:])
	}
	return without(sort.Search(len(letters), func(n int) bool { return !wide(without(n)) }))
}

// common returns the number of bytes at the beginning and at the end that all
// names share.
func common(names []string) (before, after int) {
	first := names[0]
	before, after = len(first), len(first)
	for _, name := range names {
		if name == first {
			continue
		}
		n := 0
		for n < min(before, len(name)) && name[n] == first[n] {
			n++
		}
		before, n = n, 0
		for n < min(after, len(name)) && name[len(name)-1-n] == first[len(first)-1-n] {
			n++
		}
		after = n
	}
	// A name such as aa has the beginning and the end of a in common with it.
	least := len(first)
	for _, name := range names {
		least = min(least, len(name))
	}
	after = min(after, least-min(before, least))
	for before > 0 && !utf8.RuneStart(first[min(before, len(first)-1)]) {
		before--
	}
	for after > 0 && !utf8.RuneStart(first[len(first)-after]) {
		after--
	}
	return before, after
}

// around keeps the part of a name in [from, to), in which it differs from the
// others, and as much before and after that as there is room for.
func around(name string, from, to int, wide func(string) bool) string {
	part := name[from:to]
	if wide(dots + part + dots) {
		return dots + middle(part, func(s string) bool { return wide(dots + s + dots) }) + dots
	}
	head, tail := []rune(name[:from]), []rune(name[to:])
	h, t := 0, 0
	join := func(h, t int) string {
		s := string(head[:h])
		if h < len(head) {
			s += dots
		}
		s += part
		if t < len(tail) {
			s += dots
		}
		return s + string(tail[len(tail)-t:])
	}
	for grown := true; grown; {
		grown = false
		if h < len(head) && !wide(join(h+1, t)) {
			h, grown = h+1, true
		}
		if t < len(tail) && !wide(join(h, t+1)) {
			t, grown = t+1, true
		}
	}
	return join(h, t)
}
