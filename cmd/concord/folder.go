package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"concord/fault"
)

// openFolder opens a folder that an operator names, and all in it, and nothing else: a
// link that leads out of it, by whatever way and however deep, is refused, now and when
// it is read. Links within it are followed, as is one to the folder itself. Errors:
// Invalid "cli.link", which names the link; "cli.folder".
func openFolder(dir string) (fs.FS, error) {
	root, err := os.OpenRoot(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.Invalid, "cli.folder", "there is no folder %s", dir)
	case err != nil:
		return nil, fault.New(fault.Invalid, "cli.folder", "%s is no folder that can be opened", dir)
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink == 0 || name == dir {
			return nil // what cannot be looked into is told by who reads it
		}
		within, err := filepath.Rel(dir, name)
		if err == nil {
			_, err = root.Stat(within)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.Wrap(err, fault.Invalid, "cli.link", "%s is a link that leads out of its folder: copy what it leads to", name)
		}
		return nil
	})
	if err != nil {
		root.Close()
		return nil, err
	}
	return root.FS(), nil
}

// folderFiles reads the files of a folder that an operator names.
func folderFiles(dir string, read func(fs.FS) (map[string][]byte, error)) (map[string][]byte, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	return read(f)
}
