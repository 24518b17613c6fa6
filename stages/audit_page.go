package stages

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sparsel/pipeline/store"
)

// The report is no result of a node, for it tells of this machine too. So that a damaged one is found all the same, it
// ends in a checksum of itself.
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
		return errors.New("does not end in the checksum of what it holds: it was cut short or changed; `go tool mage report` writes it again")
	}
	return nil
}

// auditPages checks the reports of the study and its profiles.
func (a *auditor) auditPages() {
	for _, profile := range a.Profiles() {
		name := filepath.Join(a.o.withProfile(profile).prefix(), reportFile)
		page, err := os.ReadFile(filepath.Join(a.o.out(), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = checkPage(page)
		}
		a.report.Files, a.report.Bytes = a.report.Files+1, a.report.Bytes+int64(len(page))
		if err != nil {
			a.fault(store.Damaged, filepath.ToSlash(name), "%v", err)
		}
	}
}
