//go:build !unix

package cost

import "time"

var start = time.Now()

// processorTime returns wall time, because this system has no CPU time.
func processorTime() float64 { return time.Since(start).Seconds() }
