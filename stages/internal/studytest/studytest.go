// Package studytest opens the project's own study for tests.
package studytest

import (
	"testing"

	"sparsel/stages/fetch"
	"sparsel/stages/internal/testenv"
	"sparsel/stages/params"
	"sparsel/stages/study"
)

// Whole returns the study of the project's params.toml, or one of its profiles.
func Whole(t testing.TB, profile string) *study.Study {
	t.Helper()
	return Of(t, testenv.ProjectFile(t, "params.toml"), profile)
}

// Of returns the study that the text of a parameter file describes.
func Of(t testing.TB, text, profile string) *study.Study {
	t.Helper()
	p, err := params.Parse("params.toml", []byte(text), profile)
	if err != nil {
		t.Fatal(err)
	}
	s, err := study.New("params.toml", p, fetch.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
