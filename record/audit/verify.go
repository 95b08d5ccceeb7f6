package audit

import (
	"context"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"concord/fault"
	"concord/store"
)

// verifyBatch is how many rows are looked at together.
const verifyBatch = 4096

// Known is what Verify holds the log against beside the log itself.
type Known struct {
	Verifiers note.Verifiers // keys of checkpoints; nil = signatures are not looked at
	Saved     [][]byte       // signed checkpoints that were kept elsewhere
	// Witnesses must each have co-signed every saved checkpoint and the newest
	// one that is stored as co-signed.
	Witnesses []note.Verifier
}

// Verified is what Verify saw.
type Verified struct {
	Head             // of the tree, as the rows give it
	Rows    int64    // of the log
	Behind  int64    // rows that no sequencer has added yet
	Removed []string // rules of retention, with how many payloads each removed
}

// Verify recomputes every hash from the rows: salted hashes, each writer's
// chain, the tree; and holds them against the stored hashes and against
// checkpoints. It reports each difference by the entry where it shows.
func Verify(ctx context.Context, r store.Reader, known Known, report func(store.Finding)) (Verified, error) {
	v := &verifier{ctx: ctx, r: r, report: report, writers: map[[8]byte]writer{}}
	if err := v.sizes(); err != nil {
		return Verified{}, err
	}
	if err := v.checkpoints(known); err != nil {
		return Verified{}, err
	}
	if err := v.walk(); err != nil {
		return Verified{}, err
	}
	v.unmet()
	return v.verified(), nil
}

type verifier struct {
	ctx     context.Context
	r       store.Reader
	report  func(store.Finding)
	rows    int64 // of the log
	tree    int64 // leaves that the stored hashes are of
	grown   edge
	writers map[[8]byte]writer
	salted  bool // a row with a salt came
	marks   []landmark
	removal removals
}

// landmark is a head that a checkpoint vouches for.
type landmark struct {
	Head
	name string
	met  bool
}

func (v *verifier) find(code string, seq int64, text string, args ...any) {
	v.report(store.Finding{Code: code, Where: fmt.Sprintf("entry %d", seq), Text: fmt.Sprintf(text, args...)})
}

func (v *verifier) sizes() error {
	var err error
	if v.rows, err = v.r.LogSize(v.ctx, Log); err != nil {
		return err
	}
	count, err := v.r.LogHashCount(v.ctx, Log)
	if err != nil {
		return err
	}
	v.tree = treeSize(count)
	if tlog.StoredHashCount(v.tree) != count {
		v.find("audit.hash", v.tree, "the tree ends within the hashes of this entry")
	}
	if v.tree > v.rows {
		v.find("audit.truncated", v.rows, "the log ends before this entry, its tree has %d", v.tree)
	}
	return nil
}

// checkpoints reads the stored checkpoint and those that were saved.
func (v *verifier) checkpoints(known Known) error {
	if known.Verifiers == nil {
		return nil
	}
	stored, err := Checkpoint(v.ctx, v.r)
	if err != nil {
		return err
	}
	all := append([][]byte{stored}, known.Saved...)
	for i, signed := range all {
		name := "the stored checkpoint"
		if i > 0 {
			name = fmt.Sprintf("saved checkpoint %d", i)
		} else if signed == nil {
			continue // not signed yet: a store from before, or its first half second
		}
		h, err := OpenCheckpoint(signed, known.Verifiers)
		if err != nil {
			v.report(store.Finding{Code: "audit.checkpoint", Where: name, Text: fault.Of(err).Code})
			continue
		}
		if h.Size > v.tree || h.Size > v.rows {
			v.find("audit.truncated", min(v.tree, v.rows), "%s was signed for %d entries", name, h.Size)
			continue
		}
		v.marks = append(v.marks, landmark{Head: h, name: name})
		if i > 0 {
			v.witnessed(known, signed, name)
		}
	}
	return v.cosigned(known)
}

