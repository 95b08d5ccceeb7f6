package sqlite

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"concord/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks the file as ours ("CNCD"), see
// https://www.sqlite.org/pragma.html#pragma_application_id.
const applicationID = 0x434E4344

// The secondary indexes are those that a bulk load into an empty store does
// without. They are not part of a migration because they come and go.
const (
	createCode  = "CREATE INDEX IF NOT EXISTS rec_code ON rec (code, d) WHERE code IS NOT NULL"
	createValue = "CREATE INDEX IF NOT EXISTS rec_value ON rec (qh, qv) WHERE qh IS NOT NULL"
	dropCode    = "DROP INDEX IF EXISTS rec_code"
	dropValue   = "DROP INDEX IF EXISTS rec_value"
)

// migrate brings the schema up to date, forward only. Errors: Unsupported
// "store.newer" when the file was written by a newer program.
func migrate(conn *sqlite.Conn) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return failed(err, "list migrations")
	}
	have, err := userVersion(conn)
	if err != nil {
		return err
	}
	if have > len(files) {
		return newer(have)
	}
	for i, name := range files {
		if i < have {
			continue
		}
		if n, err := strconv.Atoi(name[len("migrations/"):][:4]); err != nil || n != i+1 {
			return fault.New(fault.Internal, "store.migration", "migration %s is out of sequence", name)
		}
		script, err := migrations.ReadFile(name)
		if err != nil {
			return failed(err, "read migration")
		}
		// ExecuteScript is one transaction.
		text := fmt.Sprintf("%s\nPRAGMA user_version = %d;\nPRAGMA application_id = %d;", script, i+1, applicationID)
		if err := sqlitex.ExecuteScript(conn, text, nil); err != nil {
			return failed(err, "migrate")
		}
	}
	return createSecondary(conn)
}

func createSecondary(conn *sqlite.Conn) error {
	for _, q := range [...]string{createCode, createValue} {
		if err := sqlitex.ExecuteTransient(conn, q, nil); err != nil {
			return failed(err, "create index")
		}
	}
	return nil
}

func userVersion(conn *sqlite.Conn) (int, error) {
	var v int
	err := sqlitex.ExecuteTransient(conn, "PRAGMA user_version", &sqlitex.ExecOptions{
		ResultFunc: func(st *sqlite.Stmt) error { v = st.ColumnInt(0); return nil },
	})
	if err != nil {
		return 0, failed(err, "read schema version")
	}
	return v, nil
}

func newer(have int) error {
	return fault.New(fault.Unsupported, "store.newer", "the data directory was written by a newer version of the program (schema %d)", have)
}

// current tells whether a reader understands the schema.
func current(conn *sqlite.Conn) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return failed(err, "list migrations")
	}
	have, err := userVersion(conn)
	switch {
	case err != nil:
		return err
	case have > len(files):
		return newer(have)
	case have < len(files):
		return fault.New(fault.Unsupported, "store.older", "the data directory is of an older version (schema %d); start the server once to bring it up to date", have)
	}
	return nil
}
