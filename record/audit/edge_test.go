package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

type kept []tlog.Hash

func (k *kept) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = (*k)[x]
	}
	return out, nil
}

// TestEdge: the edge gives the hashes and heads that tlog gives.
func TestEdge(t *testing.T) {
	var e edge
	var stored kept
	for n := range int64(600) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		leaf := tlog.Hash(sha256.Sum256(b[:]))
		want, err := tlog.StoredHashesForRecordHash(n, leaf, &stored)
		if err != nil {
			t.Fatal(err)
		}
		got := e.add(leaf, nil)
		if len(got) != len(want) {
			t.Fatalf("leaf %d gives %d hashes, want %d", n, len(got), len(want))
		}
		for i := range want {
			if tlog.Hash(got[i]) != want[i] {
				t.Fatalf("hash %d of leaf %d", i, n)
			}
		}
		stored = append(stored, want...)
		root, err := tlog.TreeHash(n+1, &stored)
		if err != nil || root != e.root() {
			t.Fatalf("root of %d: %v", n+1, err)
		}
		if treeSize(int64(len(stored))) != n+1 {
			t.Fatalf("%d hashes are of %d leaves", len(stored), n+1)
		}
	}
}
