package record

import (
	"context"

	"concord/fault"
	"concord/standard/fhir"
)

// MergeAsked says that one entry goes on under another, or no longer does.
type MergeAsked struct {
	Source, Target string // ids of entries
	Undo           bool
	Preview        bool // tell what would be written
}

// Merged is the two entries as they are after it.
type Merged struct{ Source, Target *Item }

// Merge says in both entries that the source goes on under the target, as a
// merge message of a trust does: the source is no longer active, and their
// persons become one. With Undo it takes that back. Nothing is re-filed or
// deleted. Errors: Invalid "merge.same"; Conflict "merge.done", "merge.circle",
// "merge.none"; those of Transact.
func (e *Errand) Merge(ctx context.Context, ask MergeAsked) (*Merged, error) {
	if ask.Source == ask.Target {
		return nil, fault.New(fault.Invalid, "merge.same", "an entry cannot be merged into itself")
	}
	var pair [2]*Item
	for i, id := range []string{ask.Source, ask.Target} {
		it, err := e.Read(ctx, "Patient", id)
		if err != nil {
			return nil, err
		}
		if it.key.PK == 0 {
			return nil, fault.New(fault.Invalid, "merge.person", "a merge names two trust's entries; persons are joined by a steward")
		}
		pair[i] = it
	}
	source, target, err := linked(pair[0], pair[1], ask.Undo)
	if err != nil {
		return nil, err
	}
	if ask.Preview {
		pair[0].Resource, pair[1].Resource = source, target
		return &Merged{pair[0], pair[1]}, nil
	}
	var ops []Op
	for i, v := range []*fhir.Value{source, target} {
		ops = append(ops, Op{Kind: Update, Type: "Patient", ID: pair[i].ID, IfMatch: pair[i].Version, Resource: v})
	}
	res, err := e.Transact(ctx, ops, Commit{})
	if err != nil {
		return nil, err
	}
	return &Merged{res[0].Item, res[1].Item}, nil
}

// linked is what the two entries say after a merge, or after its undoing.
func linked(source, target *Item, undo bool) (s, t *fhir.Value, err error) {
	into, from := target.Ref(), source.Ref()
	done := fhir.HasLink(source.Resource, into, "replaced-by")
	switch {
	case undo && !done:
		return nil, nil, fault.New(fault.Conflict, "merge.none", "the source does not go on under the target")
	case undo:
		return fhir.WithoutLink(source.Resource, into, "replaced-by").With("active", true), fhir.WithoutLink(target.Resource, from, "replaces"), nil
	case done:
		return nil, nil, fault.New(fault.Conflict, "merge.done", "the source goes on under the target already")
	case len(replacedBy(target.Resource)) > 0:
		return nil, nil, fault.New(fault.Conflict, "merge.circle", "the target goes on under another entry itself; merge into that one")
	case len(replacedBy(source.Resource)) > 0:
		return nil, nil, fault.New(fault.Conflict, "merge.done", "the source goes on under another entry already; undo that first")
	}
	return fhir.WithLink(source.Resource, into, "replaced-by").With("active", false), fhir.WithLink(target.Resource, from, "replaces"), nil
}
