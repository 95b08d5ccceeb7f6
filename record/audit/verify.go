package audit

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"concord/store"
)

// Head is the state of the log: how many entries, and the root of their tree.
type Head struct {
	Size int64
	Root string // base64
}

const verifyBatch = 2000

// Verify recomputes every hash from the entries and compares it with what is
// stored. It reports each difference and returns the head of the log as the
// entries give it.
func Verify(ctx context.Context, r store.Reader, report func(store.Finding)) (Head, error) {
	size, err := r.LogSize(ctx, Log)
	if err != nil {
		return Head{}, err
	}
	grown := &grown{}
	for from := int64(0); from < size; from += verifyBatch {
		entries, err := r.LogEntries(ctx, Log, from, verifyBatch)
		if err != nil {
			return Head{}, err
		}
		if int64(len(entries)) != min(verifyBatch, size-from) {
			report(store.Finding{Code: "audit.gap", Where: fmt.Sprintf("entry %d", from+int64(len(entries))), Text: "an entry is missing"})
			return Head{}, nil
		}
		for i, e := range entries {
			if e.Seq != from+int64(i) {
				report(store.Finding{Code: "audit.gap", Where: fmt.Sprintf("entry %d", from+int64(i)), Text: "an entry is missing"})
				return Head{}, nil
			}
			if _, err := Decode(e.Body); err != nil {
				report(store.Finding{Code: "audit.entry", Where: fmt.Sprintf("entry %d", e.Seq), Text: "the entry cannot be read"})
			}
			if err := grown.add(ctx, r, e, report); err != nil {
				return Head{}, err
			}
		}
	}
	if size == 0 {
		return Head{}, nil
	}
	root, err := tlog.TreeHash(size, grown)
	return Head{Size: size, Root: root.String()}, err
}

// grown is the tree as the entries make it.
type grown struct{ hashes []tlog.Hash }

func (g *grown) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(g.hashes)) {
			return nil, fmt.Errorf("hash %d of %d", x, len(g.hashes))
		}
		out[i] = g.hashes[x]
	}
	return out, nil
}

func (g *grown) add(ctx context.Context, r store.Reader, e store.Entry, report func(store.Finding)) error {
	made, err := tlog.StoredHashesForRecordHash(e.Seq, tlog.RecordHash(e.Body), g)
	if err != nil {
		return err
	}
	first := int64(len(g.hashes))
	numbers := make([]int64, len(made))
	for i := range made {
		numbers[i] = first + int64(i)
	}
	stored, err := r.LogHashes(ctx, Log, numbers)
	if err != nil {
		report(store.Finding{Code: "audit.hash", Where: fmt.Sprintf("entry %d", e.Seq), Text: "a hash is missing"})
	}
	for i := range stored {
		if tlog.Hash(stored[i]) != made[i] {
			report(store.Finding{Code: "audit.altered", Where: fmt.Sprintf("entry %d", e.Seq), Text: "the entry does not give the hash that was stored with it"})
			break
		}
	}
	g.hashes = append(g.hashes, made...)
	return nil
}
