package record

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/jobs"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// standingWrites is how many resources are sealed in one transaction.
const standingWrites = 200

// carrying is what lies in the records of one human, beside the standing seals that
// are on it or ought to be.
type carrying struct {
	desk  *Desk
	items []*Item
	seals []access.StandingSeal
	ended map[string]bool // Consents that hold no longer, once they were looked at
}

// carrying reads the records of a human; seals are those that are to hold.
func (d *Desk) carrying(ctx context.Context, r store.Reader, pks []int64, seals []access.StandingSeal) (*carrying, error) {
	seals = slices.Clone(seals)
	slices.SortFunc(seals, func(a, b access.StandingSeal) int { return strings.Compare(a.ID, b.ID) })
	c := &carrying{desk: d, seals: seals, ended: map[string]bool{}}
	pks = slices.Compact(slices.Sorted(slices.Values(pks)))
	groups, err := r.Chart(ctx, pks, []store.Range{{}}, time.Time{})
	if err != nil {
		return nil, err
	}
	seen := map[store.Key]bool{}
	for _, doc := range slices.Concat(groups...) {
		if seen[doc.Key] || doc.Deleted || access.KindOf(fhir.R4().Name(doc.Type())) != access.Clinical {
			continue
		}
		seen[doc.Key] = true
		it, err := d.item(doc)
		if err != nil {
			return nil, err
		}
		if it.Type != "Provenance" && it.Type != "AuditEvent" {
			c.items = append(c.items, it)
		}
	}
	return c, nil
}

// covered are the resources that a seal covers, in the order of the records.
func (c *carrying) covered(id string) []*Item {
	var out []*Item
	for i, x := range c.spread() {
		if slices.ContainsFunc(x.seals, func(s access.StandingSeal) bool { return s.ID == id }) {
			out = append(out, c.items[i])
		}
	}
	return out
}

func (c *carrying) spread() []*sealable {
	list := make([]*sealable, len(c.items))
	for i, it := range c.items {
		list[i] = sealableOf(it.Ref(), it.Org, it.Resource, func(ref string) string { return ref })
	}
	spread(list, c.seals)
	return list
}

// lacking are the patches of what lacks the label of a seal, or has that of one that
// holds no longer. A seal that is another human's since says nothing here: what it has
// sealed stays so.
func (c *carrying) lacking(ctx context.Context, r store.Reader) ([]Op, error) {
	var ops []Op
	for i, x := range c.spread() {
		it, gone := c.items[i], []string(nil)
		to := it.Resource
		for _, id := range access.StandingOn(it.Resource) {
			over, err := c.over(ctx, r, id)
			if err != nil {
				return nil, err
			}
			if over {
				gone = append(gone, id)
			}
		}
		for _, id := range gone {
			to = (&access.StandingSeal{ID: id}).Take(to)
		}
		for _, s := range x.seals {
			to = s.Put(to)
		}
		if !slices.EqualFunc(access.LabelsOn(it.Resource), access.LabelsOn(to), access.SameSeal) {
			labels := access.LabelsOn(to)
			ops = append(ops, Op{Kind: Patch, Type: it.Type, ID: it.ID, IfMatch: it.Version, Change: func(now *fhir.Value) (*fhir.Value, error) {
				return access.SetLabels(now, labels), nil
			}})
		}
	}
	return ops, nil
}

// over tells whether the Consent of a seal is there and holds no longer.
func (c *carrying) over(ctx context.Context, r store.Reader, id string) (bool, error) {
	if over, have := c.ended[id]; have {
		return over, nil
	}
	over := false
	if !slices.ContainsFunc(c.seals, func(s access.StandingSeal) bool { return s.ID == id }) {
		doc, err := c.desk.fetch(ctx, r, "Consent", id)
		switch {
		case fault.Is(err, fault.NotFound):
		case err != nil:
			return false, err
		case doc.Deleted:
			over = true
		default:
			body, err := c.desk.parse(doc)
			if err != nil {
				return false, err
			}
			_, holds := access.StandingOf(id, doc.Org, body)
			over = !holds
		}
	}
	c.ended[id] = over
	return over, nil
}

