package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"
)

// StampOf reads from a database file that nobody has open, such as a backup,
// which is its newest commit and when that was.
func StampOf(path string) (change int64, at time.Time, err error) {
	conn, err := connect(path, sqlite.OpenReadOnly)
	if err != nil {
		return 0, time.Time{}, failed(err, "open the database")
	}
	defer conn.Close()
	s := &snapshot{conn: conn, names: newNames()}
	err = s.each("SELECT change, at FROM counter", func(st *sqlite.Stmt) error {
		change, at = st.ColumnInt64(0), moment(st.ColumnInt64(1))
		return nil
	})
	return change, at, err
}
