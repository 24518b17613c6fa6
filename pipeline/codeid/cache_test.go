package codeid

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A cache is either exactly what was written, to the last bit, or it is not
// believed and can be named. A cache that an earlier program wrote is equally
// good.
func TestCacheBitFlips(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache", "modules")
	if err := CheckCache(cache); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no cache: %v", err)
	}
	key := Hash{1}
	keepModules(cache, key, map[string]map[string]string{"example.org/a": {"example.org/m": "v1.2.3"}})
	text, err := os.ReadFile(cache)
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckCache(cache); err != nil || cachedModules(cache, key)["example.org/a"]["example.org/m"] != "v1.2.3" {
		t.Fatalf("what was just kept: %v", err)
	}
	for at := range text {
		for bit := range 8 {
			bad := append([]byte(nil), text...)
			bad[at] ^= 1 << bit
			if err := os.WriteFile(cache, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			if CheckCache(cache) == nil || cachedModules(cache, key) != nil {
				t.Fatalf("bit %d of byte %d is not noticed: %s", bit, at, bad)
			}
		}
	}
	for cut := range text {
		if err := os.WriteFile(cache, text[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if CheckCache(cache) == nil {
			t.Fatalf("cut after %d bytes: not noticed", cut)
		}
	}
	earlier := `{"key":"` + key.String() + `","sum":"` + sumModules(nil).String() + `","modules":null}`
	if err := os.WriteFile(cache, []byte(earlier), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CheckCache(cache); err != nil {
		t.Errorf("of an earlier program: %v", err)
	}
}
