package stages

import (
	"context"
	"os/signal"
	"syscall"
)

// untilTerminated returns a context that also ends on SIGTERM and when the
// terminal closes. Mage ends the context of a target only on SIGINT. On SIGTERM
// Mage dies without telling the target's process; see dieWithParent.
func untilTerminated(ctx context.Context) (context.Context, context.CancelFunc) {
	dieWithParent()
	return signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
}
