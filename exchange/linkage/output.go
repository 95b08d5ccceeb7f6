package linkage

import (
	"encoding/csv"
	"io"
	"strconv"

	"concord/standard/match"
)

// WritePairs writes scored pairs as CSV, the heaviest first: ids, weight,
// probability, grade, the level of each comparison that spoke, and guards.
func (r *Run) WritePairs(w io.Writer, above float64) error {
	l, err := openLabels(r.opt.Dir)
	if err != nil {
		return err
	}
	defer l.close()
	out := csv.NewWriter(w)
	out.Write([]string{"id_l", "id_r", "weight", "probability", "grade", "evidence", "guards", "claim"})
	for p, err := range r.Pairs() {
		if err != nil {
			return err
		}
		if float64(p.Weight) < above {
			break
		}
		a, _, err := l.at(p.A)
		if err != nil {
			return err
		}
		b, _, err := l.at(p.B)
		if err != nil {
			return err
		}
		out.Write([]string{a, b, strconv.FormatFloat(float64(p.Weight), 'f', 2, 32), strconv.FormatFloat(match.Probability(float64(p.Weight)), 'f', 6, 64),
			p.Grade.String(), p.Pattern.String(), p.Guards.String(), p.Claim.String()})
	}
	out.Flush()
	return out.Error()
}

// WriteClusters writes id and cluster of every record as CSV; a cluster is
// named by a number.
func (r *Run) WriteClusters(w io.Writer, c *Clusters) error {
	l, err := openLabels(r.opt.Dir)
	if err != nil {
		return err
	}
	defer l.close()
	out := csv.NewWriter(w)
	out.Write([]string{"id", "cluster"})
	for i := range uint32(r.state.Records) {
		id, _, err := l.at(i)
		if err != nil {
			return err
		}
		out.Write([]string{id, strconv.Itoa(int(c.Of(i)))})
	}
	out.Flush()
	return out.Error()
}

// Tally is how a run came out, without the truth.
type Tally struct {
	Records   int     `json:"records"`
	Pairs     int64   `json:"pairs"`    // possible at least
	Joins     int64   `json:"joins"`    // at the threshold, with no guard
	Certain   int64   `json:"certain"`  // graded certain
	Guarded   int64   `json:"guarded"`  // above the threshold, but held by a guard
	Clusters  int     `json:"clusters"` // people
	Refused   int     `json:"refused"`  // joins that clusters did not take
	Skipped   int64   `json:"skipped_blocks"`
	Claimed   int     `json:"claimed"` // joins in clusters by a claim that nobody rivals
	Rivals    int     `json:"rivals"`  // claims that a rival prevented
	Threshold float64 `json:"threshold"`
}

// Tally counts.
func (r *Run) Tally(threshold float64, c *Clusters) (Tally, error) {
	t := Tally{Records: r.state.Records, Refused: c.Refused, Skipped: r.state.Skipped, Claimed: c.Claimed, Rivals: c.Rivals, Threshold: threshold}
	for p, err := range r.Pairs() {
		if err != nil {
			return t, err
		}
		t.Pairs++
		if p.Grade == match.Certain {
			t.Certain++
		}
		switch {
		case float64(p.Weight) < threshold:
		case r.held(p):
			t.Guarded++
		default:
			t.Joins++
		}
	}
	for i := range c.parent {
		if c.parent[i] == uint32(i) {
			t.Clusters++
		}
	}
	return t, nil
}
