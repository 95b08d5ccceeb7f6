package onboard

import "runtime"

// Threads is about how many threads of a load, or of an undo, work at a time.
const Threads = 3

// modestly runs a part of a load that works for itself alone, between transactions,
// on a thread that gives way to those of others. The thread ends with it: what is
// nice once may not be less so again.
func modestly(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		yieldThread()
		done <- f()
	}()
	return <-done
}
