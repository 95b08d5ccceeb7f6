package onboard

import (
	"os"
	"runtime"
	"sync"
	"testing"
)

// TestSpareThreads: loads beside each other each have threads of their own, and the
// program has as many as before when they are done.
func TestSpareThreads(t *testing.T) {
	if os.Getenv("GOMAXPROCS") != "" {
		t.Skip("somebody has said how many threads there are")
	}
	before := runtime.GOMAXPROCS(0)
	var dones []func()
	for i := range 3 {
		dones = append(dones, spareThreads())
		if got := runtime.GOMAXPROCS(0); got != before+threads*(i+1) {
			t.Errorf("%d loads: %d threads", i+1, got)
		}
	}
	var all sync.WaitGroup
	ran := make(chan bool, 10)
	for range 10 {
		all.Go(func() { modestly(func() error { ran <- true; return nil }) })
	}
	all.Wait()
	for _, done := range dones {
		done()
	}
	if got := runtime.GOMAXPROCS(0); got != before || len(ran) != 10 {
		t.Errorf("%d threads, not %d; %d parts ran", got, before, len(ran))
	}
}
