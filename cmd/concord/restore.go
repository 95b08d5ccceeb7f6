package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"concord/fault"
	"concord/store/sqlite"
)

type restoreCmd struct {
	From string `help:"Folder of a backup, or archive of a server." required:"" placeholder:"FOLDER"`
	Data string `help:"New data folder." placeholder:"DIR"`
	At   string `help:"Moment to come back to, from an archive: 2026-06-01T08:30:00Z. Default: the newest." placeholder:"TIME"`
}

// Run makes a data folder and verifies it.
func (c *restoreCmd) Run(ctx context.Context) error {
	w := where{Data: c.Data}
	dir, err := w.folder()
	if err != nil {
		return err
	}
	var at time.Time
	if c.At != "" {
		if at, err = time.Parse(time.RFC3339, c.At); err != nil {
			return fault.New(fault.Invalid, "cli.at", "--at is a moment with its zone: 2026-06-01T08:30:00Z")
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, storeFile)); err == nil {
		return fault.New(fault.Conflict, "store.not-empty", "there is a store in %s already: restore into a new folder", dir)
	}
	key, err := readSecret(c.From)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := keepSecret(dir, key); err != nil {
		return err
	}
	if err := copyAuditKeys(c.From, dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.From, manifestFile)); err == nil {
		err = c.backup(dir)
		if err != nil {
			return err
		}
	} else if err := c.archive(dir, at); err != nil {
		return err
	}
	h, err := openHouse(ctx, w, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	return h.verify(ctx, os.Stdout, request{})
}

// backup copies a backup whose files are as its manifest says.
func (c *restoreCmd) backup(dir string) error {
	if c.At != "" {
		return fault.New(fault.Invalid, "cli.at", "a backup is of one moment; --at needs the archive of a server")
	}
	b, err := os.ReadFile(filepath.Join(c.From, manifestFile))
	if err != nil {
		return err
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return fault.New(fault.Conflict, "cli.backup", "%s is damaged", manifestFile)
	}
	for _, name := range []string{storeFile, secretFile} {
		sum, err := sumOf(filepath.Join(c.From, name))
		if err != nil {
			return err
		}
		if sum != m.SHA256[name] {
			return fault.New(fault.Conflict, "cli.backup", "%s is not what was backed up: its checksum differs", name)
		}
	}
	if err := copyFile(filepath.Join(c.From, storeFile), filepath.Join(dir, storeFile)); err != nil {
		return err
	}
	fmt.Printf("restored change %d of %s\n", m.Change, m.At.Format(time.RFC3339Nano))
	return nil
}

// archive plays an archive back.
func (c *restoreCmd) archive(dir string, at time.Time) error {
	r, err := sqlite.Restore(c.From, filepath.Join(dir, storeFile), at)
	if err != nil {
		return err
	}
	fmt.Printf("restored change %d of %s, from a copy of %s and %d pieces of the log\n",
		r.Change, r.At.Format(time.RFC3339Nano), r.Base.Format(time.RFC3339), r.Segments)
	return nil
}

// copyFile leaves a whole file that only we can read, or none.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(to+".part"))
	}
	return os.Rename(to+".part", to)
}
