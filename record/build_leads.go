package record

import (
	"context"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// leads refuses a literal reference to nothing: one that no entry of the
// transaction resolves and that nothing else ever can, and one with an id of
// our form under which there never was a resource of the type. A client's own id
// may be of something that comes later; what has been deleted was there.
func (p *plan) leads(ctx context.Context, r store.Reader, ref string, from *draft) error {
	if p.within(ref, from) != nil {
		return nil
	}
	if err := from.literal(ref); err != nil {
		return err
	}
	parsed, ok := fhir.ParseReference(ref)
	if !ok || parsed.Base != "" {
		return nil
	}
	pk, seq, ours := p.desk.ids.decode(parsed.ID)
	if !ours || seq == 0 { // a person's id is resolved where it is asked for
		return nil
	}
	n := fhir.R4().Number(parsed.Type)
	k := store.Key{PK: pk, LID: store.MakeLID(n, seq)}
	special := p.desk.guard.special(pk)
	if n == 0 || !special && p.desk.met.has(k) {
		return nil
	}
	doc, err := r.Get(ctx, k)
	if err == nil && special {
		var hidden bool
		if hidden, err = p.invisible(ctx, doc, parsed.Type); hidden {
			err = unknown(parsed.Type) // a reference must not tell that it is there
		}
	}
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "record.reference", "there is no %s of the id to which the resource refers", parsed.Type)
	}
	if err == nil {
		p.desk.met.add(k)
	}
	return err
}

// literal refuses what is no literal reference, or is one that only an entry of
// the transaction could resolve (https://hl7.org/fhir/R4/references.html#literal).
// What the stored version says already may stay, and in a Bundle that is kept as
// it is its own entries may resolve them.
func (dr *draft) literal(ref string) error {
	parsed, ok := fhir.ParseReference(ref)
	switch {
	case ok && parsed.String() == ref && (parsed.Base == "" && fhir.R4().Number(parsed.Type) != 0 || strings.Contains(parsed.Base, "://")):
		return nil
	case ref == "" || ref[0] == '#' || strings.Contains(ref, "://") && !strings.ContainsAny(ref, " \t\r\n"):
		return nil
	case dr.op.Type == "Bundle" || dr.op.refiled || fhir.PlaceOf(dr.oldBody, ref) != "":
		return nil
	case strings.HasPrefix(ref, "urn:"):
		return fault.New(fault.Invalid, "record.reference", "no entry of the transaction has the fullUrl to which the resource refers")
	}
	return fault.New(fault.Invalid, "record.reference", "a reference is Type/id with a type of R4, a URL, a #fragment, a fullUrl of the transaction or Type?condition")
}

// inElement names in a refusal the element in which a reference stands.
func (dr *draft) inElement(ref string, err error) error {
	if f := fault.Of(err); f == nil || f.Kind != fault.Invalid && f.Code != "record.multiple" {
		return err
	}
	return fault.Of(err).In(dr.place(fhir.PlaceOf(dr.op.Resource, ref)))
}

// place is an element of the resource as the op's own place leads to it.
func (dr *draft) place(element string) string {
	if dr.op.At == "" {
		return element
	}
	return "resource." + element
}

// invisible tells that something marked may not be known to be there, to a
// requester who may look for things of its type.
func (p *plan) invisible(ctx context.Context, doc *store.Doc, typ string) (bool, error) {
	if !p.finds.Allowed || !p.finds.Filter.Type(typ) {
		return false, nil
	}
	o, err := p.view.look(ctx, doc, false)
	return err == nil && !o.Shown && !o.Known, err
}