// cosigned reads the stored checkpoint that witnesses have co-signed.
func (v *verifier) cosigned(known Known) error {
	signed, err := Cosigned(v.ctx, v.r)
	if err != nil || signed == nil {
		if err == nil && len(known.Witnesses) > 0 && len(known.Saved) == 0 {
			v.report(store.Finding{Code: "audit.witness", Where: "the co-signed checkpoint", Text: "no witness has co-signed a checkpoint of this log"})
		}
		return err
	}
	h, err := OpenCheckpoint(signed, known.Verifiers)
	if err != nil {
		v.report(store.Finding{Code: "audit.checkpoint", Where: "the co-signed checkpoint", Text: fault.Of(err).Code})
		return nil
	}
	if h.Size > v.tree || h.Size > v.rows {
		v.find("audit.truncated", min(v.tree, v.rows), "the co-signed checkpoint was signed for %d entries", h.Size)
		return nil
	}
	v.marks = append(v.marks, landmark{Head: h, name: "the co-signed checkpoint"})
	v.witnessed(known, signed, "the co-signed checkpoint")
	return nil
}

// witnessed holds a checkpoint against the witnesses that must have seen it.
func (v *verifier) witnessed(known Known, signed []byte, name string) {
	for _, w := range known.Witnesses {
		if _, err := OpenCheckpoint(signed, note.VerifierList(w)); err != nil {
			v.report(store.Finding{Code: "audit.witness", Where: name, Text: "it bears no good signature of the witness " + w.Name()})
		}
	}
}

// altered names each entry whose leaf, or first each whose inner hashes, are
// not those that were stored. What an altered leaf gives further up is not
// reported again.
func (v *verifier) altered(from int64, made, stored [][32]byte, ends []int) bool {
	start, altered := 0, false
	for i, end := range ends {
		seq := from + int64(i)
		switch {
		case made[start] != stored[start]:
			altered = true
			v.find("audit.altered", seq, "the entry does not give the leaf that the tree has for it")
		case !altered:
			for j := start + 1; j < end; j++ {
				if made[j] != stored[j] {
					v.find("audit.hash", seq, "a hash above this entry is not what its leaves give")
					altered = true
					break
				}
			}
		}
		start = end
	}
	return altered
}

// row verifies what a row says of itself and gives its leaf.
func (v *verifier) row(e store.Entry, r *row, bad bool) tlog.Hash {
	if bad {
		v.find("audit.entry", e.Seq, "the entry cannot be read")
		return tlog.RecordHash(e.Body)
	}
	leaf := r.leaf()
	if r.legacy {
		if _, err := Decode(e.Body); err != nil {
			v.find("audit.entry", e.Seq, "the entry cannot be read")
		}
		if v.salted {
			v.find("audit.form", e.Seq, "the entry is of the old form behind one of the new")
		}
		return leaf
	}
	v.salted = true
	if !e.At.Equal(r.time()) {
		v.find("audit.time", e.Seq, "the entry is filed under another time than its own")
	}
	w := v.writers[r.writer]
	if r.counter != w.counter || r.chain != w.last {
		v.find("audit.chain", e.Seq, "row %d of writer %s does not follow its row before: rows are missing, altered or moved", r.counter, hex.EncodeToString(r.writer[:]))
	}
	v.writers[r.writer] = writer{r.writer, r.counter + 1, leaf}
	v.removal.look(e.Seq, *r)
	return leaf
}

// landmarks holds the tree against the checkpoints of its size.
func (v *verifier) landmarks() {
	for i := range v.marks {
		m := &v.marks[i]
		if m.Size != v.grown.size {
			continue
		}
		m.met = true
		if v.grown.root() != m.Root {
			v.find("audit.forked", m.Size-1, "up to here the log is not the one that %s was signed for", m.name)
		}
	}
}

// unmet reports what the end of the walk leaves open.
func (v *verifier) unmet() {
	for _, m := range v.marks {
		if !m.met && m.Size > 0 {
			v.find("audit.truncated", v.grown.size, "%s was signed for %d entries", m.name, m.Size)
		}
	}
	for _, s := range v.removal.undeclared() {
		v.find("audit.removed", s.from, "the payload is missing and no entry tells that the rule %q removed it", s.rule)
	}
}

func (v *verifier) verified() Verified {
	return Verified{Head: Head{v.grown.size, v.grown.root()}, Rows: v.rows, Behind: max(v.rows-v.tree, 0), Removed: v.removal.summary()}
}
