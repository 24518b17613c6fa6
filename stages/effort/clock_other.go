//go:build !unix

package effort

import "time"

var start = time.Now()

// processorTime is the time by the clock, for want of a better one.
func processorTime() float64 { return time.Since(start).Seconds() }
