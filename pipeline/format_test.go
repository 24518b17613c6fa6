package pipeline_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var keepStore = flag.Bool("keepstore", false, "write the store of this format version under testdata, if it is not there")

// formats lists the versions of the store that were ever in use. A change of
// the format adds a version, with a store that the program wrote before the
// change: go test ./pipeline -run T30 -keepstore
var formats = []string{"1"}

// A store that an earlier program wrote can be read as it is: nothing is
// executed again, and the published files are restored from it.
func TestT30EarlierFormats(t *testing.T) {
	t.Parallel()
	for _, version := range formats {
		kept := filepath.Join("testdata", "store-"+version)
		if _, err := os.Stat(kept); err != nil && *keepStore {
			l := newLab(t)
			l.run(basic())
			for _, dir := range []string{"cache", "locks", "tmp"} { // meaningless elsewhere
				os.RemoveAll(filepath.Join(l.dir, "store", dir))
			}
			if err := os.CopyFS(kept, os.DirFS(filepath.Join(l.dir, "store"))); err != nil {
				t.Fatal(err)
			}
		}
		l := newLab(t)
		if err := os.CopyFS(filepath.Join(l.dir, "store"), os.DirFS(kept)); err != nil {
			t.Fatal(err)
		}
		st, err := l.engine().Status(context.Background(), l.graph(basic()), nil)
		if err != nil || st.Counts.Current != wholeStudy || len(st.Damage) > 0 {
			t.Fatalf("format %s: %v, %+v, damage %q; want all %d nodes current", version, err, st.Counts, st.Damage, wholeStudy)
		}
		l.executions("")
		l.want("format "+version, l.run(basic()))
		if !strings.Contains(l.figure(), "blue") {
			t.Errorf("format %s: the figure is %q", version, l.figure())
		}
		// The past is used: reasons come from its records, times from its journal.
		s := basic()
		s.Colour = "red"
		l.wantReason(s, "figure", `colour "blue" → "red"`)
		if _, ok := l.plan(s).Expected(l.plan(s).Graph.Node("figure")); !ok {
			t.Errorf("format %s: how long a figure took is not known", version)
		}
		l.want("format "+version+", and on", l.run(s), "figure")
		l.wholeRecords("format " + version)
	}
}
