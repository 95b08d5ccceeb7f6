package sqlite

import "context"

// interrupt stops what a connection is at when a context ends. Its own channel
// is given to the connection once and not for each View: that would start a
// goroutine and wait for its end each time, with the connection held meanwhile.
type interrupt struct {
	stop    chan struct{} // closed to stop the connection; nil until first used
	release func() bool
	inside  bool // somebody else's code is at work, which may leave statements in the midst of their rows
}

// heed has a connection stop when ctx ends, until calm is called.
func (s *snapshot) heed(ctx context.Context) {
	if ctx.Done() == nil {
		return
	}
	if s.stops.stop == nil {
		s.stops.stop = make(chan struct{})
		s.conn.SetInterrupt(s.stops.stop)
	}
	stop := s.stops.stop
	s.stops.release = context.AfterFunc(ctx, func() { close(stop) })
}

// calm ends heed. What was stopped, or left in the midst of its rows, is reset.
func (s *snapshot) calm() {
	stopped := false
	if s.stops.release != nil {
		stopped = !s.stops.release()
		s.stops.release = nil
	}
	if stopped {
		<-s.stops.stop // it may be about to be closed
	}
	if stopped || s.stops.inside {
		s.conn.SetInterrupt(nil)
		s.stops.stop, s.stops.inside = nil, false
	}
}
