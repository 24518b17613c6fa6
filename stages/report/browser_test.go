package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sparsel/stages/internal/testenv"
)

// browser returns the path of Chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	testenv.Absent(t, "chromium", errors.New("Chromium is not installed"))
	return ""
}

// look opens a page in headless Chromium, runs testdata/check.js on it, and
// returns what is wrong with it: what the script found, what the console
// printed, and what the page requested from the network.
func look(t *testing.T, page string, flags ...string) []string {
	t.Helper()
	chromium := browser(t)
	var mu sync.Mutex
	var problems []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := strings.TrimPrefix(r.URL.Path, "/"); name {
		case "report.html":
			fmt.Fprint(w, page)
		case "check.html", "check.js":
			http.ServeFile(w, r, filepath.Join("testdata", name))
		default:
			mu.Lock()
			problems = append(problems, "request for "+r.URL.String())
			mu.Unlock()
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// Names of other hosts resolve to the server, so that it sees a request to
	// any of them.
	cmd := exec.CommandContext(ctx, chromium, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--user-data-dir=" + t.TempDir(),
		"--host-resolver-rules=MAP *.invalid " + strings.TrimPrefix(server.URL, "http://"),
		"--enable-logging=stderr", "--virtual-time-budget=60000", "--dump-dom",
	}, append(flags, server.URL+"/check.html")...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	dom, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		// The check itself blocks scripts, once.
		if strings.Contains(line, "CONSOLE") && !strings.Contains(line, "Blocked script execution") {
			problems = append(problems, strings.TrimSpace(line))
		}
	}
	_, result, _ := strings.Cut(string(dom), `<pre id="result">`)
	result, _, _ = strings.Cut(result, "</pre>")
	var found []string
	if err := json.Unmarshal([]byte(html.UnescapeString(result)), &found); err != nil {
		t.Fatalf("the check ended with %q: %v\n%s", result, err, stderr.String())
	}
	return append(problems, found...)
}

func TestBrowser(t *testing.T) {
	r := example(t)
	r.Mark = "quick profile, not the study: 300 images"
	page, _ := render(t, r)
	for name, flags := range map[string][]string{"light": nil, "dark": {"--blink-settings=preferredColorScheme=0"}} {
		t.Run(name, func(t *testing.T) {
			for _, p := range look(t, page, flags...) {
				t.Error(p)
			}
		})
	}
}

// A page with faults must not pass.
func TestBrowserNotices(t *testing.T) {
	page, _ := render(t, example(t))
	spoil := func(old, new string) {
		if !strings.Contains(page, old) {
			t.Fatalf("the page lacks %q", old)
		}
		page = strings.Replace(page, old, new, 1)
	}
	spoil(`<meta http-equiv="Content-Security-Policy"`, `<meta name="none"`)
	spoil(`<footer>`, `<script>console.error("a fault")</script><img src="http://elsewhere.invalid/pixel.png" alt="">`+
		`<img src="beside.png" alt=""><footer>`)
	spoil(`<p class="files">`, `<p class="files" style="min-width:2000px;color:#ccc">`)
	spoil(`<a href="#tables">`, `<a href="#nowhere">`)
	spoil(`data-verdict="contradicted"`, `data-verdict="supported"`)
	spoil(`viewBox="0 0 504 180"><defs>`, `viewBox="0 0 504 180" style="display:none"><defs>`)
	problems := strings.Join(look(t, page), "\n")
	for _, want := range []string{
		`"a fault"`, "request for /pixel.png", "request for /beside.png", "desktop: the page is", "phone: the page is", "contrast of P.files is",
		"the link to nowhere leads nowhere", `the search for "" (contradicted) finds , want finding-B3`, "desktop: figure-5.1 is 0 by 0",
	} {
		if !strings.Contains(problems, want) {
			t.Errorf("nothing says %q; noticed was:\n%s", want, problems)
		}
	}
}
