package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"concord/fault"
	"concord/store"
)

// Backup writes a consistent, compact copy of the store to a new file beside
// a running server. Errors: Conflict "store.backup-exists"; Busy "store.full".
//
// https://www.sqlite.org/lang_vacuum.html#vacuuminto
func (e *Engine) Backup(ctx context.Context, path string) error {
	part := path + ".part"
	for _, p := range [...]string{path, part} {
		if _, err := os.Lstat(p); err == nil {
			return fault.New(fault.Conflict, "store.backup-exists", "the backup file exists already")
		}
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.Wrap(err, fault.Busy, "store.full", "the backup cannot be written")
	}
	defer f.Close()
	if err = e.copyInto(ctx, part); err == nil {
		err = errors.Join(f.Sync(), os.Rename(part, path), syncDir(filepath.Dir(path)))
	}
	if err != nil {
		os.Remove(part)
		return failed(err, "write the backup")
	}
	return nil
}

// copyInto copies the database, and then brings into the copy what was ahead of
// it when the copy began.
func (e *Engine) copyInto(ctx context.Context, path string) error {
	var id [16]byte
	err := e.View(ctx, func(r store.Reader) (err error) {
		id, err = r.(*snapshot).knownIdentity()
		return err
	})
	if err != nil {
		return err
	}
	rows, err := readAhead(e.path+aheadSuffix, id)
	if err != nil {
		return err
	}
	if err := e.vacuumInto(ctx, path); err != nil || len(rows) == 0 {
		return err
	}
	conn, err := openConn(path, readerCacheKB)
	if err != nil {
		return err
	}
	s := &snapshot{conn: conn, names: e.names, now: e.opts.Now}
	if err = s.run("BEGIN IMMEDIATE"); err == nil {
		if err = s.recover(rows); err == nil {
			err = s.run("COMMIT")
		}
	}
	return errors.Join(err, conn.Close())
}

func (e *Engine) vacuumInto(ctx context.Context, path string) error {
	conn, err := openConn(e.path, readerCacheKB)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetInterrupt(ctx.Done())
	s := &snapshot{conn: conn, names: e.names, now: e.opts.Now}
	return s.run("VACUUM INTO ?1", path)
}
