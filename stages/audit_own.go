package stages

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"sparsel/pipeline"
	"sparsel/pipeline/quote"
	"sparsel/pipeline/store"
	"sparsel/stages/embedded"
	"sparsel/stages/fetch"
	"sparsel/stages/lock"
	"sparsel/stages/params"
	"sparsel/stages/words"
)

// trainsAgain says what can be done about results that nobody here can confirm.
const trainsAgain = "`audit -level=3` and `force` train again and compare"

// listed names what was counted: ": a, b and 3 more".
func listed(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ": " + first(names)
}

// auditLockFile says what a lock was written from, and compares its outputs
// with the locks beside the parameters and with the store. The error is nil if
// it is one of those locks, or if the store has no other bytes for any of its
// outputs and the same bytes for some. The images do not count, because every
// study of them has the same.
func (w *workspace) auditLockFile(out io.Writer, f foundFile, p *pipeline.Provenance, locks []namedLock) error {
	l, err := lock.Parse(f.data)
	if err != nil {
		return fmt.Errorf("audit file: %s is a lock that was changed or damaged: %w", quote.Text(f.path), err)
	}
	of := "other parameters than the present"
	if w.isOf(l) {
		of = "the present parameters"
	} else if orDefault(w.o.Profile, params.Paper) != l.Profile {
		of = "the parameters of another profile, or others"
	}
	quote.Fprintf(out, "it was written for the profile %s from %s, whose hash is %s, with %s\n", l.Profile, of, l.Params, l.Go)
	quote.Fprintf(out, "it has the contents of %s, the code of %s and the versions of %s; its form and its sum are right\n",
		words.Counted(len(l.Outputs), "output"), words.Counted(len(l.Packages), "package"), words.Counted(len(l.Modules), "module"))
	is := ""
	for _, beside := range locks {
		if bytes.Equal(beside.Encode(), f.data) {
			is = beside.path
			quote.Fprintf(out, "is, byte for byte, %s\n", is)
		} else if beside.Profile == l.Profile {
			sayLocksDiffer(out, l, beside)
		}
	}
	same, other, err := w.sayStored(out, p, l)
	switch {
	case err != nil:
		return err
	case is != "" && len(other) > 0:
		quote.Fprintf(out, "verdict: genuine, for it is the lock beside the parameters. The store differs; `%s` says how\n", w.o.command("diff "+word(is)))
	case is != "":
		fmt.Fprintln(out, "verdict: genuine, for it is the lock beside the parameters")
	case len(other) > 0:
		return fmt.Errorf("audit file: %s cannot be vouched for: the store has other bytes for %s of it", quote.Text(f.path),
			words.Counted(len(other), "output"))
	case same == 0:
		return fmt.Errorf("audit file: %s cannot be vouched for: it is no lock beside the parameters, and the store has none of its results; "+
			"%s", quote.Text(f.path), trainsAgain)
	default:
		fmt.Fprintf(out, "verdict: the store confirms %s of it, and contradicts none. The others are what the lock says itself\n",
			words.Counted(same, "output"))
	}
	return nil
}

func sayLocksDiffer(out io.Writer, l *lock.Lock, beside namedLock) {
	same, lacking, others := 0, 0, []string{}
	for _, o := range l.Sorted() {
		switch has, ok := beside.Outputs[o]; {
		case !ok:
			lacking++
		case has.Content == l.Outputs[o].Content:
			same++
		default:
			others = append(others, o.Node+" "+o.Name)
		}
	}
	quote.Fprintf(out, "%s is another lock: it has the same bytes for %s, other bytes for %d, and lacks %d%s\n",
		beside.path, words.Counted(same, "output"), len(others), lacking, listed(others))
}

// sayStored compares a lock with the results that the store has under the names
// of its nodes. Beside the outputs that differ, it returns how many are the
// same, without the images.
func (w *workspace) sayStored(out io.Writer, p *pipeline.Provenance, l *lock.Lock) (same int, other []string, err error) {
	has := map[lock.Output][]lock.ID{}
	images := map[string]bool{}
	add := func(node string, m *pipeline.Made) {
		images[node] = images[node] || m.Stage == fetch.Kind
		for _, o := range m.Outputs {
			key := lock.Output{Node: node, Name: o.Name}
			has[key] = append(has[key], lock.ID(o.Content))
		}
	}
	for _, m := range p.All() {
		add(m.Node, m)
	}
	last, err := p.Last()
	if err != nil {
		return 0, nil, err
	}
	for _, use := range last {
		add(use.Node, use.Made)
	}
	data, absent := 0, 0
	for _, o := range l.Sorted() {
		switch ids := has[o]; {
		case ids == nil:
			absent++
		case !slices.Contains(ids, l.Outputs[o].Content):
			other = append(other, o.Node+" "+o.Name)
		case images[o.Node]:
			data++
		default:
			same++
		}
	}
	quote.Fprintf(out, "the store %s has the same bytes for %s, other bytes for %d, and nothing for %d%s\n",
		w.store.Dir(), words.Counted(same+data, "output"), len(other), absent, listed(other))
	return same, other, nil
}

// auditReportFile says what a report says it shows, and whether it was written
// here. A report also describes its machine and its time, so it cannot be made
// again with the same bytes. The error is nil only if the journal says that
// these bytes were written here.
func (w *workspace) auditReportFile(out io.Writer, f foundFile) error {
	v := f.says.Values
	quote.Fprintf(out, "it says that it is %.300s, with the id %s\n", orNone(v["title"], "a report without a title"), orNone(v["report-id"], "none"))
	if v["mark"] != "" {
		quote.Fprintf(out, "its banner says: %.600s\n", v["mark"])
	}
	is := "others than"
	if v["parameters"] == strings.TrimSpace(w.setup.Text) {
		is = "those of"
	}
	quote.Fprintf(out, "the parameters that it shows are %s %s\n", is, w.o.params())
	if err := checkPage(f.data); err != nil {
		return fmt.Errorf("audit file: %s is a report that %w; `%s` writes it again", quote.Text(f.path), err, w.o.command("report"))
	}
	events, _, err := w.store.Journal()
	if err != nil {
		return err
	}
	var wrote *store.Event
	for i, e := range events {
		if e.Kind != store.WroteEvent || path.Base(e.Path) != reportFile {
			continue
		}
		for _, id := range e.Outputs {
			if id == f.content {
				wrote = &events[i]
			}
		}
	}
	if wrote != nil {
		quote.Fprintf(out, "is, byte for byte, the report that was written as %s in run %s\n", wrote.Path, wrote.Run)
		_, err := fmt.Fprintln(out, "verdict: genuine by the journal of this store. A report is a summary: "+
			"`audit` says whether the results that it shows are sound")
		return err
	}
	quote.Fprintf(out, "the journal of %s does not know these bytes\n", w.store.Dir())
	return fmt.Errorf("audit file: %s cannot be vouched for: a report is a summary and proves nothing; `%s` writes that of the present results, "+
		"which has the same id if it shows the same", quote.Text(f.path), w.o.command("report"))
}

// auditOwn judges a file that is no result and that the program writes itself.
// known is false for any other file.
func (w *workspace) auditOwn(ctx context.Context, out io.Writer, f foundFile, p *pipeline.Provenance, locks []namedLock) (known bool, err error) {
	switch f.says.Format {
	case embedded.Pack:
		return true, w.auditPack(ctx, out, f, p, locks)
	case embedded.Lock:
		return true, w.auditLockFile(out, f, p, locks)
	case embedded.Report:
		return true, w.auditReportFile(out, f)
	}
	return false, nil
}
