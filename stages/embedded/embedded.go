// Package embedded reads what a file says about itself: the key-value pairs in
// sparsel's pictures, tables and archives, and the checksums of their formats.
// It also recognises packs, locks and reports.
// It trusts nothing. Only the store can tell whether a file's claims are true.
package embedded

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf16"

	"sparsel/artifacts"
)

// A Description is what a file says about itself. It proves nothing.
type Description struct {
	Format string            // "PNG", "SVG", "PDF", "Parquet", "CSV", "JSON", Pack, Lock, Report, another for people, or ""
	Values map[string]string // keys as figures and archives write them
	Broken []string          // parts of the file whose own checksum or form shows damage
}

// Read goes by the contents and never by the file's name.
func Read(data []byte) Description {
	switch start := bytes.TrimSpace(data[:min(len(data), 1024)]); {
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return readPNG(data)
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return readPDF(data)
	case bytes.HasPrefix(data, []byte("PAR1")):
		return readParquet(data)
	case bytes.HasPrefix(data, []byte(zipEntry)):
		return readZIP(data)
	case bytes.HasPrefix(data, []byte(lockStart)):
		return Description{Format: Lock, Values: map[string]string{}}
	case isReport(data):
		return readReport(data)
	case bytes.Contains(start, []byte("<svg")):
		return readSVG(data)
	case bytes.HasPrefix(start, []byte("{")):
		return readJSON(data)
	case bytes.HasPrefix(data, []byte("figure,panel,")):
		return readCSV(data)
	case isZIP(data):
		return readZIP(data)
	}
	return Description{Values: map[string]string{}}
}

// Node returns the name of the node that the file claims to come from, without
// a profile's prefix, or "".
func (e Description) Node() string {
	for _, kind := range []string{"figure", "table", "finding"} {
		if id := e.Values[kind]; id != "" {
			return kind + "/" + id
		}
	}
	if name := e.Values["experiment"]; name != "" {
		return "aggregate/" + name
	}
	return ""
}

func (e *Description) damage(format string, args ...any) {
	e.Broken = append(e.Broken, fmt.Sprintf(format, args...))
}

const pngMagic = "\x89PNG\r\n\x1a\n"

// readPNG reads the text chunks (PNG 1.2, section 4.2.3) and checks the
// checksum of every chunk.
func readPNG(data []byte) Description {
	e := Description{Format: "PNG", Values: map[string]string{}}
	at, pixels := len(pngMagic), 0 // pixels is their compressed size in bytes
	for at+12 <= len(data) {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		if n > int64(len(data)-at-12) {
			break
		}
		kind, content := string(data[at+4:at+8]), data[at+8:at+8+int(n)]
		if crc32.ChecksumIEEE(data[at+4:at+8+int(n)]) != binary.BigEndian.Uint32(data[at+8+int(n):]) {
			e.damage("chunk %q at byte %d does not match its checksum", kind, at)
		}
		key, value, ok := strings.Cut(string(content), "\x00")
		switch {
		case kind == "IEND":
			if rest := len(data) - at - 12 - int(n); rest > 0 {
				e.damage("%d bytes follow its end", rest)
			}
			if err := checkPNG(data, pixels); err != nil {
				e.damage("%v", err)
			}
			return e
		case kind == "IDAT":
			pixels += len(content)
		case kind == "tEXt" && ok:
			var text []rune // Latin-1
			for _, b := range []byte(value) {
				text = append(text, rune(b))
			}
			e.Values[key] = string(text)
		case kind == "iTXt" && ok && strings.HasPrefix(value, "\x00\x00\x00\x00"):
			e.Values[key] = value[4:]
		}
		at += 12 + int(n)
	}
	e.damage("it ends at byte %d without its last chunk", len(data))
	return e
}

// readSVG reads the entries of the metadata element.
func readSVG(data []byte) Description {
	e := Description{Format: "SVG", Values: map[string]string{}}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return e
		}
		if err != nil {
			e.damage("%v", err)
			return e
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "entry" || start.Name.Space != "urn:sparsel:figure" {
			continue
		}
		var value string
		if err := d.DecodeElement(&value, &start); err != nil {
			e.damage("%v", err)
			return e
		}
		for _, a := range start.Attr {
			if a.Name.Local == "key" {
				e.Values[a.Value] = value
			}
		}
	}
}

// readPDF reads the keywords of the document's information dictionary, which
// have the form "key=value; key=value".
func readPDF(data []byte) Description {
	e := Description{Format: "PDF", Values: map[string]string{}}
	if !bytes.HasSuffix(bytes.TrimSpace(data), []byte("%%EOF")) {
		e.damage("it does not end like a PDF document")
	}
	marker := []byte("/Keywords (")
	from := bytes.LastIndex(data, marker)
	if from < 0 {
		return e
	}
	text, ok := pdfString(data[from+len(marker):])
	if !ok {
		e.damage("its keywords do not end")
		return e
	}
	for _, part := range strings.Split(text, "; ") {
		if key, value, ok := strings.Cut(part, "="); ok {
			e.Values[key] = value
		}
	}
	return e
}

// pdfString reads a literal string, from after its opening parenthesis (PDF
// 1.7, sections 7.3.4.2 and 7.9.2.2).
func pdfString(data []byte) (string, bool) {
	var raw []byte
	for i, depth := 0, 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '\\' && i+1 < len(data):
			i++
			c := data[i]
			if at := strings.IndexByte("nrt", c); at >= 0 {
				c = "\n\r\t"[at]
			}
			raw = append(raw, c)
		case c == ')' && depth == 0:
			utf16be, wide := bytes.CutPrefix(raw, []byte{0xfe, 0xff})
			if !wide {
				return string(raw), true
			}
			var units []uint16
			for k := 0; k+1 < len(utf16be); k += 2 {
				units = append(units, binary.BigEndian.Uint16(utf16be[k:]))
			}
			return string(utf16.Decode(units)), true
		case c == '(':
			depth, raw = depth+1, append(raw, c)
		case c == ')':
			depth, raw = depth-1, append(raw, c)
		default:
			raw = append(raw, c)
		}
	}
	return "", false
}

// readParquet reads the footer's key-value metadata.
func readParquet(data []byte) Description {
	e := Description{Format: "Parquet", Values: map[string]string{}}
	values, err := artifacts.Metadata(bytes.NewReader(data))
	if err != nil {
		e.damage("%v", err)
		return e
	}
	e.Values = values
	return e
}

// readJSON reads the id of a figure, table or finding.
func readJSON(data []byte) Description {
	e := Description{Format: "JSON", Values: map[string]string{}}
	var v struct{ ID, Verdict, Caption string }
	if err := json.Unmarshal(data, &v); err != nil {
		e.damage("%v", err)
	} else if v.Verdict != "" {
		e.Values["finding"] = v.ID
	} else if bytes.Contains(data, []byte(`"header"`)) {
		e.Values["table"] = v.ID
	} else if v.ID != "" {
		e.Values["figure"] = v.ID
	}
	return e
}

// readCSV reads the id from the first column of a figure's numbers.
func readCSV(data []byte) Description {
	e := Description{Format: "CSV", Values: map[string]string{}}
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	for row := 0; ; row++ {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return e
		case err != nil:
			e.damage("%v", err)
			return e
		case row == 1:
			e.Values["figure"] = strings.Clone(record[0])
		}
	}
}
