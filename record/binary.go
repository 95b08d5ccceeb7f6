package record

import (
	"context"
	"slices"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// A Binary says nothing of whom it is about. What its securityContext names stands
// for it (https://hl7.org/fhir/R4/binary.html#security): it lies in the record of
// that, and who may see that may see it. Without one whatever of the organisation
// that controls it leads to it does (binary_leading.go): the one of them that may be
// seen opens it.
const binaryType = "Binary"

// binaryRecord is the record of a new Binary: that of its securityContext, else of what
// the transaction makes and attaches it to; 0 = one of its own.
func (p *plan) binaryRecord(ctx context.Context, r store.Reader, from *draft) (int64, error) {
	ref := from.op.Resource.StrAt("securityContext.reference")
	if ref == "" {
		for _, dr := range p.drafts {
			if from.op.FullURL != "" && dr.op.Type != binaryType && slices.Contains(fhir.Attachments(dr.op.Resource), from.op.FullURL) {
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
	named, says, err := s.named(ctx, doc)
	switch {
	case err != nil:
		return o, true, err
	case named != nil:
		o, err = s.lookBy(ctx, doc, []*store.Doc{named}, past, true)
		return o, true, err
	case says:
		return o, false, nil
	}
	return s.lookByLeading(ctx, doc, past)
}

// lookBy is look of a Binary by what stands for it. private says that it is as
// clinical as a letter, though it is a Patient that stands for it.
func (s *sight) lookBy(ctx context.Context, doc *store.Doc, proxies []*store.Doc, past, private bool) (access.Outcome, error) {
	own, err := s.marks(ctx, doc, binaryType, past)
	if err != nil {
		return access.Outcome{}, err
	}
	for _, proxy := range proxies {
		t, err := s.target(ctx, proxy, fhir.R4().Name(proxy.Type()), false)
		if err != nil {
			return access.Outcome{}, err
		}
		if private && t.Kind == access.Demographics {
			t.Kind = access.Clinical
		}
		o := s.Filter.Look(binaryType, t)
		if t.Label, t.Team = own.Label, own.TeamOf(s.who, doc.Org); o.Shown && !s.Filter.Look(binaryType, t).Shown {
			o = access.Outcome{}
		}
		if o.Shown && s.Filter.Limited() {
			within, err := s.withinOf(ctx, doc, proxy, binaryType, past, o.Contact)
			if err != nil {
				return access.Outcome{}, err
			}
			o.Shown = within
		}
		if o.Shown {
			if h := s.humans[doc.PK]; h == nil || !h.known { // whom it is about is told by what stands for it
				s.humans[doc.PK] = s.humans[proxy.PK]
			}
			return o, nil
		}
	}
	return access.Outcome{}, nil
}

// named is what the securityContext of a Binary names, nil when that stands for
// nobody's data; says tells that it has one.
func (s *sight) named(ctx context.Context, doc *store.Doc) (proxy *store.Doc, says bool, err error) {
	open, err := s.desk.opened(doc)
	if err != nil {
		return nil, false, err
	}
	body, err := open.text.Only(func(name string) bool { return name == "securityContext" })
	if err != nil {
		return nil, false, err
	}
	ref, ok := fhir.ParseReference(body.StrAt("securityContext.reference"))
	if !ok || access.KindOf(ref.Type) == access.Directory || ref.Type == binaryType {
		return nil, ok, nil
	}
	proxy, err = s.desk.fetch(ctx, s.r, ref.Type, ref.ID)
	if fault.Is(err, fault.NotFound) {
		return nil, true, nil
	}
	return proxy, true, err
}
