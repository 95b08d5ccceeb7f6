package record

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// What leads to a Binary is whatever has an Attachment with its address as url: by the
// definitions, whatever the type (fhir.AttachedTo). Nobody comes by a Binary by writing
// something of their own that leads to it:
//   - only what the organisation that controls the Binary, or the domain, controls
//     stands for it. What others wrote can close it to all but that organisation, and
//     opens nothing;
//   - who writes what leads to a Binary must be able to see it (attaches).

const (
	// mostLeading is how many records are looked through for what leads to a Binary.
	// One that more lead to is shown to nobody but who controls it.
	mostLeading = 1000
	leadingStep = 100
)

// lookByLeading is look of a Binary by what leads to it; found is false when nothing
// does.
func (s *sight) lookByLeading(ctx context.Context, doc *store.Doc, past bool) (o access.Outcome, found bool, err error) {
	leading, more, err := s.leading(ctx, doc)
	if err != nil {
		return o, true, err
	}
	var own, foreign []*store.Doc
	for _, l := range leading {
		if l.Org == doc.Org || l.Org == access.Domain {
			own = append(own, l)
		} else {
			foreign = append(foreign, l)
		}
	}
	switch {
	case more && s.who.Org != doc.Org:
		return o, true, nil
	case len(own) > 0:
		o, err = s.lookBy(ctx, doc, own, past, false)
		return o, true, err
	case len(foreign) > 0 && s.who.Org != doc.Org:
		o, err = s.lookBy(ctx, doc, foreign, past, false)
		return o, !o.Shown || err != nil, err // shown by them, it is as it lies
	}
	return o, false, nil
}

// leading are the resources of which an Attachment leads to a Binary; more says that
// there are more than were looked for.
func (s *sight) leading(ctx context.Context, doc *store.Doc) (out []*store.Doc, more bool, err error) {
	id, err := s.desk.documentID(doc)
	if err != nil {
		return nil, false, err
	}
	urls := s.desk.spellings(binaryType + "/" + id)
	terms, ranges, err := s.leads(urls)
	if err != nil {
		return nil, false, err
	}
	for after, looked := int64(-1<<62), 0; ; looked += leadingStep {
		pks, err := s.r.FindRecords(ctx, terms, after, leadingStep)
		if err != nil || len(pks) == 0 {
			return out, false, err
		}
		if looked == mostLeading {
			return out, true, nil
		}
		groups, err := s.r.Chart(ctx, pks, ranges, time.Time{})
		if err != nil {
			return nil, false, err
		}
		for _, l := range slices.Concat(groups...) {
			body, err := s.desk.parse(l)
			if err != nil {
				return nil, false, err
			}
			if slices.ContainsFunc(fhir.AttachedTo(body), func(u string) bool { return slices.Contains(urls, u) }) {
				out = append(out, l)
			}
		}
		after = pks[len(pks)-1]
	}
}

// leads are the terms by which records are found that hold what leads to a Binary, and
// what to read of those. While the index of an older store is brought up to date,
// DocumentReferences are found as that store filed them.
func (s *sight) leads(urls []string) (terms [][]uint64, ranges []store.Range, err error) {
	found := s.desk.searches()
	is, tokens := found.extract.Attached(urls[0])
	ranges = []store.Range{{Need: [][]uint32{tokens}}}
	if found.state.Attached || found.state.Upgrade {
		const typ = "DocumentReference"
		q, err := found.table.Parse(typ, url.Values{"location": {strings.Join(urls, ",")}}, s.desk.london, false)
		if err != nil {
			return nil, nil, err
		}
		for _, group := range found.asks.LookupType(q, typ).Terms[1:] {
			is = append(is, group...)
		}
		ranges = append(ranges, store.Range{Type: fhir.R4().Number(typ)})
	}
	return [][]uint64{is}, ranges, nil
}

// documentID is the id under which a document is known.
func (d *Desk) documentID(doc *store.Doc) (string, error) {
	open, err := d.opened(doc)
	if err != nil {
		return "", err
	}
	body, err := open.text.Only(func(name string) bool { return name == "id" })
	if err != nil {
		return "", err
	}
	if id := body.ID(); id != "" {
		return id, nil
	}
	return d.ids.encode(doc.Key), nil
}

// attaches refuses what leads to a Binary that its writer may not see, as if it were
// not there. What the stored version leads to may stay, and who wrote a Binary may
// always attach it: a loader may not be allowed to read.
func (p *plan) attaches(ctx context.Context, r store.Reader, dr *draft) error {
	had := fhir.AttachedTo(dr.oldBody)
	for _, url := range fhir.Attachments(dr.op.Resource) {
		ref := fhir.AttachedBinary(url)
		if ref == "" || slices.Contains(had, ref) || p.within(url, dr) != nil {
			continue
		}
		ok, err := p.mayAttach(ctx, r, p.desk.relative(ref))
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Invalid, "record.reference", "there is no Binary of the id to which the resource refers").In(dr.place(fhir.PlaceOfURL(dr.op.Resource, url)))
		}
	}
	return nil
}

// mayAttach tells whether the requester may lead others to a Binary. One of a client's
// own id may come later, and is nobody's until then.
func (p *plan) mayAttach(ctx context.Context, r store.Reader, ref string) (bool, error) {
	id, ok := strings.CutPrefix(ref, binaryType+"/")
	if !ok {
		return true, nil
	}
	doc, err := p.desk.fetch(ctx, r, binaryType, id)
	switch {
	case fault.Is(err, fault.NotFound):
		_, seq, ours := p.desk.ids.decode(id)
		return !ours || seq == 0, nil
	case err != nil:
		return false, err
	case doc.Deleted || doc.Org == p.who.Org && doc.Feed == p.errand.feedName():
		return true, nil
	case !p.finds.Allowed:
		return false, nil
	}
	o, err := p.view.look(ctx, doc, false)
	return o.Shown, err
}
