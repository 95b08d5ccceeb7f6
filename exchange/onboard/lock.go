package onboard

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"concord/fault"
)

// lock lets one process at a time work on a stage, and removes what one that
// crashed has left: it holds patients' data. Error: Conflict "onboard.busy".
func (s *Stage) lock() (unlock func(), err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, unstaged(err)
	}
	f, err := os.OpenFile(filepath.Join(s.Dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unstaged(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fault.New(fault.Conflict, "onboard.busy", "another command works on the stage of %s", s.Trust)
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		f.Close()
		return nil, unstaged(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".incoming-") || strings.HasPrefix(e.Name(), ".scratch-") {
			if err := os.RemoveAll(filepath.Join(s.Dir, e.Name())); err != nil {
				f.Close()
				return nil, unstaged(err)
			}
		}
	}
	return func() { f.Close() }, nil
}
