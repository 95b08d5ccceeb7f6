package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"concord/fault"
	"concord/jobs"
	"concord/record/audit"
)

// auditFile holds the private key that signs checkpoints of the audit log, in
// its first line, and below it the public keys: its own and, after a rotation,
// older ones. Processes that share a store share the file, as they do the
// secret.
const auditFile = "concord-audit.key"

// auditKeys are what auditFile holds.
type auditKeys struct {
	sign   audit.Sign
	note   func(text string) ([]byte, error) // signs what is no checkpoint
	known  note.Verifiers
	public []string // newest first
}

// openAuditKeys reads the file, or makes it with a fresh key and a name that
// no other log has.
func openAuditKeys(dir string) (*auditKeys, error) {
	text, err := os.ReadFile(filepath.Join(dir, auditFile))
	if errors.Is(err, fs.ErrNotExist) {
		var id [4]byte
		if _, err := rand.Read(id[:]); err != nil {
			return nil, err
		}
		return writeAuditKeys(dir, "concord/audit/"+hex.EncodeToString(id[:]), nil)
	}
	if err != nil {
		return nil, err
	}
	return parseAuditKeys(text)
}

// writeAuditKeys makes a new key and keeps the older public ones.
func writeAuditKeys(dir, name string, older []string) (*auditKeys, error) {
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	text := []byte(strings.Join(append([]string{private, public}, older...), "\n") + "\n")
	if err := writeSecret(filepath.Join(dir, auditFile), text); err != nil {
		return nil, err
	}
	return parseAuditKeys(text)
}

func parseAuditKeys(text []byte) (*auditKeys, error) {
	bad := fault.New(fault.Conflict, "cli.audit-key", "%s is damaged: restore it from the backup", auditFile)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	signer, err := note.NewSigner(lines[0])
	if err != nil || len(lines) < 2 {
		return nil, bad
	}
	var list []note.Verifier
	for _, line := range lines[1:] {
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, bad
		}
		list = append(list, v)
	}
	signed := func(text string) ([]byte, error) { return note.Sign(&note.Note{Text: text}, signer) }
	return &auditKeys{audit.Signer(signer.Name(), signer), signed, note.VerifierList(list...), lines[1:]}, nil
}

type rotateCmd struct{ where }

// Run makes a new signing key; a server takes it up when it starts again.
func (c *rotateCmd) Run(context.Context) error {
	dir, err := c.folder()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, auditFile))
	if err != nil {
		return err
	}
	keys, err := parseAuditKeys(text)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(keys.public[0], "+")
	keys, err = writeAuditKeys(dir, name, keys.public)
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(keys.public[0] + "\n")
	return err
}

// copyAuditKeys copies the file beside a copy of the store, if there is one.
func copyAuditKeys(from, to string) error {
	text, err := os.ReadFile(filepath.Join(from, auditFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if have, err := os.ReadFile(filepath.Join(to, auditFile)); err == nil && bytes.Equal(have, text) {
		return nil
	}
	return writeSecret(filepath.Join(to, auditFile), text)
}

// vouched adds to the audit log's tree what a command has written where no server does
// it, and signs the checkpoint. What the command did stands without it: a server that
// starts later makes it good.
func (h *house) vouched(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	s := h.desk.Sequencer(h.audit.sign)
	for n, err := s.Once(ctx); n > 0 || err != nil; n, err = s.Once(ctx) {
		if fault.Is(err, fault.Conflict) { // a server on the same database does it
			return
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			fmt.Fprintln(os.Stderr, "the audit log's tree has not taken up yet all that was written; nothing is lost, and the next command or server goes on with it")
			return
		default:
			fmt.Fprintf(os.Stderr, "the audit log's tree falls behind until a server runs: %v\n", err)
			return
		}
	}
}

// sequencerLease is how long a store may be without a sequencer after its
// process died.
const sequencerLease = 6 * time.Second

// staff tells the name to show and the NHS number of a user; "" for who has no
// account, such as a client.
func (h *house) staff(ctx context.Context, user string) (display, nhs string, err error) {
	a, err := h.accounts.Get(ctx, user)
	if fault.Is(err, fault.NotFound) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	return a.Display, a.OwnNumber, nil
}

// sequence grows the audit log's tree, shows it to the witnesses, reviews what
// is new in the log, and removes what has expired: in one of the processes that
// share a store.
func (h *house) sequence(ctx context.Context) {
	s := h.desk.Sequencer(h.audit.sign)
	run := func(ctx context.Context) {
		var wg sync.WaitGroup
		defer wg.Wait()
		if len(h.witnesses) > 0 {
			wg.Go(func() { h.askWitnesses(ctx) })
		}
		wg.Go(func() {
			h.desk.Reviewer(h.staff).Knows(h.accounts.Employers).Run(ctx, func(err error) { h.log.Error("accesses wait to be reviewed", "error", err) })
		})
		wg.Go(func() {
			jobs.Tidy(ctx, h.engine, func(err error) { h.log.Error("what has expired stays in the store", "error", err) })
		})
		s.Run(ctx, func(err error) { h.log.Error("the audit log's tree falls behind", "error", err) })
	}
	if !h.shared {
		run(ctx)
		return
	}
	l := &jobs.Lead{Engine: h.engine, Name: "sequencer", Owner: h.owner(), Life: sequencerLease, Now: time.Now}
	l.Run(ctx, run)
}
