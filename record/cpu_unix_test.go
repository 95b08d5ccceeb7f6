//go:build unix

package record

import (
	"syscall"
	"time"
)

// cpuTime is the processor time that this process has used: on a machine that
// others work on it says more than the clock does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
