package record

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
	"concord/store"
)

// maxCompared is how many entries of each side are laid side by side.
const maxCompared = 4

// Compared is two people, or two entries, that a steward holds against each other.
type Compared struct {
	A, B []*Item // the entries of each side, at most four
	More int     // entries that are left out
	Same bool    // both are one person already
	// Said are the rulings of stewards that stand between the two, newest first.
	Said    []person.Decision
	Differs []string // fields in which the likeliest pair of entries differs, in words
	// Waterfall is how the model comes to the weight of the likeliest pair.
	Waterfall match.Waterfall
}

// Compare lays the entries of two people side by side, also of those whom the model
// has not put before a steward. A and B are ids of entries or persons. The audit entry
// names who is shown. Errors: Invalid "record.compare" when both are the same entry,
// NotFound "record.unknown"; they name the side, "a" or "b".
func (e *Errand) Compare(ctx context.Context, a, b string) (*Compared, error) {
	var out *Compared
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		out = &Compared{}
		t.what = []string{"compare people"}
		sides, err := v.sides(ctx, a, b)
		if err != nil {
			return err
		}
		out.A, out.B, out.More = v.laid(sides[0]), v.laid(sides[1]), max(0, len(sides[0])-maxCompared)+max(0, len(sides[1])-maxCompared)
		for _, it := range slices.Concat(out.A, out.B) {
			t.records = append(t.records, e.desk.recordIDs(it.key)...)
		}
		t.count = len(out.A) + len(out.B)
		return v.weigh(ctx, out)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (v *sight) laid(side []*Item) []*Item { return side[:min(len(side), maxCompared)] }

// sides reads the entries that two ids name. What both name is of the side that names
// fewer.
func (v *sight) sides(ctx context.Context, a, b string) (out [2][]*Item, err error) {
	var pks [2][]int64
	for i, id := range []string{a, b} {
		if pks[i], err = v.desk.entriesNamed(ctx, v.r, id); err != nil {
			return out, of(i, err)
		}
	}
	fewer, more := 0, 1
	if len(pks[1]) < len(pks[0]) {
		fewer, more = 1, 0
	}
	pks[more] = slices.DeleteFunc(slices.Clone(pks[more]), func(pk int64) bool { return slices.Contains(pks[fewer], pk) })
	if len(pks[more]) == 0 && len(pks[fewer]) > 0 {
		return out, fault.New(fault.Invalid, "record.compare", "both are the same").In("b")
	}
	for i := range pks {
		if out[i], err = v.entries(ctx, pks[i]); err != nil {
			return out, of(i, err)
		}
	}
	return out, nil
}

// of names in a refusal which of the two sides it is about.
func of(side int, err error) error {
	if f := fault.Of(err); f.Kind == fault.NotFound {
		return f.In([]string{"a", "b"}[side])
	}
	return err
}

func (v *sight) entries(ctx context.Context, pks []int64) ([]*Item, error) {
	var docs []*store.Doc
	for _, pk := range pks {
		doc, err := v.r.Get(ctx, person.PatientKey(pk))
		if err != nil {
			return nil, err
		}
		if !doc.Deleted {
			docs = append(docs, doc)
		}
	}
	shown, err := v.showAll(ctx, docs, false)
	if err == nil && len(shown) == 0 {
		err = unknown("Patient")
	}
	return shown, err
}

// said adds what a steward has ruled on a pair, if that stands.
func (v *sight) said(ctx context.Context, c *Compared, a, b *Item) error {
	p, err := person.PairOf(ctx, v.r, a.key.PK, b.key.PK)
	if err != nil || p == nil {
		return err
	}
	now := p.Now()
	if now.By == person.BySteward && now.Ruling != "" && now.Outcome != person.Open && !slices.ContainsFunc(c.Said, func(d person.Decision) bool { return d.Ruling == now.Ruling }) {
		c.Said = append(c.Said, now)
		slices.SortFunc(c.Said, func(a, b person.Decision) int { return b.At.Compare(a.At) })
	}
	return nil
}

// weigh finds the likeliest pair of the two sides, and what it says.
func (v *sight) weigh(ctx context.Context, c *Compared) error {
	index := v.desk.persons()
	var best [2]*Item
	for _, a := range c.A {
		for _, b := range c.B {
			if err := v.said(ctx, c, a, b); err != nil {
				return err
			}
			x, y := index.Match.Subject(a.Resource), index.Match.Subject(b.Resource)
			if _, err := index.Uncrowd(ctx, v.r, a.key, &x); err != nil {
				return err
			}
			if w := index.Match.Explain(&x, &y); best[0] == nil || w.Weight > c.Waterfall.Weight {
				c.Waterfall, best = w, [2]*Item{a, b}
			}
		}
	}
	_, differs := person.Agree(person.Of(best[0].Resource), person.Of(best[1].Resource))
	for _, f := range differs {
		c.Differs = append(c.Differs, string(f))
	}
	first, err := v.r.PersonOf(ctx, c.A[0].key.PK, time.Time{})
	if err != nil {
		return err
	}
	other, err := v.r.PersonOf(ctx, c.B[0].key.PK, time.Time{})
	c.Same = first != 0 && first == other
	return err
}
