package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
	"concord/store"
)

// Proof shows to somebody who has the public keys alone that an entry lies in
// the tree that a checkpoint vouches for.
type Proof struct {
	Index      int64
	Row        []byte // as it lies in the log: its leaf is made of it
	Hashes     []tlog.Hash
	Checkpoint []byte
	Size       int64 // of the checkpoint's tree
}

// proofHead is the first line of https://c2sp.org/tlog-proof.
const proofHead = "c2sp.org/tlog-proof@v1"

// ProveEntry proves an entry against the newest checkpoint. Errors: NotFound
// "audit.unknown"; Conflict "audit.unsealed" when no checkpoint covers the
// entry yet.
func ProveEntry(ctx context.Context, r store.Reader, seq int64) (*Proof, error) {
	rows, err := r.LogEntries(ctx, Log, seq, 1)
	if err != nil {
		return nil, err
	}
	if seq < 0 || len(rows) == 0 || rows[0].Seq != seq {
		return nil, fault.New(fault.NotFound, "audit.unknown", "the log has no such entry")
	}
	p := &Proof{Index: seq, Row: rows[0].Body}
	if p.Checkpoint, err = Checkpoint(ctx, r); err != nil {
		return nil, err
	}
	h, err := unsignedHead(p.Checkpoint)
	if err != nil || seq >= h.Size {
		return nil, fault.New(fault.Conflict, "audit.unsealed", "no checkpoint covers the entry yet; it will within a second")
	}
	p.Size = h.Size
	p.Hashes, err = Prove(ctx, r, p.Size, seq)
	return p, err
}

// unsignedHead reads a checkpoint's head without looking at its signatures.
func unsignedHead(signed []byte) (Head, error) {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	_, h, err := parseCheckpoint(text + "\n")
	return h, err
}

// Text is the proof as https://c2sp.org/tlog-proof has it; the row stands as
// its extra data.
func (p *Proof) Text() []byte {
	var b bytes.Buffer
	b.WriteString(proofHead + "\nextra " + base64.StdEncoding.EncodeToString(p.Row) + "\nindex " + strconv.FormatInt(p.Index, 10) + "\n")
	for _, h := range p.Hashes {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// ParseProof reads the text of a proof. Errors: Invalid "audit.proof".
func ParseProof(text []byte) (*Proof, error) {
	bad := fault.New(fault.Invalid, "audit.proof", "the proof cannot be read")
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || len(lines) > 3+64 || lines[0] != proofHead {
		return nil, bad
	}
	p := &Proof{Checkpoint: []byte(checkpoint)}
	row, ok := strings.CutPrefix(lines[1], "extra ")
	index, ok2 := strings.CutPrefix(lines[2], "index ")
	var err error
	if p.Row, err = base64.StdEncoding.DecodeString(row); err != nil || !ok || !ok2 {
		return nil, bad
	}
	if p.Index, err = strconv.ParseInt(index, 10, 64); err != nil || p.Index < 0 {
		return nil, bad
	}
	for _, line := range lines[3:] {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != tlog.HashSize {
			return nil, bad
		}
		p.Hashes = append(p.Hashes, tlog.Hash(h))
	}
	h, err := unsignedHead(p.Checkpoint)
	p.Size = h.Size
	return p, err
}

// Check holds the proof against the known keys and gives the entry that it
// proves. Errors: Denied "audit.signature"; Invalid "audit.proof",
// "audit.row"; Gone "audit.removed" when the row is proved and its payload has
// been removed.
func (p *Proof) Check(known note.Verifiers) (Entry, error) {
	h, err := OpenCheckpoint(p.Checkpoint, known)
	if err != nil {
		return Entry{}, err
	}
	row, err := parseRow(p.Row)
	if err != nil {
		return Entry{}, err
	}
	if p.Index >= h.Size {
		return Entry{}, fault.New(fault.Invalid, "audit.proof", "the tree has no such leaf")
	}
	if err := tlog.CheckRecord(p.Hashes, h.Size, h.Root, p.Index, row.leaf()); err != nil {
		return Entry{}, fault.Wrap(err, fault.Invalid, "audit.proof", "the row does not lie in the tree there")
	}
	return Decode(p.Row)
}
