package postgres

import (
	"context"
	"embed"
	"hash/fnv"
	"io/fs"
	"strconv"

	"concord/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The secondary indexes are those that a bulk load into an empty store does
// without. They are not part of a migration because they come and go. Of a
// value there may be a hundred thousand (a heart rate of 72), so that its index
// holds the key too and gives the order down to the last; of a code and a
// minute there are few.
const (
	createCode  = "CREATE INDEX IF NOT EXISTS rec_code ON rec (code, d) WHERE code <> 0"
	createValue = "CREATE INDEX IF NOT EXISTS rec_unit ON rec (qh, qv, pk, lid) WHERE qh <> 0"
	dropCode    = "DROP INDEX IF EXISTS rec_code"
	dropValue   = "DROP INDEX IF EXISTS rec_unit"
)

// Keys of the advisory locks, beside the schema's own: who writes, who brings
// the schema up to date, who loads in bulk.
// https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS
const (
	lockWrite   = "write"
	lockMigrate = "migrate"
	lockBulk    = "bulk"
)

// lockKey is the number of an advisory lock of one schema. Locks of the same
// number in two schemas would only wait for each other needlessly.
func lockKey(schema, what string) int64 {
	h := fnv.New64a()
	h.Write([]byte("concord\x00" + schema + "\x00" + what))
	return int64(h.Sum64())
}

// migrate brings the schema up to date, forward only, one process at a time.
// Errors: Unsupported "store.newer" when a newer program has written it.
func migrate(ctx context.Context, c *conn, schema string) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return failed(err, "list migrations")
	}
	have, err := schemaVersion(ctx, c, schema)
	if err != nil || have == len(files) {
		return err
	}
	if have > len(files) {
		return newer(have)
	}
	if err := c.script(ctx, "BEGIN; SELECT pg_advisory_xact_lock("+strconv.FormatInt(lockKey(schema, lockMigrate), 10)+"); CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return failed(err, "migrate")
	}
	err = advance(ctx, c, schema, files)
	end := "COMMIT"
	if err != nil {
		end = rollback
	}
	if cerr := c.script(ctx, end); err == nil {
		err = cerr
	}
	return failed(err, "migrate")
}

// advance runs the migrations that are missing, in the open transaction.
func advance(ctx context.Context, c *conn, schema string, files []string) error {
	have, err := schemaVersion(ctx, c, schema)
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
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		text = append(text, "\nINSERT INTO meta (k, v) VALUES ('schema', '"+strconv.Itoa(i+1)+"') ON CONFLICT (k) DO UPDATE SET v = excluded.v"...)
		if err := c.script(ctx, string(text)); err != nil {
			return err
		}
	}
	return c.script(ctx, createCode+"; "+createValue)
}

// schemaVersion is the number of migrations that have run, 0 for none.
func schemaVersion(ctx context.Context, c *conn, schema string) (int, error) {
	there := false
	err := c.run(ctx, "SELECT to_regclass($1) IS NOT NULL", func(r row) error { there = r.bool(0); return nil }, schema+".meta")
	if err != nil || !there {
		return 0, failed(err, "look for the schema")
	}
	have := 0
	err = c.run(ctx, "SELECT v FROM "+schema+".meta WHERE k = 'schema'", func(r row) error {
		have, err = strconv.Atoi(r.text(0))
		return err
	})
	return have, failed(err, "read the schema's version")
}

func newer(have int) error {
	return fault.New(fault.Unsupported, "store.newer", "the database was written by a newer version of the program (schema %d)", have)
}
