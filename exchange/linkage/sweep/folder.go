package sweep

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"concord/fault"
)

// markFile names the run whose files a folder holds.
const markFile = "concord-linkage"

// openFolder makes a work folder, or finds the run that one holds; afresh begins
// another in it. It is for the process's own account alone, since what lies in it was
// read from patients, and for one run at a time, until unlock.
func openFolder(dir string, afresh bool) (mark string, unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, badFolder(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return "", nil, badFolder(err)
	}
	if len(list) > 0 && !slices.ContainsFunc(list, func(e os.DirEntry) bool { return e.Name() == markFile }) {
		return "", nil, fault.New(fault.Conflict, "sweep.folder", "the work folder holds other files: name an empty one")
	}
	f, err := os.OpenFile(filepath.Join(dir, markFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, badFolder(err)
	}
	if mark, err = take(f, dir, afresh); err != nil {
		f.Close()
		return "", nil, err
	}
	return mark, func() { f.Close() }, nil
}

// take locks the file of a folder's mark, and reads it or begins a run.
func take(f *os.File, dir string, afresh bool) (mark string, err error) {
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return "", fault.New(fault.Conflict, "sweep.busy", "another run is at work in this work folder")
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return "", badFolder(err)
	}
	mark = strings.TrimSpace(string(text))
	if mark != "" && !afresh {
		return mark, nil
	}
	if err := empty(dir); err != nil {
		return "", badFolder(err)
	}
	mark = rand.Text()
	if err := f.Truncate(0); err != nil {
		return "", badFolder(err)
	}
	if _, err := f.WriteAt([]byte(mark+"\n"), 0); err != nil {
		return "", badFolder(err)
	}
	return mark, badFolder(f.Sync())
}

// empty removes what a run has left, but for its mark.
func empty(dir string) error {
	list, err := os.ReadDir(dir)
	for _, e := range list {
		if err == nil && e.Name() != markFile {
			err = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
	return err
}

// removeRun removes the folder of a run that has ended, while it is locked.
func removeRun(dir string) error {
	if err := empty(dir); err != nil {
		return badFolder(err)
	}
	if err := os.Remove(filepath.Join(dir, markFile)); err != nil {
		return badFolder(err)
	}
	os.Remove(dir) // another's new run may lie in it by now
	return nil
}

func badFolder(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Busy, "sweep.folder", "the work folder cannot be written or read")
}
