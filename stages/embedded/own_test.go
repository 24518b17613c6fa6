package embedded

import (
	"strings"
	"testing"
)

// A pack, a lock and a report are recognised by their contents, even if they
// are cut short or their first byte is damaged.
func TestRecognisesWhatIsNoResult(t *testing.T) {
	pack := archive(t, "format", "actions/ab/"+strings.Repeat("ab", 32))
	harmed := append([]byte{'X'}, pack[1:]...)
	page := `<!doctype html><title>a &amp; b</title><p class="mark" role="note"><strong>Not the full study.</strong> <i>c</i></p>
<pre aria-labelledby="params"><code>x = &#34;1&#34;</code></pre><code class="id" id="report-id">` + strings.Repeat("ab", 32) + `</code>`
	const none = "ZIP archive that is no pack"
	for _, c := range []struct{ name, data, want string }{
		{"pack", string(pack), Pack}, {"damaged pack", string(harmed), Pack}, {"cut pack", string(pack[:len(pack)-1]), Pack},
		{"beginning of a pack", string(pack[:40]), Pack}, {"archive", string(archive(t, "format", "a.txt")), none},
		{"cut archive", string(archive(t, "a.txt", "format")[:60]), none}, {"empty archive", string(archive(t)), none},
		{"a name that is none", string(archive(t, "actions/ab/../../etc")), none}, {"header", "PK\x03\x04", none},
		{"lock", "sparsel lock 1\n", Lock}, {"report", page, Report}, {"page", "<!doctype html><title>a</title>", ""},
	} {
		if e := Read([]byte(c.data)); e.Format != c.want || len(e.Broken) > 0 || e.Node() != "" {
			t.Errorf("%s is taken for %q", c.name, e.Format)
		}
	}
	v := Read([]byte(page)).Values
	for key, want := range map[string]string{
		"title": "a & b", "mark": "Not the full study. c", "parameters": `x = "1"`, "report-id": strings.Repeat("ab", 32),
	} {
		if v[key] != want {
			t.Errorf("%s is %q, want %q", key, v[key], want)
		}
	}
}