func (d *Desk) standingWorker(owner string) *jobs.Worker {
	return &jobs.Worker{Engine: d.engine, Topic: standingTopic, Owner: owner, Lease: time.Minute, Now: d.now, Attempts: 10}
}

// standingStep carries the standing seals of one human to some of what lacks them.
func (d *Desk) standingStep(ctx context.Context, job store.Job) (done bool, err error) {
	pk, _, ok := d.ids.decode(string(job.Body) + "-0")
	if !ok {
		return false, fault.New(fault.Internal, "record.standing", "a job names no record")
	}
	e := d.For(access.Requester{ID: "standing-seals", Name: "Standing seals", Role: access.Operator, Org: access.Domain},
		access.Reason{Purpose: access.Integrity, Text: "a standing seal of the patient"})
	var ops []Op
	var now []string
	holds := false
	err = d.engine.View(ctx, func(r store.Reader) error {
		ops = nil
		pks, _, err := sameHuman(ctx, r, pk) // not as it is remembered
		if err != nil {
			return err
		}
		facts, err := d.readFacts(ctx, r, pks)
		if err != nil {
			return err
		}
		all, err := d.joined(ctx, r, slices.Collect(maps.Values(facts)))
		if err != nil {
			return err
		}
		holds, now = len(facts[pk].seals) > 0, d.idsOf(pks)
		c, err := d.carrying(ctx, r, pks, all.seals)
		if err != nil {
			return err
		}
		ops, err = c.lacking(ctx, r)
		return err
	})
	if err != nil {
		return false, err
	}
	if len(ops) > standingWrites {
		return false, e.carry(ctx, ops[:standingWrites])
	}
	if err := e.carry(ctx, ops); err != nil {
		return false, err
	}
	return true, d.engine.Update(ctx, func(tx store.Tx) error {
		if !holds {
			return tx.DeleteKey(ctx, standingSpace, "of|"+string(job.Body))
		}
		return writeStanding(ctx, tx, string(job.Body), standingRow{Covered: now})
	})
}

// carry writes labels together, and one by one when that is refused; what has changed
// meanwhile is looked at again by the next step.
func (e *Errand) carry(ctx context.Context, ops []Op) error {
	if len(ops) == 0 {
		return nil
	}
	v, err := e.mayWrite(ctx, ops)
	if err != nil {
		return err
	}
	_, err = e.transact(ctx, v, ops, Commit{name: &inName{errand: e, act: access.Mark, what: "standing seal", keep: namesDrafts}})
	f := fault.Of(err)
	switch {
	case err == nil:
		return nil
	case f == nil || f.Kind == fault.Busy || f.Kind == fault.Internal || f.Kind == fault.Denied || ctx.Err() != nil || len(ops) == 1:
		return err
	}
	var first error
	for i := range ops {
		first = cmp.Or(first, e.carry(ctx, ops[i:i+1]))
	}
	return first
}

// namesDrafts has the audit entry of a commit name what it wrote.
func namesDrafts(_ context.Context, _ store.Tx, p *plan, t *trace) error {
	for _, dr := range p.drafts {
		if len(t.what) < 20 {
			t.what = append(t.what, dr.op.Type+"/"+dr.id)
		}
	}
	return nil
}

func (d *Desk) idsOf(pks []int64) []string {
	out := make([]string, len(pks))
	for i, pk := range pks {
		out[i] = d.ids.encodePK(pk)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sameHumanIDs are the records of the human of one, by their ids.
func (d *Desk) sameHumanIDs(ctx context.Context, r store.Reader, key string) ([]string, error) {
	pk, _, ok := d.ids.decode(key + "-0")
	if !ok {
		return nil, fault.New(fault.Internal, "record.standing", "what is kept of standing seals cannot be read")
	}
	pks, _, err := sameHuman(ctx, r, pk)
	return d.idsOf(pks), err
}
