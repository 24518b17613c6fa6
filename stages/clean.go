package stages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Clean removes the report and the published figures, tables and findings of a profile, and with store also the store,
// which all profiles share, and unfinished downloads.
func Clean(_ context.Context, store *bool, o Options) error {
	if o.out() == "" {
		return errNoOut
	}
	var names []string
	for _, name := range []string{"figures", "tables", "findings", reportFile} {
		names = append(names, filepath.Join(o.prefix(), name))
	}
	if orDefault(store, false) {
		names = append(names, "store", "downloads")
	}
	var errs []error
	for _, name := range names {
		path := filepath.Join(o.out(), name)
		errs = append(errs, writable(path), os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// writable undoes the protection of the store's folders, without which they can't be emptied.
func writable(root string) error {
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Test runs every test of the project.
func Test(ctx context.Context) error { return goTest(ctx, nil, "-timeout=1h", "./...") }

// Soak runs the tests of faults with many more random moments, graphs and limits than Test does.
func Soak(ctx context.Context) error {
	return goTest(ctx, []string{"SPARSEL_SOAK=1"}, "-count=1", "-timeout=0", "-v", "-run=^TestT[0-9][0-9]", "./pipeline/...", "./stages/...", "./artifacts/...", "./analysis/...")
}

func goTest(ctx context.Context, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test"}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("test: %w", err)
	}
	return nil
}
