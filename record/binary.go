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

// A Binary says nothing of whom it is about. What its securityContext names stands
// for it (https://hl7.org/fhir/R4/binary.html#security): it lies in the record of
// that, and who may see that may see it. Without one the documents that lead to it
// do: the one of them that may be seen opens it.
const binaryType = "Binary"

// mostLeading is how many records are looked through for documents that lead to a
// Binary.
const mostLeading = 20

// binaryRecord is the record of a new Binary: that of its securityContext, else of what
// the transaction makes and attaches it to; 0 = one of its own.
func (p *plan) binaryRecord(ctx context.Context, r store.Reader, from *draft) (int64, error) {
	ref := from.op.Resource.StrAt("securityContext.reference")
	if ref == "" {
		for _, dr := range p.drafts {
			if from.op.FullURL != "" && dr.op.Type != binaryType && attaches(dr.op.Resource, from.op.FullURL) {
				return p.draftRecord(ctx, r, dr)
			}
		}
		return 0, nil
	}
	if dr := p.within(ref, from); dr != nil {
		return p.draftRecord(ctx, r, dr)
	}
	parsed, ok := fhir.ParseReference(ref)
	if !ok || parsed.Base != "" {
		return 0, nil // what is no reference is refused with the others (leads)
	}
	if parsed.Type == "Patient" {
		pk, err := p.patientRecord(ctx, r, parsed.ID)
		return pk, from.inElement(ref, err)
	}
	if !p.desk.searches().table.InCompartment(parsed.Type) {
		return 0, nil
	}
	k, err := p.desk.locate(ctx, r, parsed.Type, parsed.ID)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	return k.PK, err
}

// draftRecord is the record of another draft of the transaction.
func (p *plan) draftRecord(ctx context.Context, r store.Reader, dr *draft) (int64, error) {
	switch {
	case dr.placed:
		return dr.key.PK, nil
	case dr.op.Type == binaryType || dr.op.Kind == Delete:
		return 0, nil
	}
	return p.recordOf(ctx, r, dr)
}

// attaches tells whether an attachment within a resource lies at a URL.
func attaches(v *fhir.Value, at string) bool {
	for name, m := range v.Members() {
		if name == "url" && m.Kind() == fhir.String && m.Str() == at || m.Kind() == fhir.Object && attaches(m, at) {
			return true
		}
		if m.Kind() == fhir.Array {
			for one := range m.Each() {
				if attaches(one, at) {
					return true
				}
			}
		}
	}
	return false
}

// lookBinary is look of a Binary that something else stands for; found is false
// when nothing does, so that it is seen as it lies.
func (s *sight) lookBinary(ctx context.Context, doc *store.Doc, past bool) (o access.Outcome, found bool, err error) {
	if len(doc.Body) == 0 { // a range was asked for without bodies
		if doc, err = s.r.Get(ctx, doc.Key); err != nil {
			return o, true, err
		}
	}
	if past { // as it stands now it must be seen too
		now, err := s.r.Get(ctx, doc.Key)
		if err == nil && !now.Deleted && now.Version != doc.Version {
			o, err = s.look(ctx, now, false)
		}
		if err != nil || now.Version != doc.Version && !now.Deleted && !o.Shown {
			return access.Outcome{}, true, err
		}
	}
	proxies, err := s.proxies(ctx, doc)
	if err != nil || len(proxies) == 0 {
		return o, false, err
	}
	own, err := s.marks(ctx, doc, binaryType, past)
	if err != nil {
		return o, true, err
	}
	for _, proxy := range proxies {
		t, err := s.target(ctx, proxy, fhir.R4().Name(proxy.Type()), false)
		if err != nil {
			return access.Outcome{}, true, err
		}
		if t.Kind == access.Demographics {
			t.Kind = access.Clinical // a letter is not an address
		}
		o = s.Filter.Look(binaryType, t)
		if t.Label, t.Team = own.Label, own.TeamOf(s.who, doc.Org); o.Shown && !s.Filter.Look(binaryType, t).Shown {
			o = access.Outcome{}
		}
		if o.Shown && s.Filter.Limited() {
			within, err := s.withinOf(ctx, doc, proxy.PK, binaryType, past, o.Contact)
			if err != nil {
				return access.Outcome{}, true, err
			}
			o.Shown = within
		}
		if o.Shown {
			if h := s.humans[doc.PK]; h == nil || !h.known { // whom it is about is told by what stands for it
				s.humans[doc.PK] = s.humans[proxy.PK]
			}
			return o, true, nil
		}
	}
	return access.Outcome{}, true, nil
}

// proxies are the documents that stand for a Binary.
func (s *sight) proxies(ctx context.Context, doc *store.Doc) ([]*store.Doc, error) {
	open, err := s.desk.opened(doc)
	if err != nil {
		return nil, err
	}
	body, err := open.text.Only(func(name string) bool { return name == "securityContext" || name == "id" })
	if err != nil {
		return nil, err
	}
	ref, ok := fhir.ParseReference(body.StrAt("securityContext.reference"))
	if !ok {
		id := body.ID()
		if id == "" {
			id = s.desk.ids.encode(doc.Key)
		}
		return s.leading(ctx, id)
	}
	if access.KindOf(ref.Type) == access.Directory || ref.Type == binaryType {
		return nil, nil // stands for nobody's data
	}
	proxy, err := s.desk.fetch(ctx, s.r, ref.Type, ref.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return []*store.Doc{proxy}, err
}

// leading are the DocumentReferences that lead to a Binary.
func (s *sight) leading(ctx context.Context, id string) ([]*store.Doc, error) {
	const typ = "DocumentReference"
	urls := s.desk.spellings(binaryType + "/" + id)
	found := s.desk.searches()
	q, err := found.table.Parse(typ, url.Values{"location": {strings.Join(urls, ",")}}, s.desk.london, false)
	if err != nil {
		return nil, err
	}
	pks, err := s.r.FindRecords(ctx, found.asks.LookupType(q, typ).Terms, 0, mostLeading)
	if err != nil || len(pks) == 0 {
		return nil, err
	}
	groups, err := s.r.Chart(ctx, pks, []store.Range{{Type: fhir.R4().Number(typ)}}, time.Time{})
	if err != nil {
		return nil, err
	}
	var out []*store.Doc
	for _, doc := range slices.Concat(groups...) {
		body, err := s.desk.parse(doc)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(urls, func(u string) bool { return attaches(body, u) }) {
			out = append(out, doc)
		}
	}
	return out, nil
}
