package stages

import (
	"context"
	"os/signal"
	"syscall"
)

// untilTerminated returns a context that also ends with SIGTERM and with the
// terminal. Mage ends the one it gives a target with SIGINT only, and dies of
// SIGTERM without a word to the target's process: see dieWithParent.
func untilTerminated(ctx context.Context) (context.Context, context.CancelFunc) {
	dieWithParent()
	return signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
}
