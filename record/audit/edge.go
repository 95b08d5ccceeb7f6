package audit

import (
	"context"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"concord/store"
)

// edge is the right edge of a tree: of each full subtree that makes up its
// size, the root. It is all that a tree needs to grow.
type edge struct {
	size  int64
	roots [64]tlog.Hash // by level; those of the set bits of size count
}

// add adds a leaf and appends the hashes that it completes to out, in the order
// of tlog.StoredHashes.
func (e *edge) add(leaf tlog.Hash, out [][32]byte) [][32]byte {
	h, level := leaf, 0
	out = append(out, h)
	for n := e.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(e.roots[level], h)
		out = append(out, h)
		level++
	}
	e.roots[level] = h
	e.size++
	return out
}

// root is the tree's head.
func (e *edge) root() tlog.Hash {
	var h tlog.Hash
	first := true
	for n := uint64(e.size); n != 0; n &= n - 1 {
		level := bits.TrailingZeros64(n)
		if first {
			h, first = e.roots[level], false
			continue
		}
		h = tlog.NodeHash(e.roots[level], h)
	}
	return h
}

// storedEdge reads the edge of the first size leaves from stored hashes.
func storedEdge(ctx context.Context, r store.Logs, size int64) (*edge, error) {
	e := &edge{size: size}
	var levels []int
	var numbers []int64
	for n := uint64(size); n != 0; n &= n - 1 {
		level := bits.TrailingZeros64(n)
		levels = append(levels, level)
		numbers = append(numbers, tlog.StoredHashIndex(level, size>>level-1))
	}
	hashes, err := r.LogHashes(ctx, Log, numbers)
	if err != nil {
		return nil, err
	}
	for i, h := range hashes {
		e.roots[levels[i]] = h
	}
	return e, nil
}

// treeSize is how many leaves gave that many stored hashes, the last one
// perhaps not all of its own.
func treeSize(hashes int64) int64 {
	low, high := int64(0), hashes
	for low < high {
		mid := low + (high-low+1)/2
		if tlog.StoredHashCount(mid) <= hashes {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}

// reader lets tlog read stored hashes.
type reader struct {
	ctx  context.Context
	logs store.Logs
}

func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	stored, err := r.logs.LogHashes(r.ctx, Log, indexes)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(stored))
	for i, h := range stored {
		out[i] = h
	}
	return out, nil
}
