package params

import (
	"path"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// checkText checks that a text for people is a single line.
func checkText(d *document, at, text string) {
	if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		d.report(at, "is %q, must be a line of visible characters", text)
	} else if !norm.NFC.IsNormalString(text) {
		d.report(at, "is %q, which spells a character in several parts; write it as %q (%+q)", text, norm.NFC.String(text), norm.NFC.String(text))
	}
}

// checkName checks a text that distinguishes something. It must have a form in
// which texts that look equal are equal: visible characters in their composed
// form, with single spaces between words.
func checkName(d *document, at, text string) {
	switch {
	case text == "":
		d.report(at, "is empty")
	case strings.TrimSpace(text) != text || strings.Contains(text, "  "):
		d.report(at, "is %q, must not begin or end with a blank, or have two together: names that look equal must be equal", text)
	default:
		checkText(d, at, text)
	}
}

// maxName is the largest number of bytes in the name of an experiment or of a
// condition. In Parquet files, the header of a page may hold it twice, as the
// least and as the greatest text, and may have 1024 bytes.
const maxName = 400

// checkCondition is checkName for the names of conditions, which patterns
// select and which stand between slashes in the names of nodes.
func checkCondition(d *document, at, name string) {
	switch {
	case strings.Contains(name, "*"):
		d.report(at, "is %q, must not hold *, which stands for any text where figures name conditions", name)
	case name != "" && path.Join("/", name) != "/"+name:
		d.report(at, "is %q, must not have empty parts, . or .. between slashes", name)
	case len(name) > maxName:
		d.report(at, "is %.40q…, which has %d bytes, must have at most %d", name, len(name), maxName)
	default:
		checkName(d, at, name)
	}
}

// checkTexts checks the form of every title, note and label.
func (p *Params) checkTexts(d *document) {
	checkText(d, "study.title", p.Study.Title)
	checkText(d, "study.source", p.Study.Source)
	for i, t := range p.Tables {
		at := p.tablePlace(i)
		checkText(d, at+".title", t.Title)
		checkText(d, at+".note", t.Note)
	}
	for i, f := range p.Figures {
		at := p.FigurePlace(i)
		checkText(d, at+".title", f.Title)
		checkText(d, at+".remark", f.Remark)
		checkText(d, at+".x_label", f.XLabel)
		for _, key := range sortedKeys(f.Names) {
			checkText(d, join(at+".names", key), f.Names[key])
		}
		if f.Reference != nil {
			checkText(d, at+".reference.label", f.Reference.Label)
		}
	}
}
