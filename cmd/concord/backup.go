package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

type backupCmd struct {
	Data string `help:"Data folder to back up, whether or not a server runs on it." placeholder:"DIR"`
	To   string `help:"New folder for the backup." required:"" placeholder:"FOLDER"`
}

// manifestFile is written last: without it a backup is none.
const manifestFile = "backup.json"

// manifest says what a backup holds.
type manifest struct {
	Concord string            `json:"concord"` // version of the program
	Made    time.Time         `json:"made"`
	Change  int64             `json:"change"` // number and time of the newest commit
	At      time.Time         `json:"at"`
	SHA256  map[string]string `json:"sha256"` // of each file
}

// Run copies the store, as of one moment, and the secret.
func (c *backupCmd) Run(ctx context.Context) error {
	dir, err := where{Data: c.Data}.folder()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(c.To, manifestFile)); err == nil {
		return fault.New(fault.Conflict, "store.backup-exists", "there is a backup in %s already", c.To)
	}
	key, err := readSecret(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.To, 0o700); err != nil {
		return err
	}
	e, err := sqlite.OpenReader(ctx, dir, sqlite.Options{Now: time.Now, Readers: 1})
	if err != nil {
		return err
	}
	defer e.Close()
	m := manifest{Concord: version, Made: time.Now().UTC(), SHA256: map[string]string{}}
	copied := filepath.Join(c.To, storeFile)
	if err := e.Backup(ctx, copied); err != nil {
		return err
	}
	if err := writeSecret(filepath.Join(c.To, secretFile), key); err != nil {
		return err
	}
	if err := copyAuditKeys(dir, c.To); err != nil {
		return err
	}
	if m.Change, m.At, err = sqlite.StampOf(copied); err != nil {
		return err
	}
	for _, name := range []string{storeFile, secretFile} {
		if m.SHA256[name], err = sumOf(filepath.Join(c.To, name)); err != nil {
			return err
		}
	}
	if err := m.write(c.To); err != nil {
		return err
	}
	fmt.Printf("change %d of %s is in %s\n", m.Change, m.At.Format(time.RFC3339Nano), c.To)
	return nil
}

func (m manifest) write(dir string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeSecret(filepath.Join(dir, manifestFile), append(b, '\n'))
}

// readSecret is the secret of a folder that has one.
func readSecret(dir string) ([]byte, error) {
	if _, err := os.Stat(filepath.Join(dir, secretFile)); err != nil {
		return nil, fault.New(fault.NotFound, "cli.secret", "there is no %s in %s", secretFile, dir)
	}
	return secret(dir)
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// archiving is the flag of a server that keeps an archive for coming back to
// any moment.
type archiving struct {
	Archive string `help:"Folder, on another disk, to copy every change to within a second, for 'concord restore --at'." placeholder:"FOLDER"`
}

// archiveEvery is how much may be lost with the data folder's disk.
const archiveEvery = time.Second

// begin starts the archive, if there is to be one, and gives what ends it,
// which comes before the end of the house.
func (a archiving) begin(ctx context.Context, h *house) (end func() error, err error) {
	if a.Archive == "" {
		return func() error { return nil }, nil
	}
	e, ok := h.engine.(*sqlite.Engine)
	if !ok {
		return nil, fault.New(fault.Invalid, "cli.archive", "--archive is for the embedded store; PostgreSQL keeps an archive of its own")
	}
	key, err := readSecret(h.dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(a.Archive, 0o700); err != nil {
		return nil, err
	}
	if err := keepSecret(a.Archive, key); err != nil {
		return nil, err
	}
	if err := copyAuditKeys(h.dir, a.Archive); err != nil {
		return nil, err
	}
	running, err := e.Archive(ctx, a.Archive, archiveEvery, func(err error) { h.log.Error("the archive falls behind", "error", err) })
	if err != nil {
		return nil, err
	}
	return running.Close, nil
}

// keepSecret puts the secret into a folder that has none, or the same.
func keepSecret(dir string, key []byte) error {
	path := filepath.Join(dir, secretFile)
	have, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return writeSecret(path, key)
	case err != nil:
		return err
	case string(have) != string(key):
		return fault.New(fault.Conflict, "cli.secret", "%s is of another installation", path)
	}
	return nil
}
