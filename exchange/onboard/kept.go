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
	return s.alone(func() error {
		old, err := s.Kept(name)
		if err != nil {
			return err
		}
		next, err := change(old)
		if err != nil || next == nil {
			return err
		}
		return writeWhole(filepath.Join(s.Dir, name), next)
	})
}

// Append adds lines to such a file, durably. What a crash left of a line is cut
// off first.
func (s *Stage) Append(name string, lines []byte) error {
	return s.alone(func() error {
		f, err := os.OpenFile(filepath.Join(s.Dir, name), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return unstaged(err)
		}
		defer f.Close()
		end, err := wholeLines(f)
		if err != nil {
			return unstaged(err)
		}
		_, err = f.WriteAt(lines, end)
		return unstaged(errors.Join(err, f.Sync(), f.Close()))
	})
}

// wholeLines gives where the last whole line of a file ends, and cuts off what
// stands behind it.
func wholeLines(f *os.File) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	end := st.Size()
	var b [1]byte
	for ; end > 0; end-- {
		if _, err := f.ReadAt(b[:], end-1); err != nil {
			return 0, err
		}
		if b[0] == '\n' {
			break
		}
	}
	if end < st.Size() {
		err = f.Truncate(end)
	}
	return end, err
}

// alone lets one at a time change what is kept.
func (s *Stage) alone(do func() error) error {
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
	return do()
}
