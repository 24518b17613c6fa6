package stages

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"sparsel/analysis/claim"
	"sparsel/pipeline/store/disk"
	"sparsel/stages/study"
)

// Finding decides claims by their ids, which are separated by commas, and prints them for reading.
func Finding(ctx context.Context, ids string, o Options) error {
	err := build(ctx, "finding", ids, o)
	if err != nil || orDefault(o.DryRun, false) || orDefault(o.JSON, false) {
		return err
	}
	for _, id := range several(ids) {
		text, err := disk.ReadFile(filepath.Join(o.out(), o.prefix(), study.FindingFile(id)), maxPage)
		if err != nil {
			return err
		}
		var r claim.Result
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("finding %s: %w", id, err)
		}
		if _, err = io.WriteString(o.stdout(), r.Text()); err != nil {
			return err
		}
	}
	return nil
}
