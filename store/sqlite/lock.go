//go:build unix

package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"concord/fault"
)

// lock takes the advisory lock of the one process that may write a data
// directory. The kernel gives it back when the process ends, however it ends.
// Errors: Conflict "store.locked".
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "concord.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "store.directory", "the data directory cannot be written")
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fault.New(fault.Conflict, "store.locked", "another process is writing to this data directory; stop it first, or use a command that works beside it")
	}
	return nil, fault.Wrap(err, fault.Internal, "store.directory", "the data directory cannot be locked")
}
