package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"concord/fault"
	"concord/record/seal"
)

// where is the data that a command works on; every command takes it.
type where struct {
	Data     string   `help:"Data folder (embedded SQLite)." placeholder:"DIR"`
	Database string   `help:"PostgreSQL to keep the data in, instead of the embedded SQLite: postgres://… The data folder then holds the secret and the control socket." placeholder:"URL"`
	Replica  string   `help:"Streaming replica of that PostgreSQL, for reads." placeholder:"URL"`
	Stages   string   `help:"Folder of the stages of organisations that join, one sub-folder each; without it the folder stage within the data folder." name:"stage" placeholder:"DIR"`
	SealKeys string   `help:"Master keys under which bodies are encrypted at rest, a NAME and 32 bytes in base64 on each line, the newest first (concord keys make)." name:"seal-keys" placeholder:"FILE"`
	Address  []string `help:"Another address under which clients reach, or reached, this server; a reference under it is to what is here. More than once for more." name:"own-address" placeholder:"URL"`
	rules
}

// bases are the addresses of FHIR under which references lead here.
func (w where) bases() []string {
	var out []string
	for _, a := range w.Address {
		if a = strings.TrimSuffix(a, "/"); a != "" {
			out = append(out, strings.TrimSuffix(a, "/fhir")+"/fhir")
		}
	}
	return out
}

// masters reads the key file, nil when none is named.
func (w where) masters() (*seal.Masters, error) {
	if w.SealKeys == "" {
		return nil, nil
	}
	text, err := os.ReadFile(w.SealKeys)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "seal.file", "the key file cannot be read")
	}
	return seal.ParseMasters(text)
}

// folder gives the data folder, or says what is wrong with the choice.
func (w where) folder() (string, error) {
	if w.Database != "" && !strings.HasPrefix(w.Database, "postgres://") && !strings.HasPrefix(w.Database, "postgresql://") {
		return "", fault.New(fault.Invalid, "cli.database", "--database is a PostgreSQL URL: postgres://user@host/database")
	}
	if w.Replica != "" && w.Database == "" {
		return "", fault.New(fault.Invalid, "cli.database", "--replica goes with --database")
	}
	if w.Data == "" {
		return "", fault.New(fault.Invalid, "cli.data", "name the data folder with --data DIR or CONCORD_DATA")
	}
	return w.Data, nil
}

// stages is the folder of the stages of organisations that join.
func (w where) stages() string { return stagesOf(w.Stages, w.Data) }

// stagesOf is the folder that is named, else the one within the data folder.
func stagesOf(named, data string) string {
	if named != "" {
		return named
	}
	return filepath.Join(data, "stage")
}

const (
	secretFile = "concord.key"
	secretSize = 32
	storeFile  = "concord.db"
)

// secret reads the installation's secret from the data folder, or makes it
// when the folder is new. A store without its secret is refused: its index
// could not be used, and a new secret would hide what it holds.
func secret(dir string) ([]byte, error) {
	path := filepath.Join(dir, secretFile)
	b, err := os.ReadFile(path)
	if err == nil {
		if len(b) != secretSize {
			return nil, fault.New(fault.Conflict, "cli.secret", "%s is damaged: it must hold %d bytes", path, secretSize)
		}
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, storeFile)); err == nil {
		return nil, fault.New(fault.Conflict, "cli.secret", "%s is missing beside an existing store: restore it from the backup", path)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	b = make([]byte, secretSize)
	if _, err := rand.Read(b); err != nil {
		return nil, err
	}
	return b, writeSecret(path, b)
}

// writeSecret leaves a whole file or none.
func writeSecret(path string, b []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
