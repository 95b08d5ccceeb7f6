package linkage

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
)

// Truth is which records are of one person, for measures alone.
type Truth struct {
	cluster map[string]string // id: cluster
	pairs   map[[2]string]bool
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
		if t.cluster == nil {
			t.cluster = map[string]string{}
		}
		for row, err := range body {
			if err != nil {
				return err
			}
			if v := c.clusterOf(row[cluster]); v != "" {
				t.cluster[row[id]] = v
			}
		}
		return nil
	}
	left, right, score := pairColumns(header)
	if left < 0 {
		return fault.New(fault.Invalid, "linkage.truth", "%s has neither the columns %s and %q nor two columns of ids; it has %s", name, c.ID, c.Cluster, strings.Join(header, ", "))
	}
	if t.pairs == nil {
		t.pairs = map[[2]string]bool{}
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
			t.pairs[pairOf(row[left], row[right])] = true
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

func pairOf(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

// Same tells whether two ids are of one person.
func (t *Truth) Same(a, b string) bool {
	if t.pairs != nil {
		return t.pairs[pairOf(a, b)]
	}
	x, ok := t.cluster[a]
	return ok && x == t.cluster[b]
}
