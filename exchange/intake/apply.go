package intake

import (
	"context"
	"encoding/json"
	"strings"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
)

// apply folds what a message says into what is stored and commits it with the
// journal row: one transaction a message, whatever it is about.
func (a *Applier) apply(ctx context.Context, t *task) error {
	w := &writing{
		errand: a.desk.For(access.Requester{
			ID: t.feed.Name, Role: access.System, Org: t.feed.Trust, Scopes: access.Scopes{{Type: "*", Can: "cruds"}},
		}, access.Reason{Purpose: access.DirectCare}),
	}
	if err := a.gather(ctx, w, t); err != nil {
		return err
	}
	row := *t.row
	row.State, row.Code, row.Place, row.Text = record.Applied, "", "", ""
	if len(w.ops)+len(w.joins)+len(w.parts) == 0 {
		row.Text = record.ChangedNothing
	}
	row.Detail = detail(t)
	source, _, _ := strings.Cut(t.feed.Source(t.row.Control), "#")
	asked := t.unmapped()
	if err := a.asked.first(ctx, a.journal, asked); err != nil {
		return err
	}
	_, err := w.errand.Transact(ctx, w.ops, record.Commit{
		Source: &record.Source{System: source, Message: t.row.Control, What: t.row.Trigger, At: t.row.At},
		Joins:  w.joins,
		Parts:  w.parts,
		Settle: &row,
	})
	if err == nil {
		a.asked.count(asked)
	}
	return err
}

// gather folds every part of a message; a fold that panics parks it.
func (a *Applier) gather(ctx context.Context, w *writing, t *task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = a.panicked(t.row)
		}
	}()
	before := ""
	for i := range t.mapped {
		m := &t.mapped[i]
		ref, err := w.patient(ctx, m)
		if err != nil {
			return err
		}
		pair := record.Join{From: strings.TrimPrefix(ref, "Patient/"), Into: strings.TrimPrefix(before, "Patient/"), Link: true}
		if before = ref; m.Link {
			w.joins = append(w.joins, pair)
		} else if m.Unlink {
			w.parts = append(w.parts, pair)
		}
	}
	return nil
}

// detail is what the feeds page tells of a message beside its reason.
func detail(t *task) []byte {
	var d Detail
	json.Unmarshal(t.row.Detail, &d) // what the receiver noted; nothing when it cannot be read
	d.Uncoded, d.Table, d.Channel = nil, "", ""
	if t.taken.channel != "" {
		d.Channel = t.taken.channel + " " + t.taken.version
	}
	if t.feed.Table != nil {
		d.Table = t.feed.Table.Version
	}
	for i := range t.mapped {
		d.Warnings = appendNew(d.Warnings, t.mapped[i].Warnings)
		d.Unmapped = appendNew(d.Unmapped, t.mapped[i].Unmapped)
		d.Uncoded = append(d.Uncoded, t.mapped[i].Uncoded...)
	}
	if len(d.Warnings) == 0 && len(d.Unmapped) == 0 && d.Table == "" && d.Channel == "" {
		return nil
	}
	b, err := json.Marshal(d)
	if err != nil {
		return nil
	}
	return b
}

// Detail is a journal row's JSON detail.
type Detail struct {
	Warnings []string `json:"warnings,omitempty"`
	Unmapped []string `json:"unmapped,omitempty"`
	// Table is the version of the trust's crosswalk by which its codes were written,
	// Uncoded what that does not know.
	Table   string    `json:"crosswalk,omitempty"`
	Uncoded []Uncoded `json:"uncoded,omitempty"`
	// Channel is the inbound channel by which it was read or passed over, and the
	// version of its set: "lnw-laboratory-in R1K.4".
	Channel string `json:"channel,omitempty"`
}

func appendNew(list, more []string) []string {
	for _, s := range more {
		found := false
		for _, have := range list {
			found = found || have == s
		}
		if !found {
			list = append(list, s)
		}
	}
	return list
}

// writing gathers the ops of one message.
type writing struct {
	errand *record.Errand
	ops    []record.Op
	joins  []record.Join
	parts  []record.Join
}

// refTo is how other drafts name one: by its id when it is stored, else by a
// URL that holds within the transaction.
func refTo(resourceType, key string, it *record.Item) (ref, id string) {
	if it != nil {
		return resourceType + "/" + it.ID, it.ID
	}
	return newURL(resourceType, key), ""
}

func newURL(resourceType, key string) string { return "urn:concord:new:" + resourceType + ":" + key }

