package stages

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"sparsel/pipeline"
	"sparsel/pipeline/store"
	"sparsel/pipeline/store/disk"
)

// The report is not the result of a node, because it also describes this
// machine. It ends with a checksum of itself, so that damage can still be
// found.
const pageSeal = "<!-- SHA-256 of all before this line: %x -->\n"

func sealPage(page []byte) []byte {
	if !bytes.HasSuffix(page, []byte("\n")) {
		page = append(page, '\n')
	}
	return fmt.Appendf(page, pageSeal, sha256.Sum256(page))
}

func checkPage(page []byte) error {
	at := bytes.LastIndexByte(bytes.TrimSuffix(page, []byte("\n")), '\n') + 1
	if want := fmt.Sprintf(pageSeal, sha256.Sum256(page[:at])); string(page[at:]) != want {
		return errors.New("does not end in the checksum of what it holds: it was cut short or changed")
	}
	return nil
}

// maxPage is larger than a report with every figure.
const maxPage = 1 << 30

// readPage reads a report. Its checksum must be right and, if it is known what
// was written there last, the contents must be the same.
func readPage(path string, written pipeline.ContentID) ([]byte, error) {
	page, err := disk.ReadFile(path, maxPage)
	if err == nil {
		err = checkPage(page)
	}
	if err == nil && written != (pipeline.ContentID{}) && written != sha256.Sum256(page) {
		err = errors.New("is another report than was written there")
	}
	return page, err
}

// auditPages checks the reports of workspaces.
func (a *auditor) auditPages(all []*workspace) {
	written := a.audit.Written()
	for _, w := range all {
		name := filepath.Join(w.o.prefix(), reportFile)
		shown := filepath.ToSlash(name)
		was, told := written.Holds[shown]
		page, err := readPage(filepath.Join(a.o.out(), name), was)
		if errors.Is(err, fs.ErrNotExist) {
			if told {
				a.fault(store.Missing, shown, "the journal says that it was written; `%s` writes it again", w.o.command("report"))
			}
			continue
		}
		a.report.Files, a.report.Bytes = a.report.Files+1, a.report.Bytes+int64(len(page))
		if err != nil {
			a.fault(store.Damaged, shown, "%v; `%s` writes it again", err, w.o.command("report"))
		}
	}
}
