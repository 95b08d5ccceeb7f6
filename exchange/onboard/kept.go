package onboard

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Kept reads a file that is kept beside the trust's extracts, from trial to
// trial: decisions. It is nil when there is none.
func (s *Stage) Kept(name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(s.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return text, unstaged(err)
}

// Keep changes such a file: one at a time, whole or not at all. It does not wait
// for a step that is at work on the stage. change gets nil when there is none
// yet; what it gives as nil is left as it was.
func (s *Stage) Keep(name string, change func(old []byte) ([]byte, error)) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return unstaged(err)
	}
	f, err := os.OpenFile(filepath.Join(s.Dir, ".kept"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return unstaged(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return unstaged(err)
	}
	old, err := s.Kept(name)
	if err != nil {
		return err
	}
	next, err := change(old)
	if err != nil || next == nil {
		return err
	}
	return writeWhole(filepath.Join(s.Dir, name), next)
}
