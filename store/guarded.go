package store

import (
	"runtime/debug"

	"concord/fault"
)

// Guarded runs an Update's function for an engine and turns a panic into a
// fault, so that one caller's mistake does not end everybody's writer. Errors:
// those of f; Internal "store.panic".
func Guarded(f func(Tx) error, tx Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(&panicked{value: p, stack: debug.Stack()}, fault.Internal, "store.panic", "a change to the store ended in a panic and was taken back")
		}
	}()
	return f(tx)
}

// panicked keeps what a function panicked with, for the log.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string {
	if err, ok := p.value.(error); ok {
		return "panic: " + err.Error() + "\n" + string(p.stack)
	}
	return "panic\n" + string(p.stack)
}
