package witness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
)

// Witness co-signs checkpoints of the logs that it knows.
type Witness struct {
	dir    string
	signer note.Signer
	logs   map[string][]note.Verifier // keys by origin

	turn sync.Mutex // held from looking at what was seen until it is replaced
}

// New makes a witness that keeps what it has seen in a folder. signer makes
// cosignature/v1 signatures; keys are those of logs, whose names are their
// origins.
func New(dir string, signer note.Signer, keys []note.Verifier) *Witness {
	w := &Witness{dir: dir, signer: signer, logs: map[string][]note.Verifier{}}
	for _, k := range keys {
		w.logs[k.Name()] = append(w.logs[k.Name()], k)
	}
	return w
}

// refusal is an answer that is no co-signature.
type refusal struct {
	status int
	size   int64 // to tell the log; -1 = nothing to tell
}

func (r *refusal) Error() string { return "witness: refused" }

// Add looks at a checkpoint and co-signs it. Its error is a *refusal or a
// fault.
func (w *Witness) add(req *request) ([]byte, error) {
	keys := w.logs[req.origin]
	if keys == nil {
		return nil, &refusal{404, -1}
	}
	if _, err := note.Open(req.checkpoint, note.VerifierList(keys...)); err != nil {
		return nil, &refusal{403, -1}
	}
	if req.old > req.size {
		return nil, &refusal{400, -1}
	}
	w.turn.Lock()
	defer w.turn.Unlock()
	seen, err := w.seen(req.origin)
	if err != nil {
		return nil, err
	}
	if req.old != seen.size {
		return nil, &refusal{409, seen.size}
	}
	if err := follows(seen, req); err != nil {
		return nil, errors.Join(err, w.accuse(req))
	}
	if err := w.keep(req.origin, req.checkpoint); err != nil {
		return nil, err
	}
	return w.cosign(req.checkpoint)
}

// follows holds a checkpoint against the one before.
func follows(seen head, req *request) error {
	switch {
	case seen.size == 0 || req.size == seen.size:
		if len(req.proof) > 0 {
			return &refusal{422, -1}
		}
		if req.size == seen.size && seen.size > 0 && req.root != seen.root {
			return &refusal{409, -1}
		}
		return nil
	}
	if tlog.CheckTree(req.proof, req.size, req.root, seen.size, seen.root) != nil {
		return &refusal{422, -1}
	}
	return nil
}

// cosign gives the signature line.
func (w *Witness) cosign(checkpoint []byte) ([]byte, error) {
	n, err := parseNote(checkpoint)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: n}, w.signer)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "witness.sign", "the checkpoint cannot be co-signed")
	}
	return signed[len(n)+1:], nil
}

// fileOf is where what was seen of a log lies.
func (w *Witness) fileOf(origin string) string {
	h := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, "log-"+hex.EncodeToString(h[:8])+".checkpoint")
}

// seen is the head of the newest checkpoint that was co-signed.
func (w *Witness) seen(origin string) (head, error) {
	text, err := os.ReadFile(w.fileOf(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return head{}, nil
	}
	if err != nil {
		return head{}, fault.Wrap(err, fault.Internal, "witness.state", "what was seen of the log cannot be read")
	}
	was, h, err := parseCheckpoint(text)
	if err != nil || was != origin {
		return head{}, fault.New(fault.Internal, "witness.state", "what was seen of the log is damaged: nothing of it is co-signed")
	}
	return h, nil
}

// keep replaces the newest checkpoint; it is on disk when keep returns.
func (w *Witness) keep(origin string, checkpoint []byte) error {
	if err := replace(w.fileOf(origin), checkpoint); err != nil {
		return fault.Wrap(err, fault.Busy, "witness.state", "what was seen of the log cannot be kept")
	}
	return nil
}

// mostEvidence is how many contradictions are kept.
const mostEvidence = 100

// accuse keeps a checkpoint that its log has signed and that does not follow
// the one before: with that one it proves that the log forked.
func (w *Witness) accuse(req *request) error {
	have, err := filepath.Glob(filepath.Join(w.dir, "fork-*"))
	if err != nil || len(have) >= mostEvidence {
		return err
	}
	before, err := os.ReadFile(w.fileOf(req.origin))
	if err != nil {
		return nil // nothing was seen before, so nothing is contradicted
	}
	h := sha256.Sum256(append(append([]byte{}, before...), req.checkpoint...))
	name := filepath.Join(w.dir, "fork-"+hex.EncodeToString(h[:8])+".txt")
	return replace(name, append(append(before, '\n'), req.checkpoint...))
}

// replace writes a file so that a crash leaves the old one or the new one.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(text); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
