package pipeline

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sparsel/pipeline/quote"
)

// tailLines is the number of log lines shown for a failure.
const tailLines = 20

// A nodeLog is the log file of one execution. The file is created with the
// first line, so that thousands of silent nodes do not leave thousands of empty
// files.
type nodeLog struct {
	path string
	now  func() time.Time

	mu   sync.Mutex
	file *os.File
	err  error
	tail []string
}

func newNodeLog(dir, node string, now func() time.Time) *nodeLog {
	name := url.PathEscape(node)
	if len(name) > 200 {
		name = name[:200] // file systems stop at 255 bytes
	}
	return &nodeLog{path: filepath.Join(dir, name+".log"), now: now}
}

func (l *nodeLog) printf(format string, args ...any) {
	text := quote.Lines(strings.TrimRight(fmt.Sprintf(format, args...), "\n")) // it may contain, say, a server's answer
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, strings.Split(text, "\n")...)
	if n := len(l.tail); n > tailLines {
		l.tail = append(l.tail[:0], l.tail[n-tailLines:]...)
	}
	if l.file == nil && l.err == nil {
		if l.err = os.MkdirAll(filepath.Dir(l.path), 0o755); l.err == nil {
			l.file, l.err = os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		}
	}
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.file, "%s %s\n", l.now().UTC().Format(time.RFC3339), text)
	}
}

// close ends the log and returns its path (empty if nothing was logged) and its
// last lines. A log that cannot be written never makes the logged work fail.
func (l *nodeLog) close() (path string, tail []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return "", l.tail
	}
	l.file.Close()
	return l.path, l.tail
}