// patient folds what a message says about one patient, and gives the reference
// by which the transaction knows the entry.
func (w *writing) patient(ctx context.Context, m *Mapped) (string, error) {
	prior, err := w.errand.Prior(ctx, m.Patient.Number, draftKeys(m))
	if err != nil {
		return "", err
	}
	refs := map[string]string{}
	refs["#patient"], _ = refTo("Patient", m.Patient.Number, prior.Patient)
	for i := range m.Drafts {
		d := &m.Drafts[i]
		if d.Type == "Patient" {
			continue
		}
		ref, _ := refTo(d.Type, d.Key, stored(prior, d))
		refs["#key:"+d.Type+"/"+d.Key] = ref
	}
	for i := range m.Drafts {
		if err := w.draft(m, &m.Drafts[i], prior, refs); err != nil {
			return "", err
		}
		if err := w.absorb(ctx, m, &m.Drafts[i], prior); err != nil {
			return "", err
		}
	}
	return refs["#patient"], w.identity(ctx, m, prior, refs["#patient"])
}

// identity carries out what a message says of hospital numbers and of what lies
// under them.
func (w *writing) identity(ctx context.Context, m *Mapped, prior *record.Prior, own string) error {
	if m.Merge != nil {
		for _, old := range m.Merge.Old {
			if err := w.merge(ctx, m, old, prior, own); err != nil {
				return err
			}
		}
	}
	for _, mv := range m.Moves {
		if err := w.move(ctx, m, mv, prior, own); err != nil {
			return err
		}
	}
	if m.Rehome != nil {
		return w.rehome(ctx, m.Rehome, own)
	}
	return nil
}

func draftKeys(m *Mapped) []record.KeyRef {
	var keys []record.KeyRef
	for _, d := range m.Drafts {
		if d.Key != "" && d.Type != "Patient" {
			keys = append(keys, record.KeyRef{Type: d.Type, Key: d.Key})
		}
		for _, k := range d.Adopts {
			keys = append(keys, record.KeyRef{Type: d.Type, Key: k})
		}
	}
	return keys
}

// stored finds what a draft meets: under its key, else under one that it adopts.
func stored(p *record.Prior, d *Draft) *record.Item {
	if d.Type == "Patient" {
		return p.Patient
	}
	if it := p.ByKey[record.KeyRef{Type: d.Type, Key: d.Key}]; it != nil {
		return it
	}
	for _, k := range d.Adopts {
		if it := p.ByKey[record.KeyRef{Type: d.Type, Key: k}]; it != nil {
			return it
		}
	}
	return nil
}

func (w *writing) draft(m *Mapped, d *Draft, prior *record.Prior, refs map[string]string) error {
	old := stored(prior, d)
	in := fhir.Rewrite(d.Resource, func(ref string) string {
		if to := refs[ref]; to != "" {
			return to
		}
		return ref
	})
	var was *fhir.Value
	if old != nil {
		was = old.Resource.Without("id")
	}
	out := in
	if d.Fold != nil {
		var err error
		if out, err = d.Fold(was, in, FoldContext{Event: m.Event}); err != nil {
			return err
		}
	}
	if out == nil {
		return nil
	}
	if old != nil && old.Type == "Patient" && mergedAway(was) {
		out = out.With("active", false)
	}
	if old != nil && old.Type != "Patient" {
		out = keepSubject(out, was)
		if p, ok := prior.ByKey[record.KeyRef{Type: d.Type, Key: d.Key}]; !ok || p != old {
			out = withoutSourceKeys(out)
		}
	}
	op := record.Op{Kind: record.Create, Type: d.Type, Resource: out, Key: d.Key}
	op.FullURL = newURL(d.Type, d.Key)
	if d.Type == "Patient" {
		op.Key, op.FullURL = "", newURL("Patient", m.Patient.Number)
	}
	if old != nil {
		op.Kind, op.ID, op.IfMatch = record.Update, old.ID, old.Version
	}
	w.ops = append(w.ops, op)
	return nil
}

// keepSubject: after a merge the trust goes on under the surviving number, but
// a stored subject never changes; the link between the entries makes both read
// as one.
func keepSubject(out, was *fhir.Value) *fhir.Value {
	for _, name := range []string{"subject", "patient"} {
		if before := was.Get(name); before != nil && out.Get(name) != nil {
			out = out.With(name, before)
		}
	}
	return out
}

func withoutSourceKeys(v *fhir.Value) *fhir.Value {
	var keep []*fhir.Value
	for id := range v.Get("identifier").Each() {
		if id.StrAt("system") != search.SourceKey {
			keep = append(keep, id)
		}
	}
	return v.With("identifier", keep)
}
