package record

import (
	"context"
	"iter"
	"slices"

	"concord/record/access"
	"concord/store"
)

// humanFacts are what the records of one human say together. Their relations
// stay where they are: there may be hundreds, and few requesters are asked about.
type humanFacts struct {
	restricted, watched bool
	employee            bool
	objects, dissents   bool
	seals               []access.StandingSeal
	nhs                 []string
	ties                [][]access.Relation // of each record, and of the practice
}

// relations are all that tie somebody to the human.
func (f *humanFacts) relations() iter.Seq[*access.Relation] {
	return func(yield func(*access.Relation) bool) {
		for _, list := range f.ties {
			for i := range list {
				if !yield(&list[i]) {
					return
				}
			}
		}
	}
}

// joined is what several records of one human say together.
func (d *Desk) joined(ctx context.Context, r store.Reader, list []*recordFacts) (humanFacts, error) {
	out := humanFacts{ties: make([][]access.Relation, 0, len(list)+1)}
	var entries []*registration
	for _, f := range list {
		if f == nil {
			continue
		}
		out.restricted, out.watched, out.employee = out.restricted || f.restricted, out.watched || f.watched, out.employee || f.employee
		out.objects, out.dissents = out.objects || f.objects, out.dissents || f.dissents
		for _, s := range f.seals {
			if !slices.ContainsFunc(out.seals, func(x access.StandingSeal) bool { return x.ID == s.ID }) {
				out.seals = append(out.seals, s)
			}
		}
		out.nhs = append(out.nhs, f.nhs...)
		out.ties = append(out.ties, f.relations)
		entries = append(entries, f.entries...)
	}
	slices.Sort(out.nhs)
	out.nhs = slices.Compact(out.nhs)
	practices, err := d.registered(ctx, r, entries)
	out.ties = append(out.ties, practices)
	return out, err
}
