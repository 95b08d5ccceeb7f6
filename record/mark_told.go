package record

import (
	"context"
	"slices"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/store"
)

// RestrictTold marks every entry of a person as restricted because the national
// demographics service says so, for who asked it about the patient. It closes and
// never opens: that the service no longer says it takes no mark away. It tells how
// many entries were not marked before; each is kept as a decision, as Mark keeps
// one. Errors: NotFound, Denied, those of Transact.
func (e *Errand) RestrictTold(ctx context.Context, id string) (int, error) {
	said := &Errand{desk: e.desk, who: e.who, why: access.Reason{Purpose: e.why.Purpose, Text: "the demographics service says that the patient is restricted"}}
	v, err := said.decide(ctx, access.Links, "Patient", "restricted as told", "Patient/"+id)
	if err != nil {
		return 0, err
	}
	var open []*Item
	failure := e.desk.engine.View(ctx, func(r store.Reader) (err error) {
		open, err = said.unrestricted(ctx, r, id)
		return err
	})
	for n, it := range open {
		m := &marking{errand: said, ask: MarkAsked{Do: Restrict, Ref: it.Ref()}, plan: &MarkPlan{Do: Restrict, Org: it.Org}, was: map[string]markedRef{}}
		m.records = e.desk.recordIDs(it.key)
		m.change(it)
		if _, failure = m.errand.handOf(m.plan.Org).transact(ctx, v, m.ops, Commit{name: &inName{errand: said, act: access.Mark, what: string(Restrict), keep: m.keep}}); failure != nil {
			open = open[:n]
			break
		}
	}
	if failure == nil && len(open) > 0 {
		return len(open), nil // each commit has its audit entry
	}
	t := trace{what: []string{"restricted as told", "Patient/" + id}, count: len(open), failure: failure}
	if err := said.audit(ctx, access.Mark, v, t); err != nil {
		return 0, err
	}
	return len(open), failure
}

// unrestricted are the entries of a human that are not marked as restricted.
func (e *Errand) unrestricted(ctx context.Context, r store.Reader, id string) ([]*Item, error) {
	pks, err := e.desk.humanOf(ctx, r, id)
	if err != nil {
		return nil, err
	}
	slices.Sort(pks)
	var out []*Item
	for _, pk := range slices.Compact(pks) {
		doc, err := r.Get(ctx, person.PatientKey(pk))
		if fault.Is(err, fault.NotFound) || err == nil && doc.Deleted {
			continue // the person's own record, or an entry that is gone
		}
		if err != nil {
			return nil, err
		}
		it, err := e.desk.item(doc)
		if err != nil {
			return nil, err
		}
		if !access.MarksOf("Patient", it.Resource.Path("meta.security")).Restricted {
			out = append(out, it)
		}
	}
	return out, nil
}
