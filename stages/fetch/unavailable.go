package fetch

import (
	"fmt"
	"strings"
)

// Missing is a file that no source has.
type Missing struct {
	File    File
	Refused []Refusal // one or more for each source, in the order in which they were asked
}

// Unavailable is the error for files that no source has. Its message has
// several lines: first the reasons, then what can be done.
type Unavailable struct {
	Missing   []Missing
	Asked     int // number of files requested
	Mirrors   []string
	Otherwise string // as in Sources
}

// unavailable returns nil if every file was obtained.
func unavailable(files []Missing, sources Sources) error {
	e := &Unavailable{Asked: len(files), Mirrors: sources.Mirrors, Otherwise: sources.Otherwise}
	for _, m := range files {
		if len(m.Refused) > 0 {
			e.Missing = append(e.Missing, m)
		}
	}
	if len(e.Missing) == 0 {
		return nil
	}
	return e
}

// Unwrap gives errors.Is and errors.As access to the reasons.
func (e *Unavailable) Unwrap() []error {
	var errs []error
	for _, m := range e.Missing {
		for _, r := range m.Refused {
			errs = append(errs, r.Err)
		}
	}
	return errs
}

func (e *Unavailable) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fetch: %d of %d data files could not be had\n", len(e.Missing), e.Asked)
	for _, m := range e.Missing {
		fmt.Fprintf(&b, "  %s\n", m.File.Name)
		for _, r := range m.Refused {
			fmt.Fprintf(&b, "    %s: %v\n", r.Source, r.Err)
		}
	}
	b.WriteString("do one of these, then run the same command again (finished files and parts of downloads are kept):\n")
	fmt.Fprintf(&b,
		"  - put the files, as they are or with .gz, into a directory and name it: -data=DIR, %s=DIR, or data.directories in params.toml\n",
		Env)
	if len(e.Mirrors) > 0 {
		b.WriteString("  - make the mirrors reachable (HTTPS_PROXY is honoured), or get the files by hand from one of\n")
		for _, mirror := range e.Mirrors {
			for _, m := range e.Missing {
				fmt.Fprintf(&b, "      %s\n", mirrorURL(mirror, m.File))
			}
		}
	} else {
		b.WriteString("  - name mirrors, data.mirrors in params.toml: https:// URLs of directories that serve the .gz files\n")
	}
	if e.Otherwise != "" {
		fmt.Fprintf(&b, "  - %s\n", e.Otherwise)
	}
	b.WriteString("the files, by the length and SHA-256 of their decompressed bytes:")
	for _, m := range e.Missing {
		stems := m.File.stems()
		fmt.Fprintf(&b, "\n      %s or %s: %d bytes, %s", stems[0], stems[1], m.File.size(), m.File.SHA256)
	}
	return b.String()
}
