// Package chart draws the figures of the study from a description in plain data: a
// [Figure] has rows of panels, a [Panel] has axes, series and rules, and a [Style]
// says what they look like. [Render] turns it into PNG, SVG or PDF, and into CSV: the
// numbers behind the figure.
//
// Equal descriptions give equal bytes, in every format, process and run: no clock, no
// map order, no font of the machine. Fonts are embedded (PDF), rasterised (PNG) or
// named with metric-compatible substitutes (SVG).
//
// Series are told apart three times, by colour, dash and marker, so that a figure can
// be read by the colour-blind and in black and white; see [DefaultStyle].
//
// Numbers that are not finite are gaps: a line is interrupted, never bridged, and a
// value between two gaps is drawn as a dot. Descriptions that cannot be drawn are
// errors of [Figure.Validate], which Render calls first.
//
// Texts may contain superscripts and subscripts: "10^{-5}", "β_{1}".
package chart
