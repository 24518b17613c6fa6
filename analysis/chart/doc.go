// Package chart draws the figures of the study from a description in plain
// data. A [Figure] has rows of panels, a [Panel] has axes, series and rules,
// and a [Style] says what they look like. [Render] turns a figure into PNG, SVG
// or PDF, or into CSV with the numbers behind it.
//
// Equal descriptions give equal bytes, in every format, process and run: the
// output does not depend on the clock, on map order or on the machine's fonts.
// Fonts are embedded (PDF), rasterised (PNG) or named with metric-compatible
// substitutes (SVG).
//
// Series differ in colour, dash and marker, so that a figure can be read by
// colour-blind people and in black and white; see [DefaultStyle].
//
// Numbers that are not finite are gaps. A line is interrupted at a gap, never
// bridged, and a value between two gaps is drawn as a dot. [Figure.Validate],
// which Render calls first, returns an error for descriptions that cannot be
// drawn.
//
// Texts may contain superscripts and subscripts: "10^{-5}", "β_{1}".
package chart
