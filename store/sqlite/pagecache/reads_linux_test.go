package pagecache

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// TestConnectionsKeepTheirPages: while several connections have as many pages as they
// may, each still keeps what it uses: the same row again and again is read from the file
// once. With SQLite's own cache, as the library builds it, the connection that is idle
// keeps pages that the others then may not.
func TestConnectionsKeepTheirPages(t *testing.T) {
	Use()
	path := filepath.Join(t.TempDir(), "a.db")
	open := func(settings ...string) *sqlite.Conn {
		conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		for _, s := range append(settings, "PRAGMA cache_size = 100") {
			if err := sqlitex.ExecuteTransient(conn, s, nil); err != nil {
				t.Fatal(err)
			}
		}
		return conn
	}
	open("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)",
		"WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i, zeroblob(500) FROM n").Close()
	get := func(conn *sqlite.Conn, id int64) {
		st, err := conn.Prepare("SELECT v FROM t WHERE id = ?1")
		if err != nil {
			t.Fatal(err)
		}
		st.BindInt64(1, id)
		if ok, err := st.Step(); err != nil || !ok {
			t.Fatalf("row %d: %v, %v", id, ok, err)
		}
		st.Reset()
	}
	var conns []*sqlite.Conn
	for range 4 {
		conns = append(conns, open("BEGIN"))
	}
	for round := range int64(20) { // by turns, more and other rows each time
		for i, conn := range conns {
			for n := range 50 * int64(1+i) {
				get(conn, 1+(round*1733+int64(i)*401+n*79)%20000)
			}
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for i, conn := range conns {
		get(conn, 77)
		before := reads(t)
		for range 500 {
			get(conn, 77)
		}
		if n := reads(t) - before; n > 20 { // /proc itself is read too
			t.Errorf("connection %d has read %d times for a row that it had just read", i, n)
		}
	}
}

// reads is how often this thread has called upon the system to read.
func reads(t *testing.T) (n int) {
	text, err := os.ReadFile("/proc/thread-self/io")
	if err != nil {
		t.Skip("LOUD: this system does not tell what a thread reads: ", err)
	}
	var bytes, written int
	if _, err := fmt.Sscanf(string(text), "rchar: %d\nwchar: %d\nsyscr: %d", &bytes, &written, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
