// Package portrait draws the units of a layer, each by itself: panels for package chart of what package activity measures.
package portrait
