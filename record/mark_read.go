package record

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// Marked is what is marked in a patient's record, as far as the requester's
// organisation controls it: kinds, times and labels, nothing that was said.
type Marked struct {
	Entries    []MarkedEntry
	Objections []Objection // those that stand, and those that were withdrawn
	Standing   []StandingMark
	Items      []MarkedItem // sealed first, then documents, newest first
	More       bool         // there are more documents
	Done       []MarkKept   // newest first
}

// MarkedEntry is a Patient of the organisation.
type MarkedEntry struct {
	Ref, Org   string
	Version    int64
	Restricted bool
	Watches    []string // of access.Watches
}

// Objection is a Consent by which the patient objects.
type Objection struct {
	Ref, Org string
	Version  int64
	Code     string // access.SharedRecord, access.GPDissent
	Active   bool
	Since    time.Time
}

// StandingMark is a seal on what comes later too, as long as it holds.
type StandingMark struct {
	ID, Ref, Org string
	Version      int64
	Label        access.Label
	Teams        []string // "ORG/CODE"
	Since        time.Time
	Items        int    // resources that it has sealed
	Mark         string // the decision; "" when it came otherwise
	Code         string // by which it was asked for
	Like         string // the resource whose codes it has
	Who, Why     string
	codes        []string
}

// MarkedItem is a resource with its label.
type MarkedItem struct {
	Ref, Type, Org string
	Version        int64
	Date           time.Time // its own, else when it was last written
	Label          access.Label
	Teams          []string // "ORG/CODE"
	Standing       bool     // a standing seal of the patient is on it
	seals          []string
}

// mostMarkable bounds the documents that are listed to choose from.
const mostMarkable = 200

// Marked lists what is marked in a record and what may be, for privacy officers;
// of one resource ("Type/id") also for who may seal it. Errors: NotFound, Denied
// "access.controller".
func (e *Errand) Marked(ctx context.Context, id, ref string) (*Marked, error) {
	typ, item, _ := strings.Cut(ref, "/")
	var out *Marked
	err := e.read(ctx, access.SeeMarks, cmp.Or(typ, "Patient"), func(r store.Reader, v *sight, t *trace) error {
		out = &Marked{}
		t.what = []string{cmp.Or(ref, "what is marked")}
		pks, err := e.desk.humanOf(ctx, r, id)
		if err != nil {
			return err
		}
		for _, pk := range pks {
			t.records = append(t.records, e.desk.ids.encodePK(pk))
		}
		if ref != "" {
			m := &marking{errand: e}
			it, err := m.named(ctx, r, v, pks, typ+"/"+item)
			if err != nil {
				return err
			}
			out.Items = []MarkedItem{markedItem(it, access.MarksOf(it.Type, it.Resource.Path("meta.security")))}
			t.count = 1
			return out.stand(ctx, v, pks)
		}
		if err := e.collect(ctx, r, v, pks, out); err != nil {
			return err
		}
		t.count = len(out.Entries) + len(out.Objections) + len(out.Items)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// collect goes through the records; a body is parsed only where it says
// something of marks.
func (e *Errand) collect(ctx context.Context, r store.Reader, v *sight, pks []int64, out *Marked) error {
	groups, err := r.Chart(ctx, pks, []store.Range{{}}, time.Time{})
	if err != nil {
		return err
	}
	seen := map[store.Key]bool{}
	var documents []MarkedItem
	sealedBy := map[string]int{} // by standing seal
	for _, doc := range slices.Concat(groups...) {
		if seen[doc.Key] || doc.Deleted || !e.who.Controls(doc.Org) {
			continue
		}
		seen[doc.Key] = true
		if o, err := v.look(ctx, doc, false); err != nil {
			return err
		} else if !o.Shown {
			continue
		}
		switch typ := fhir.R4().Name(doc.Type()); typ {
		case "Patient", "Consent":
			it, err := e.desk.item(doc)
			if err != nil {
				return err
			}
			if !out.takeStanding(e, it) {
				out.take(it)
			}
		default:
			m, err := v.ownMarks(doc, typ)
			if err != nil {
				return err
			}
			if m.Label < access.Sealed && !isDocument(typ) {
				continue
			}
			it, _, err := e.desk.scanned(doc, func(string) bool { return false })
			if err != nil {
				return err
			}
			for _, id := range m.Standing {
				sealedBy[id]++
			}
			if x := markedItem(it, m); m.Label >= access.Sealed {
				out.Items = append(out.Items, x)
			} else {
				documents = append(documents, x)
			}
		}
	}
	newest := func(a, b MarkedItem) int { return cmp.Or(b.Date.Compare(a.Date), strings.Compare(a.Ref, b.Ref)) }
	slices.SortFunc(out.Items, newest)
	slices.SortFunc(documents, newest)
	if out.More = len(documents) > mostMarkable; out.More {
		documents = documents[:mostMarkable]
	}
	out.Items = append(out.Items, documents...)
	out.Done, err = e.marksOf(ctx, r, pks)
	if err != nil {
		return err
	}
	out.fromMarks(sealedBy)
	return out.stand(ctx, v, pks)
}

// take reads a Patient or a Consent.
func (x *Marked) take(it *Item) {
	if it.Type == "Consent" {
		code := ""
		for _, c := range it.Resource.All("category.coding") {
			if c.StrAt("system") == access.ObjectionSystem {
				code = c.StrAt("code")
			}
		}
		if status := it.Resource.StrAt("status"); code != "" && status != "entered-in-error" {
			x.Objections = append(x.Objections, Objection{Ref: it.Ref(), Org: it.Org, Version: it.Version, Code: code, Active: status == "active", Since: datedOr(it)})
		}
		return
	}
	e := MarkedEntry{Ref: it.Ref(), Org: it.Org, Version: it.Version, Restricted: access.MarksOf("Patient", it.Resource.Path("meta.security")).Restricted}
	for c := range it.Resource.Path("meta.security").Each() {
		if code := c.StrAt("code"); c.StrAt("system") == access.ActCode && slices.Contains(access.Watches(), code) {
			e.Watches = append(e.Watches, code)
		}
	}
	x.Entries = append(x.Entries, e)
}

func isDocument(typ string) bool {
	return typ == "DocumentReference" || typ == "DiagnosticReport" || typ == "Composition"
}

func markedItem(it *Item, m access.Marks) MarkedItem {
	return MarkedItem{Ref: it.Ref(), Type: it.Type, Org: it.Org, Version: it.Version, Date: datedOr(it), Label: m.Label, Teams: m.Teams, seals: m.Standing}
}

// datedOr is a resource's own date, else when it was written.
func datedOr(it *Item) time.Time {
	if it.Date.IsZero() || it.Date.Equal(search.DateTime(0)) {
		return it.Updated
	}
	return it.Date
}
