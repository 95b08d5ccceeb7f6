package onboard

import (
	"os"
	"runtime"
	"sync"
)

// A load works for itself alone between its transactions. It does so on threads that
// give way to all others, and lets the program have as many threads more: else one
// that gives way would hold a place that others wait for.

// threads is about how many threads of a load, or of an undo, work at a time.
const threads = 3

// spared counts the loads of this process that are at work.
var spared struct {
	sync.Mutex
	loads  int
	before int // GOMAXPROCS without them
}

// spareThreads lets the program have the threads of one load more, until done. Where
// somebody has said how many there are to be, there are no more, and the load's do not
// give way.
func spareThreads() (done func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	spared.Lock()
	defer spared.Unlock()
	if spared.loads++; spared.loads == 1 {
		spared.before = runtime.GOMAXPROCS(0)
	}
	runtime.GOMAXPROCS(spared.before + threads*spared.loads)
	return func() {
		spared.Lock()
		defer spared.Unlock()
		spared.loads--
		runtime.GOMAXPROCS(spared.before + threads*spared.loads)
	}
}

// spares tells whether there are threads to spare.
func spares() bool {
	spared.Lock()
	defer spared.Unlock()
	return spared.loads > 0
}

// modestly runs a part of a load on a thread that gives way to others. The thread ends
// with it: what is nice once may not be less so again.
func modestly(f func() error) error {
	if !spares() {
		return f()
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		yieldThread()
		done <- f()
	}()
	return <-done
}
