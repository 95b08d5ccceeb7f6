package sqlite

import (
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

// prepare gives a statement that the connection keeps for the next time. A
// limit is written "LIMIT +?3": SQLite looks at the value of a bare parameter
// there when it plans, and so prepares the statement anew for each value.
func (s *snapshot) prepare(query string) (*sqlite.Stmt, error) {
	if s.seen != nil {
		s.seen(query)
	}
	st, err := s.conn.Prepare(query)
	if err != nil {
		return nil, failed(err, "prepare a statement")
	}
	return st, nil
}

// run executes a statement that gives no rows.
func (s *snapshot) run(query string, args ...any) error {
	return s.each(query, func(*sqlite.Stmt) error { return nil }, args...)
}

// each executes a statement and hands every row to f.
func (s *snapshot) each(query string, f func(*sqlite.Stmt) error, args ...any) error {
	st, err := s.prepare(query)
	if err != nil {
		return err
	}
	bind(st, args)
	return s.traced(query, st, f)
}

// traced is rows, told to who asked for a trace.
func (s *snapshot) traced(query string, st *sqlite.Stmt, f func(*sqlite.Stmt) error) error {
	if s.trace == nil {
		return rows(st, f)
	}
	n, start := 0, s.now()
	err := rows(st, func(st *sqlite.Stmt) error { n++; return f(st) })
	s.trace(query, n, s.now().Sub(start))
	return err
}

// bind sets ?1, ?2 … in order.
func bind(st *sqlite.Stmt, args []any) {
	for i, a := range args {
		switch v := a.(type) {
		case int64:
			st.BindInt64(i+1, v)
		case int:
			st.BindInt64(i+1, int64(v))
		case string:
			st.BindText(i+1, v)
		case []byte:
			bindBlob(st, i+1, v)
		case nil:
			st.BindNull(i + 1)
		default:
			panic(fmt.Sprintf("sqlite: cannot bind a %T", a))
		}
	}
}

// bindBlob binds nothing as NULL, which takes no room.
func bindBlob(st *sqlite.Stmt, param int, b []byte) {
	if len(b) == 0 {
		st.BindNull(param)
		return
	}
	st.BindBytes(param, b)
}

// bindSome binds zero as NULL.
func bindSome(st *sqlite.Stmt, param int, v int64) {
	if v == 0 {
		st.BindNull(param)
		return
	}
	st.BindInt64(param, v)
}

// bindWords binds the empty string as NULL.
func bindWords(st *sqlite.Stmt, param int, v string) {
	if v == "" {
		st.BindNull(param)
		return
	}
	st.BindText(param, v)
}

// rows hands every row of a bound statement to f and resets it.
func rows(st *sqlite.Stmt, f func(*sqlite.Stmt) error) error {
	for {
		more, err := st.Step()
		if err != nil {
			return failed(err, "run a statement")
		}
		if !more {
			return nil
		}
		if err := f(st); err != nil {
			st.Reset()
			if err == error(stop{}) {
				return nil
			}
			return err
		}
	}
}

// started is the time at which a statement that is to be told of begins.
func (s *snapshot) started() (at time.Time) {
	if s.trace != nil {
		at = s.now()
	}
	return at
}

// told tells of a statement for one row.
func (s *snapshot) told(query string, start time.Time, found bool) {
	if s.trace == nil {
		return
	}
	n := 0
	if found {
		n = 1
	}
	s.trace(query, n, s.now().Sub(start))
}

// stop ends a walk over rows early, without an error.
type stop struct{}

func (stop) Error() string { return "stop" }

// done executes a bound statement that gives no rows.
func done(st *sqlite.Stmt) error {
	if _, err := st.Step(); err != nil {
		return failed(err, "run a statement")
	}
	return nil
}

// oneInt reads the first column of the only row, 0 when there is none.
func oneInt(st *sqlite.Stmt) (int64, error) {
	var v int64
	err := rows(st, func(st *sqlite.Stmt) error { v = st.ColumnInt64(0); return stop{} })
	return v, err
}

// oneText reads the first column of the only row, "" when there is none.
func oneText(st *sqlite.Stmt) (string, error) {
	var v string
	err := rows(st, func(st *sqlite.Stmt) error { v = st.ColumnText(0); return stop{} })
	return v, err
}

// intOf runs a query for one number, 0 when there is no row.
func (s *snapshot) intOf(query string, args ...any) (int64, error) {
	st, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	bind(st, args)
	return oneInt(st)
}

// blob copies a column; nil when it is NULL or empty.
func blob(st *sqlite.Stmt, col int) []byte {
	n := st.ColumnLen(col)
	if n == 0 {
		return nil
	}
	b := make([]byte, n)
	st.ColumnBytes(col, b)
	return b
}

// meta reads one setting of the store, "" when it is not set.
func (s *snapshot) meta(k string) (string, error) {
	st, err := s.prepare("SELECT v FROM meta WHERE k = ?1")
	if err != nil {
		return "", err
	}
	st.BindText(1, k)
	return oneText(st)
}
