package stages

import (
	"os"
	"path/filepath"
	"testing"
)

// T21: the limit is the lowest one around this process, in either version of
// control groups.
func TestT21GroupLimit(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"memory.max":                               "max\n",
		"batch/memory.max":                         "3000\n",
		"batch/job7/memory.max":                    "max\n",
		"tight/memory.max":                         "9000\n",
		"tight/inner/memory.max":                   "700\n",
		"memory/old/memory.limit_in_bytes":         "500\n",
		"memory/old/deeper/memory.limit_in_bytes":  "9223372036854771712\n",
		"memory/memory.limit_in_bytes":             "9223372036854771712\n",
		"memory/unlimited/memory.limit_in_bytes":   "9223372036854771712\n",
		"cpu/unlimited/memory.limit_in_bytes":      "1\n",
		"memory/nonsense/memory.limit_in_bytes":    "much\n",
		"memory/nonsense/in/memory.limit_in_bytes": "8000\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const none = 1 << 40
	for membership, want := range map[string]int64{
		"0::/\n":            none,
		"0::/batch/job7\n":  3000,
		"0::/tight/inner\n": 700,
		"0::/gone\n":        none,
		"5:cpu,cpuacct:/unlimited\n4:memory:/old/deeper\n0::/tight\n": 500,
		"4:memory:/unlimited\n":   none,
		"4:memory:/nonsense/in\n": 8000,
		"":                        none,
		"what is this":            none,
	} {
		if got := groupLimit(root, membership, none); got != want {
			t.Errorf("%q: limit %d, want %d", membership, got, want)
		}
	}
	if all := machineMemory(); all < 64<<20 {
		t.Errorf("this machine is said to have %d bytes", all)
	}
}
