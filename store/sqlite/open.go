package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"concord/fault"
	"concord/store"
	"concord/store/sqlite/pagecache"
)

// Options of one engine. The zero value of each field but Now is a good
// choice.
type Options struct {
	// Now is the clock. Required.
	Now func() time.Time
	// ReadOnly opens beside a running server: Views only.
	ReadOnly bool
	// Readers is the number of Views at the same time, default 4.
	Readers int
	// MaxPages bounds the file, in pages of 8 KB: an Update beyond it is Busy
	// "store.full". 0 = the disk is the limit.
	MaxPages int64
	// CheckpointPages is the length of the write-ahead log, in pages, at which
	// it is folded back in the background; default 32,000 (250 MB).
	CheckpointPages int
	// PendingEntries is how many index entries gather in memory before they are
	// merged into their tables; default 131,072.
	PendingEntries int
	// NoSync gives up durability for throw-away stores in tests.
	NoSync bool
}

// Caches are of each connection; a page takes little more than its size (pagecache).
const (
	pageSize         = 8192
	writerCacheKB    = 16 << 10
	readerCacheKB    = 12 << 10
	logCacheKB       = 1 << 10
	defaultReaders   = 4
	defaultWALPages  = 32_000
	journalSizeLimit = 64 << 20
)

// Engine is a store in one data directory.
type Engine struct {
	opts    Options
	path    string
	lock    *os.File
	names   *names
	writer  *writer // nil when read-only
	readers *readers
	// interrupted is true when a bulk load was never finished.
	interrupted atomic.Bool
	// unseen is true while a bulk load has answered Updates that are not yet
	// committed.
	unseen atomic.Bool
	// behind is true while entries of logs are durable that the database does
	// not have yet.
	behind atomic.Bool
	// tables hold the index entries that are not in their tables yet.
	tables atomic.Pointer[tables]
	// readBefore are tables that a process which only reads has read.
	readBefore atomic.Pointer[readTables]
}

var _ store.Engine = (*Engine)(nil)

// Open opens or makes the store in dir. Errors: Conflict "store.locked" when
// another process writes there, Unsupported "store.newer", NotFound
// "store.none" (read-only and nothing there).
func Open(ctx context.Context, dir string, o Options) (*Engine, error) {
	if o.Now == nil {
		return nil, fault.New(fault.Internal, "store.options", "a clock is required")
	}
	if o.Readers <= 0 {
		o.Readers = defaultReaders
	}
	if o.PendingEntries <= 0 {
		o.PendingEntries = defaultPending
	}
	if o.CheckpointPages <= 0 {
		o.CheckpointPages = defaultWALPages
	}
	e := &Engine{opts: o, path: filepath.Join(dir, "concord.db"), names: newNames()}
	if err := e.open(ctx, dir); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// OpenReader opens the store in dir for Views, beside a running server or not.
func OpenReader(ctx context.Context, dir string, o Options) (*Engine, error) {
	o.ReadOnly = true
	return Open(ctx, dir, o)
}

func (e *Engine) open(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	if e.opts.ReadOnly {
		if _, err := os.Stat(e.path); err != nil {
			return fault.Wrap(err, fault.NotFound, "store.none", "there is no store in this data directory")
		}
	} else {
		var err error
		if e.lock, err = makeDirectory(dir); err != nil {
			return err
		}
		if err = makeFile(dir, e.path); err != nil {
			return err
		}
		if e.writer, err = openWriter(e); err != nil {
			return err
		}
	}
	var err error
	if e.readers, err = openReaders(e); err != nil {
		return err
	}
	return e.View(ctx, func(r store.Reader) error {
		mark, err := r.(*snapshot).meta(bulkMark)
		e.interrupted.Store(mark != "")
		return err
	})
}

// Interrupted tells whether a bulk load was switched on and the process ended
// before it was switched off: what it loaded may be incomplete.
func (e *Engine) Interrupted() bool { return e.interrupted.Load() }

// Close waits for the Updates under way, folds the write-ahead log back and
// releases the directory.
func (e *Engine) Close() error {
	var errs []error
	if e.readers != nil {
		errs = append(errs, e.readers.close())
	}
	if e.writer != nil {
		errs = append(errs, e.writer.close())
	}
	if e.lock != nil {
		errs = append(errs, e.lock.Close())
		e.lock = nil
	}
	if err := errors.Join(errs...); err != nil {
		return failed(err, "close the store")
	}
	return nil
}

// makeDirectory makes the directory, which only we can read, and takes its
// lock.
func makeDirectory(dir string) (*os.File, error) {
	_, err := os.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err = os.MkdirAll(dir, 0o700); err == nil && fresh {
		err = os.Chmod(dir, 0o700)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "store.directory", "the data directory cannot be made")
	}
	return lock(dir)
}

// makeFile makes an empty database file that only we can read; SQLite gives
// its log files the same mode. It must run under the lock: closing any handle
// of a database file takes away the locks that SQLite holds on it, see
// https://www.sqlite.org/howtocorrupt.html section 2.2.
func makeFile(dir, path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Close(), syncDir(dir))
	}
	if err != nil {
		return fault.Wrap(err, fault.Internal, "store.directory", "the database file cannot be made")
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// connect opens a connection as it comes. The first is the process's first: none is
// opened otherwise.
func connect(path string, flags sqlite.OpenFlags) (*sqlite.Conn, error) {
	pagecache.Use()
	return sqlite.OpenConn(path, flags)
}

// openConn opens one connection with the settings that all of them share.
func openConn(path string, cacheKB int) (*sqlite.Conn, error) {
	conn, err := connect(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, failed(err, "open the database")
	}
	err = pragmas(conn,
		fmt.Sprintf("page_size = %d", pageSize),
		fmt.Sprintf("cache_size = -%d", cacheKB),
		"temp_store = MEMORY",
		"mmap_size = 0",
		"trusted_schema = OFF",
		"wal_autocheckpoint = 0",
	)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func pragmas(conn *sqlite.Conn, settings ...string) error {
	for _, s := range settings {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+s, nil); err != nil {
			return failed(err, "set "+s)
		}
	}
	return nil
}
