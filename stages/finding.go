package stages

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sparsel/analysis/claim"
	"sparsel/stages/study"
)

// Finding decides one claim and prints it for reading.
func Finding(ctx context.Context, id string, o Options) error {
	err := build(ctx, o, "finding "+id, func(w *workspace) ([]string, error) { return w.Finding(id) })
	if err != nil || orDefault(o.DryRun, false) || orDefault(o.JSON, false) {
		return err
	}
	text, err := os.ReadFile(filepath.Join(o.out(), o.prefix(), study.FindingFile(id)))
	if err != nil {
		return err
	}
	var r claim.Result
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("finding %s: %w", id, err)
	}
	_, err = io.WriteString(o.stdout(), r.Text())
	return err
}
