package linkage

import (
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
)

// Truth is which records are of one person, for measures alone. Ids and clusters are
// kept as hashes of 64 bits, 16 bytes a record: that two of ten million meet is one
// chance in 400,000.
type Truth struct {
	seed   maphash.Seed
	seeded bool
	rows   []belongs
	people int // clusters, once they are numbered
	pairs  map[[2]uint64]bool
}

// belongs is one line of a table of clusters.
type belongs struct{ id, cluster uint64 }

func (t *Truth) add(id, cluster string) {
	t.rows = append(t.rows, belongs{t.hash(id), t.hash(cluster)})
}

func (t *Truth) hash(text string) uint64 {
	if !t.seeded {
		t.seed, t.seeded = maphash.MakeSeed(), true
	}
	return maphash.String(t.seed, text)
}

// ReadTruth reads a table of truth and adds it: either one that has the
// column of ids and the cluster column, or one of pairs of ids. Pairs stand in columns
// whose names end in _l and _r, or in the only two; a column of scores
// (clerical_match_score) below one half says that the pair is not one.
// Code: "linkage.truth".
func (t *Truth) ReadTruth(r io.Reader, name string, c *Columns) error {
	header, body, err := rows(r, name, c.Encoding)
	if err != nil {
		return err
	}
	id, cluster := slices.Index(header, c.ID), slices.Index(header, c.Cluster)
	if id >= 0 && cluster >= 0 && c.Cluster != "" {
		for row, err := range body {
			if err != nil {
				return err
			}
			if v := c.clusterOf(row[cluster]); v != "" {
				t.add(row[id], v)
			}
		}
		return nil
	}
	left, right, score := pairColumns(header)
	if left < 0 {
		return fault.New(fault.Invalid, "linkage.truth", "%s has neither the columns %s and %q nor two columns of ids; it has %s", name, c.ID, c.Cluster, strings.Join(header, ", "))
	}
	if t.pairs == nil {
		t.pairs = map[[2]uint64]bool{}
	}
	for row, err := range body {
		if err != nil {
			return err
		}
		if score >= 0 {
			if v, err := strconv.ParseFloat(row[score], 64); err != nil || v < 0.5 {
				continue
			}
		}
		if row[left] != row[right] {
			t.pairs[pairOf(t.hash(row[left]), t.hash(row[right]))] = true
		}
	}
	return nil
}

func (c *Columns) clusterOf(v string) string {
	if c.pattern == nil {
		return v
	}
	if m := c.pattern.FindStringSubmatch(v); m != nil {
		return m[1]
	}
	return ""
}

func pairColumns(header []string) (left, right, score int) {
	left, right, score = -1, -1, slices.Index(header, "clerical_match_score")
	for i, h := range header {
		if stem, ok := strings.CutSuffix(h, "_l"); ok && left < 0 {
			if j := slices.Index(header, stem+"_r"); j >= 0 {
				left, right = i, j
			}
		}
	}
	if left < 0 && len(header) == 2 {
		left, right = 0, 1
	}
	return left, right, score
}

func pairOf(a, b uint64) [2]uint64 { return [2]uint64{min(a, b), max(a, b)} }
