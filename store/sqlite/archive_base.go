package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"concord/fault"
)

// begin goes on with the last generation, if it is proved that the log does,
// or makes a new one.
func (a *Archive) begin(ctx context.Context) error {
	n, err := numbers(a.folder, "")
	if err != nil {
		return err
	}
	a.dir = filepath.Join(a.folder, numbered(n))
	goesOn := false
	err = a.work(func(w *writer) error {
		root, err := w.snap.intOf("SELECT rootpage FROM sqlite_schema WHERE name = 'counter' AND type = 'table'")
		if err != nil {
			return err
		}
		a.counter = uint32(root)
		if goesOn, err = a.resume(); err != nil {
			return err
		}
		if goesOn {
			// What was written since must be copied before hold lets the log start
			// again.
			if _, err := a.copied(); err != nil {
				return err
			}
			return a.hold(w)
		}
		if err := a.hold(w); err != nil {
			return err
		}
		return a.front(w)
	})
	if err != nil || goesOn {
		return err
	}
	a.dir, a.number = filepath.Join(a.folder, numbered(n+1)), 0
	return a.copyBase(ctx)
}

// front goes to the end of the log, all of which the base will hold.
func (a *Archive) front(w *writer) error {
	log, err := openWAL(a.e.path+"-wal", a.counter)
	if err != nil {
		return err
	}
	defer log.close()
	if log == nil {
		return fault.New(fault.Internal, "store.damaged", "the write-ahead log is not where it should be")
	}
	a.at, _, err = log.end(log.start, stamp{})
	a.last = stamp{w.c.change, w.c.at}
	return err
}

// resume looks for the end of the last generation: in the log, after a crash;
// or the database file as it was left, after which all is in the log.
func (a *Archive) resume() (bool, error) {
	var b base
	if err := readJSON(filepath.Join(a.dir, baseName+".json"), &b); err != nil || b.Page != pageSize || b.Counter != a.counter {
		return false, nil // none, or of no use
	}
	var err error
	if a.number, err = numbers(a.dir, ".json"); err != nil {
		return false, err
	}
	a.at, a.last = b.After, b.Last
	if a.number > 0 {
		var s segment
		if err := readJSON(filepath.Join(a.dir, numbered(a.number)+".json"), &s); err != nil {
			return false, nil
		}
		a.at, a.last = s.After, s.Last
	}
	w, err := openWAL(a.e.path+"-wal", a.counter)
	if err != nil {
		return false, err
	}
	defer w.close()
	if w.holds(a.at) {
		return true, nil
	}
	var r rest
	if err := readJSON(filepath.Join(a.dir, endName), &r); err != nil {
		return false, nil
	}
	info, err := os.Stat(a.e.path)
	if err != nil || info.Size() != r.Size || !info.ModTime().Equal(r.Changed) || r.Last != a.last {
		return false, err
	}
	if w != nil {
		a.at = w.start
	} else {
		a.at = walPlace{} // hold makes a log, and follows it
	}
	return true, nil
}

// copyBase copies the database as the place held sees it. Pages keep their
// numbers, as the frames need it.
//
// https://www.sqlite.org/backup.html
func (a *Archive) copyBase(ctx context.Context) error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(a.dir, baseName+".db")
	for _, p := range [...]string{path, path + ".part"} { // of a copy that was broken off
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := a.copyPages(ctx, path+".part"); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Sync(), f.Close(), os.Rename(path+".part", path)); err != nil {
		return err
	}
	sum, err := fileSum(path)
	if err != nil {
		return err
	}
	b := base{Page: pageSize, Counter: a.counter, After: a.at, Last: a.last, SHA256: sum, Written: a.e.opts.Now().UTC()}
	return errors.Join(writeJSON(filepath.Join(a.dir, baseName+".json"), b), syncDir(a.folder))
}

func (a *Archive) copyPages(ctx context.Context, path string) error {
	to, err := connect(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := pragmas(to, "synchronous = OFF", "journal_mode = OFF"); err != nil {
		return err
	}
	b, err := sqlite.NewBackup(to, "main", a.conns[0].conn, "main")
	if err != nil {
		return err
	}
	defer b.Close()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return cancelled(err)
		}
		if more, err = b.Step(4096); err != nil {
			return err
		}
	}
	return nil
}
