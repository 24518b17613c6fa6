package stages

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Test runs every test of the project, beginning with the packages that take
// the longest.
func Test(ctx context.Context) error {
	return goTest(ctx, nil, "-timeout=1h", "./stages", "./analysis/claim", "./pipeline", "./...")
}

// Soak runs the fault tests with many more random moments, graphs and limits
// than Test.
func Soak(ctx context.Context) error {
	return goTest(ctx, []string{"SPARSEL_SOAK=1"}, "-count=1", "-timeout=0", "-v", "-run=^TestT[0-9][0-9]", "./pipeline/...",
		"./stages/...", "./artifacts/...", "./analysis/...")
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
