package params

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The study's trainings take hours, and are identified by their parameters.
// Whatever is changed in params.toml or in the way it is read, the 954
// trainings must stay the same. The digest dates from before sessions were
// separated from experiments. Zero values are left out, so that a new setting
// which the study does not use changes nothing.
func TestTrainingsOfTheStudy(t *testing.T) {
	const want = "5ac569255178bb0b5fdf0c24c694352b5599c94499962d746f1ef6cbde75eb8b"
	data, err := os.ReadFile(filepath.Join(repository(t), "params.toml"))
	if err != nil {
		t.Fatal(err)
	}
	runs, _ := mustParse(t, data).Expand()
	var lines []string
	for _, r := range runs {
		text, err := json.Marshal(r.Config)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		text, err = json.Marshal(withoutZeros(fields))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, r.Name+" "+string(text))
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	if got := hex.EncodeToString(sum[:]); len(runs) != 954 || got != want {
		t.Errorf("%d trainings with digest %s, want 954 with %s", len(runs), got, want)
	}
	if entries := strings.Count(string(data), "\n[[experiments]]"); entries != 18 || len(mustParse(t, data).experimentNames()) != 18 {
		t.Errorf("%d entries, want 18 experiments", entries)
	}
}

func withoutZeros(fields map[string]any) map[string]any {
	for key, v := range fields {
		if inner, ok := v.(map[string]any); ok {
			withoutZeros(inner)
			if len(inner) == 0 {
				delete(fields, key)
			}
		} else if s := fmt.Sprint(v); v == nil || s == "0" || s == "" || s == "false" {
			delete(fields, key)
		}
	}
	return fields
}
