// Package portrait draws the single units of a layer. It turns the results of
// package activity into panels for package chart.
package portrait
