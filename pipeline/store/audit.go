package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Scan is everything found by reading every byte of a store.
type Scan struct {
	Records map[ActionID]*Record // the records that can be believed
	Blobs   map[ContentID]int64  // sizes of the blobs whose content matches their name
	Events  []Event              // the journal, without what is damaged
	Faults  []Fault              // sorted by path
	Notes   []string             // findings that are not faults but worth knowing
	Files   int                  // number of files read
	Bytes   int64
}

// ScanOptions configures a scan.
type ScanOptions struct {
	// Skip, if not nil, reports whether a blob need not be hashed, because it was
	// hashed before and its file has not changed since.
	Skip func(id ContentID, path string) bool
	// Hashed, if not nil, is called for every blob that was found sound. It may be
	// called from several goroutines.
	Hashed func(id ContentID, path string)
	// Progress, if not nil, is told how many of the bytes have been read, one call
	// at a time.
	Progress func(done, total int64)
}

// Scan hashes every blob and reads every record, every manifest, the journal
// and everything else that decides anything, on all cores, and compares them
// with one another. It takes no lock and writes nothing. The error is about the
// store as a whole or ctx; what is wrong with single files is in Faults. Logs
// and files in quarantine carry no checksum and are not checked.
func (s *Store) Scan(ctx context.Context, o ScanOptions) (*Scan, error) {
	sc := &Scan{Records: map[ActionID]*Record{}, Blobs: map[ContentID]int64{}}
	entries, faults, err := s.list()
	if err != nil {
		return nil, fmt.Errorf("scan store: %w", err)
	}
	sc.Faults = faults
	var total int64
	for _, e := range entries {
		total += e.size
	}
	// Start with the large files, so that all cores finish at about the same time.
	slices.SortStableFunc(entries, func(a, b entry) int { return int(b.size>>20) - int(a.size>>20) })
	var mu sync.Mutex
	err = each(ctx, entries, func(e entry) error {
		text, record, err := s.scanEntry(e, o)
		mu.Lock()
		defer mu.Unlock()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a run has removed it in the meantime
		}
		sc.Files, sc.Bytes = sc.Files+1, sc.Bytes+e.size
		if o.Progress != nil {
			o.Progress(sc.Bytes, total)
		}
		switch {
		case err != nil:
			sc.Faults = append(sc.Faults, faultOf(e.path, err))
		case record != nil:
			sc.Records[e.id] = record
		case e.kind == "blobs":
			sc.Blobs[e.id] = e.size
		case e.kind == "journal.jsonl":
			sc.journal(text)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("scan store: %w", err)
	}
	sc.compare(s, entries)
	slices.SortFunc(sc.Faults, func(a, b Fault) int {
		return strings.Compare(a.Path+"\x00"+a.What, b.Path+"\x00"+b.What)
	})
	return sc, nil
}

// scanEntry reads one file and returns what is wrong with it.
func (s *Store) scanEntry(e entry, o ScanOptions) (text []byte, r *Record, err error) {
	path := s.path(e.path)
	switch e.kind {
	case "blobs":
		return nil, nil, s.scanBlob(e, path, o)
	case "actions":
		r, err = s.Record(e.id)
	case "manifests":
		var any map[string]any
		err = s.Manifest(e.id, &any)
	case "format":
		err = s.checkFormat()
	case "journal.jsonl":
		text, err = readGrowing(path)
	case "cache":
		if path == s.cachePath() {
			err = s.scanCache()
		}
	}
	return text, r, err
}

func (s *Store) scanBlob(e entry, path string, o ScanOptions) error {
	if o.Skip != nil && o.Skip(e.id, path) {
		return nil
	}
	got, _, err := HashFile(path)
	if err != nil {
		return err
	}
	if got != e.id {
		return fmt.Errorf("its bytes have changed: their SHA-256 is now %s: %w", got, ErrDamaged)
	}
	if o.Hashed != nil {
		o.Hashed(e.id, path)
	}
	return nil
}

// readGrowing reads the journal. A run may be in the middle of writing a line:
// if the end looks torn, readGrowing waits for the run to finish it.
func readGrowing(path string) (text []byte, err error) {
	for range 3 {
		if text, err = readFile(path, maxJournal); err != nil {
			return nil, err
		}
		if len(text) == 0 || text[len(text)-1] == '\n' {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return text, nil
}

// Signature returns what the file system says about a file without reading it:
// size, times, inode. As long as it stays the same, nobody is likely to have
// written to the file.
func Signature(path string) (string, error) {
	s, err := statSignature(path)
	return fmt.Sprintf("%d %d %d %d", s.size, s.mtime, s.ctime, s.inode), err
}

func (s *Store) scanCache() error {
	text, err := readFile(s.cachePath(), maxCache)
	if err != nil {
		return err
	}
	head, body, _ := bytes.Cut(text, []byte("\n"))
	if string(head) != "sum "+sealSum(body) {
		return fmt.Errorf("%w: %w; it is made again by the next run and decides nothing", errSeal, ErrDamaged)
	}
	return nil
}

func (sc *Scan) journal(text []byte) {
	events, damage := parseJournal(text)
	sc.Events = events
	for _, d := range damage {
		sc.Faults = append(sc.Faults, Fault{Damaged, "journal.jsonl",
			fmt.Sprintf("%d bytes at offset %d: %s; the events there are lost, no result is", d.Bytes, d.Offset, d.Reason)})
	}
}

// compare compares the files of a scan with one another.
func (sc *Scan) compare(s *Store, entries []entry) {
	add := func(kind FaultKind, path, what string, args ...any) {
		sc.Faults = append(sc.Faults, Fault{kind, path, fmt.Sprintf(what, args...)})
	}
	listed := make(map[string]bool, len(entries))
	quarantined, runs := 0, 0
	for _, e := range entries {
		listed[e.path] = true
		switch {
		case e.kind == "quarantine":
			quarantined++
		case e.kind == "tmp" && strings.HasSuffix(e.path, ".lock"):
			runs++
		}
	}
	// A run may have written files since the files were listed. They count, too.
	present := func(path string) bool {
		_, err := os.Lstat(s.path(path))
		return listed[path] || err == nil
	}
	if runs > 0 {
		sc.Notes = append(sc.Notes, "a run is at work on this store, or was killed: what it has not finished is left alone")
	}
	if quarantined > 0 {
		sc.Notes = append(sc.Notes, fmt.Sprintf("%d damaged files lie in quarantine, where nothing reads them", quarantined))
	}
	// A query creates a cache even where there is no store yet, and a run that was
	// killed early leaves only empty directories, locks and an empty journal.
	begun := slices.ContainsFunc(entries, func(e entry) bool {
		return identified[e.kind] || e.kind == "quarantine" || e.kind == "format" || e.kind == "journal.jsonl" && e.size > 0
	})
	if begun {
		for name, what := range map[string]string{
			"format":        "the store does not say which format it has; the next run writes it again",
			"journal.jsonl": "what was done when is forgotten, no result is lost; the next run begins it again",
			"gc.lock":       "every run holds it; the next one makes it again",
		} {
			if !present(name) {
				add(Missing, name, "%s", what)
			}
		}
	}
	owners := map[ContentID]string{}
	away, awayBytes := 0, int64(0)
	for _, r := range sc.Records {
		for _, o := range slices.Concat(r.Outputs, r.Conflict) {
			name := fmt.Sprintf("%s of %s", o.Name, r.Node)
			if before, ok := owners[o.Content]; !ok || name < before {
				owners[o.Content] = name
			}
			size, sound := sc.Blobs[o.Content]
			path := IDPath("blobs", o.Content)
			switch {
			case sound && size != o.Size:
				add(Damaged, IDPath("actions", r.Action), "says that %s has %d bytes; it has %d", name, o.Size, size)
			case !sound && !present(path) && o.Away:
				away, awayBytes = away+1, awayBytes+o.Size
			case !sound && !present(path):
				add(Missing, path, "is %s, by record %s", name, r.Action.Short())
			}
		}
		if r.Conflict != nil {
			add(Damaged, IDPath("actions", r.Action), "%s gave different bytes when it was done again: %v", r.Node, ErrConflict)
		}
	}
	if away > 0 {
		sc.Notes = append(sc.Notes, fmt.Sprintf("%d outputs, %.1f MB, are known from their records but not kept here, so they were not checked",
			away, float64(awayBytes)/1e6))
	}
	for i, f := range sc.Faults {
		e := entry{kind: "blobs", path: f.Path}
		if f.Kind == Damaged && strings.HasPrefix(f.Path, "blobs/") && e.identify() && owners[e.id] != "" {
			sc.Faults[i].What = "is " + owners[e.id] + "; " + f.What
		}
	}
	sc.compareLock(s, present, add)
	stray := 0
	for id := range sc.Blobs {
		if owners[id] == "" {
			stray++
		}
	}
	if stray > 0 {
		sc.Notes = append(sc.Notes, fmt.Sprintf("blobs that belong to no record: %d; a run was killed before it wrote one, and `gc` removes them", stray))
	}
	sc.compareJournal(add, present)
}

// compareLock checks the text of the collection lock, which is not empty if
// there ever was a collection.
func (sc *Scan) compareLock(s *Store, present func(string) bool, add func(FaultKind, string, string, ...any)) {
	collected := slices.ContainsFunc(sc.Events, func(e Event) bool { return e.Kind == Collected })
	if err := s.checkGeneration(collected); err != nil && present("gc.lock") {
		f := faultOf("gc.lock", err)
		add(f.Kind, f.Path, "%s", f.What)
	}
}

func (sc *Scan) compareJournal(add func(FaultKind, string, string, ...any), present func(string) bool) {
	finished := map[ActionID]Event{}
	for _, e := range sc.Events {
		switch {
		case e.Action == nil:
		case e.Kind == NodeFinish, e.Kind == NodeAdopt:
			finished[*e.Action] = e
		case e.Kind == Collected, e.Kind == LostEvent, e.Conflict:
			delete(finished, *e.Action)
		}
	}
	for id, e := range finished {
		path := IDPath("actions", id)
		r := sc.Records[id]
		if r == nil {
			if !present(path) {
				add(Missing, path, "the journal says that run %s %sed %s as action %s", e.Run, e.Kind, e.Node, id.Short())
			}
			continue
		}
		for _, o := range r.Outputs {
			if was, ok := e.Outputs[o.Name]; ok && was != o.Content && r.Conflict == nil {
				add(Damaged, path, "says that %s of %s is %s; the journal says that it was %s", o.Name, r.Node, o.Content.Short(), was.Short())
			}
		}
	}
}

// IDPath returns the path of an id's file relative to the store, with slashes.
// kind is "blobs", "actions" or "manifests".
func IDPath(kind string, id [32]byte) string {
	h := fmt.Sprintf("%x", id)
	return kind + "/" + h[:2] + "/" + h
}
