package sweep

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"

	"concord/fault"
)

// markFile names the run whose files a folder holds.
const markFile = "concord-linkage"

// openFolder makes a work folder, or finds the run that one holds. It is for the
// process's own account alone: what lies in it was read from patients.
func openFolder(dir string) (mark string, err error) {
	name := filepath.Join(dir, markFile)
	text, err := os.ReadFile(name)
	if err == nil && len(strings.TrimSpace(string(text))) > 0 {
		return strings.TrimSpace(string(text)), nil
	}
	if err != nil && !os.IsNotExist(err) {
		return "", badFolder(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", badFolder(err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 1 || len(list) == 1 && list[0].Name() != markFile {
		return "", fault.New(fault.Conflict, "sweep.folder", "the work folder holds other files: name an empty one")
	}
	mark = rand.Text()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", badFolder(err)
	}
	_, err = f.WriteString(mark + "\n")
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return mark, badFolder(err)
}

// Clear removes the work folder of a run: its files alone, never another's.
func Clear(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, markFile)); err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return badFolder(err)
	}
	return badFolder(os.RemoveAll(dir))
}

func badFolder(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Busy, "sweep.folder", "the work folder cannot be written or read")
}
