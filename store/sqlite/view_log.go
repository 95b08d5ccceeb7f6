package sqlite

import "context"

// logView is where a View reads logs when the database was behind them as it
// began (ahead.go): on a snapshot of its own, once the database has caught up. It
// may have entries that are newer than what else the View sees, and never lacks
// one that was answered for before the View began.
type logView struct {
	e    *Engine
	ctx  context.Context
	snap *snapshot
}

// logged is the snapshot on which logs are read.
func (s *snapshot) logged() (*snapshot, error) {
	if s.logs == nil {
		return s, nil
	}
	return s.logs.open()
}

func (v *logView) open() (*snapshot, error) {
	if v.snap != nil {
		return v.snap, nil
	}
	if err := v.e.catchUp(v.ctx); err != nil {
		return nil, err
	}
	s, err := v.e.readers.forLogs(v.e)
	if err != nil {
		return nil, err
	}
	s.heed(v.ctx)
	s.stops.inside = true
	if err := s.run("BEGIN"); err != nil {
		s.end()
		v.e.readers.logs <- s
		return nil, err
	}
	v.snap = s
	return s, nil
}

func (v *logView) end() {
	if v.snap != nil {
		v.snap.end()
		v.e.readers.logs <- v.snap
		v.snap = nil
	}
}

// forLogs takes a connection that is free, or opens one: there are at most as
// many as there are Views.
func (p *readers) forLogs(e *Engine) (*snapshot, error) {
	select {
	case s := <-p.logs:
		return s, nil
	default:
	}
	conn, err := openConn(e.path, logCacheKB)
	if err == nil {
		err = pragmas(conn, "query_only = ON")
	}
	if err != nil {
		if conn != nil {
			conn.Close()
		}
		return nil, err
	}
	return &snapshot{conn: conn, names: e.names, now: e.opts.Now}, nil
}

// closeLogs closes the connections for logs, when no View is under way.
func (p *readers) closeLogs() error {
	for {
		select {
		case s := <-p.logs:
			if err := s.conn.Close(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}
