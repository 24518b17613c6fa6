package commandline

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// magefile returns the targets of the project's own magefile.
func magefile(t *testing.T) []Target {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "magefile.go"))
	if err != nil {
		t.Fatal(err)
	}
	targets, err := Targets(text)
	if err != nil {
		t.Fatal(err)
	}
	return targets
}

func TestJudge(t *testing.T) {
	targets := magefile(t)
	for line, want := range map[string]string{
		"":                                      "",
		"-l":                                    "-l",
		"-h":                                    "-h",
		"-h figure":                             "-h figure",
		"figure -h":                             "-h figure",
		"figure 5.1 --help":                     "-h figure",
		"all":                                   "all",
		"ALL -dryrun":                           "all -dryrun=true",
		"all --dryrun":                          "all -dryrun=true",
		"all -dry-run -jobs=2":                  "all -dryrun=true -jobs=2",
		"-v all":                                "-v all",
		"-t 5m all":                             "-t 5m all",
		"-jobs=2 figure 5.1":                    "figure 5.1 -jobs=2",
		"figure 5.1 5.2 -dryrun -profile=quick": "figure 5.1,5.2 -dryrun=true -profile=quick",
		"table status":                          "table status", // a table may have that id
		"why figure/5.1 table/epochs":           "why figure/5.1,table/epochs",
		"dag":                                   "dag ",
		"dag 5.1":                               "dag 5.1",
		"auditFile a,b":                         "auditfile a,b",
		"audit -level=2 -k=0 -out=":             "audit -level=2 -k=0 -out=",
	} {
		got, err := Judge(targets, strings.Fields(line))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: got %q, %v, want %q", line, strings.Join(got, " "), err, want)
		}
	}
}

func TestJudgeRefuses(t *testing.T) {
	targets := magefile(t)
	for line, want := range map[string]string{
		"-jobs=2":              "-jobs=2 is a flag of no target",
		"fgure 5.1":            `there is no target "fgure": -l lists all; did you mean figure?`,
		"figure":               "figure needs its id: `figure ID`",
		"figure -dryrun 5.1":   `"5.1" stands behind the flag -dryrun`,
		"clean -out=x extra":   `"extra" stands behind the flags`,
		"figure 5.1 -out x":    "write -out=x if it is its value",
		"clean extra":          "clean takes nothing but flags",
		"clean all":            "clean and all are two targets",
		"figure 5.1 table 5.3": "figure and table are two targets",
		"auditfile a b":        `auditfile is about one file: "b" is one too many`,
		"figure 5.1,5.2":       "figure \"5.1,5.2\": no id has a comma; put blanks between several",
		"diff":                 "diff needs its state: `diff STATE`",
		"diff a b":             `diff is about one state: "b" is one too many`,
		"all -job=2":           "all has no flag -job; did you mean -jobs?",
		"all -jobs=two":        "-jobs=two: must be a whole number",
		"all -jobs":            "-jobs needs a value",
		"all -dryrun=maybe":    "-dryrun=maybe: must be true or false",
		"all -out=a -out=b":    "-out is given twice",
		"all -dryrun -dry-run": "-dry-run is given twice",
		"test -v":              "test has no flags, and so no -v",
	} {
		got, err := Judge(targets, strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, %v, want %q", line, strings.Join(got, " "), err, want)
		}
	}
}

// A shell may give an empty word.
func TestJudgeRefusesEmptyIDs(t *testing.T) {
	for target, want := range map[string]string{
		"why": `why "": the node is empty`, "export": `export "": the node is empty`, "auditfile": `auditfile "": the file is empty`,
		"figure": `figure "": the id is empty`,
	} {
		if _, err := Judge(magefile(t), []string{target, ""}); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", target, err, want)
		}
	}
}

// Every flag has documentation, which is the same in every target that has the
// flag.
func TestEveryFlagIsDocumented(t *testing.T) {
	docs := map[string]string{}
	for _, target := range magefile(t) {
		for _, f := range target.Flags {
			if f.Doc == "" {
				t.Errorf("%s -%s has no documentation", target.Name, f.Name)
			}
			if before, ok := docs[f.Name]; ok && before != f.Doc {
				t.Errorf("%s -%s is documented as %q, elsewhere as %q", target.Name, f.Name, f.Doc, before)
			}
			docs[f.Name] = f.Doc
			if !slices.Contains([]string{"string", "int", "bool"}, f.Type) {
				t.Errorf("%s -%s is of type %s, which is not judged", target.Name, f.Name, f.Type)
			}
		}
	}
	if len(docs) < 15 {
		t.Errorf("only %d flags were found", len(docs))
	}
}

func TestRepeatedFlag(t *testing.T) {
	targets := []Target{{Name: "all", Flags: []Flag{{Name: "set", Type: "string", Doc: "x; may be repeated", Repeats: true}}}}
	got, err := Judge(targets, []string{"all", "-set=a=1", "-set=b=2"})
	if err != nil || !slices.Equal(got, []string{"all", "-set=a=1\nb=2"}) {
		t.Errorf("got %q, %v", got, err)
	}
}
