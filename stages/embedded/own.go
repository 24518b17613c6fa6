package embedded

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"html"
	"regexp"
	"slices"
	"strings"
)

// The formats of what the program writes beside the results themselves.
const (
	Pack   = "pack of results"
	Lock   = "lock"
	Report = "report"
)

const zipEntry = "PK\x03\x04"

// packEntry matches the names of a pack's entries.
var packEntry = regexp.MustCompile(`^(format|(actions|blobs|manifests)/[0-9a-f]{2}/[0-9a-f]{64})$`)

// readZIP tells a pack from other archives by the names of its entries. The
// first of them is enough if the list at the archive's end is missing.
func readZIP(data []byte) Description {
	e := Description{Format: "ZIP archive that is no pack", Values: map[string]string{}}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err == nil {
		if slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name != "format" && packEntry.MatchString(f.Name) }) {
			e.Format = Pack
		}
		return e
	}
	const header = 30 // bytes before the name (APPNOTE.TXT, section 4.3.7)
	if len(data) >= header {
		if n := int(binary.LittleEndian.Uint16(data[26:])); n <= len(data)-header && packEntry.Match(data[header:header+n]) {
			e.Format = Pack
		}
	}
	return e
}

// isZIP reports whether the data is a ZIP archive whose beginning is damaged.
func isZIP(data []byte) bool {
	_, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	return err == nil
}

const lockStart = "sparsel lock "

// Elements of a report. What is shown there contains no markup of its own,
// except for the banner.
var (
	reportTitle  = regexp.MustCompile(`<title>([^<]*)</title>`)
	reportMark   = regexp.MustCompile(`<p class="mark" role="note">(.*?)</p>`)
	reportID     = regexp.MustCompile(`id="report-id">([0-9a-f]{64})</code>`)
	reportParams = regexp.MustCompile(`aria-labelledby="params"><code>([^<]*)</code></pre>`)
	markup       = regexp.MustCompile(`<[^>]*>`)
)

// isReport reports whether a page is a report. An id cannot occur in what the
// report shows, where quotation marks are escaped.
func isReport(data []byte) bool {
	return bytes.HasPrefix(data, []byte("<!doctype html>")) && bytes.Contains(data, []byte(`id="report-id"`))
}

// readReport reads the title, the banner, the id and the parameters.
func readReport(data []byte) Description {
	e := Description{Format: Report, Values: map[string]string{}}
	for key, element := range map[string]*regexp.Regexp{
		"title": reportTitle, "mark": reportMark, "report-id": reportID, "parameters": reportParams,
	} {
		if m := element.FindSubmatch(data); m != nil {
			e.Values[key] = strings.TrimSpace(html.UnescapeString(markup.ReplaceAllString(string(m[1]), "")))
		}
	}
	return e
}
