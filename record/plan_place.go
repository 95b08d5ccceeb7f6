package record

import (
	"context"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// place gives a new resource its key: in the record of the patient that it
// names, else in a record of its own.
func (p *plan) place(ctx context.Context, r store.Reader, dr *draft) error {
	if dr.op.Kind == Delete {
		return unknown(dr.op.Type)
	}
	pk := int64(0)
	if !dr.patient {
		var err error
		if pk, err = p.recordOf(ctx, r, dr); err != nil {
			return err
		}
	}
	if pk == 0 {
		var err error
		if pk, err = p.desk.newRecord(ctx); err != nil {
			return err
		}
		p.fresh[pk] = true
	}
	if dr.patient {
		var err error
		if dr.person, err = p.desk.newRecord(ctx); err != nil {
			return err
		}
	}
	seq, err := p.sequence(ctx, r, pk, fhir.R4().Number(dr.op.Type))
	if err != nil {
		return err
	}
	dr.key, dr.placed = store.Key{PK: pk, LID: store.MakeLID(fhir.R4().Number(dr.op.Type), seq)}, true
	if dr.id == "" {
		dr.id = p.desk.ids.encode(dr.key)
	}
	return nil
}

func (p *plan) sequence(ctx context.Context, r store.Reader, pk int64, typ uint16) (uint32, error) {
	k := seqKey{pk, typ}
	if n, ok := p.next[k]; ok {
		p.next[k] = n + 1
		return n, nil
	}
	n := uint32(1)
	if !p.fresh[pk] {
		var err error
		if n, err = r.NextSeq(ctx, pk, typ); err != nil {
			return 0, err
		}
	}
	p.next[k] = n + 1
	return n, nil
}

// recordOf finds the record that a resource belongs to: that of the patient in
// its compartment reference; 0 when it names none.
func (p *plan) recordOf(ctx context.Context, r store.Reader, from *draft) (int64, error) {
	if from.op.Type == binaryType {
		return p.binaryRecord(ctx, r, from)
	}
	ref := p.desk.searches().table.PatientOf(from.op.Resource)
	if ref == "" {
		return 0, nil
	}
	if dr := p.within(ref, from); dr != nil {
		if !dr.patient {
			return 0, nil // a urn: that names something else
		}
		return dr.key.PK, nil
	}
	if dr := p.patients[ref]; dr != nil {
		return dr.key.PK, nil
	}
	if rest, ok := cutQuery(ref); ok {
		pk, err := p.conditionalRecord(ctx, r, ref, rest)
		return pk, from.inElement(ref, err)
	}
	if strings.Contains(ref, "://") {
		return 0, from.foreign(ref)
	}
	parsed, ok := fhir.ParseReference(ref)
	if !ok || parsed.Type != "Patient" || parsed.Base != "" {
		return 0, nil // what is no reference is refused with the others (leads)
	}
	pk, err := p.patientRecord(ctx, r, parsed.ID)
	return pk, from.inElement(ref, err)
}

// acrossServers are the types that lead to people wherever their records are,
// and are about none of them.
var acrossServers = map[string]bool{"Person": true, "Group": true, "Provenance": true}

// foreign refuses what is about the Patient of another server: an id says who
// is meant on its own server only, so that nothing here is that patient's record
// (https://hl7.org/fhir/R4/references.html#literal). The address of this server
// has been taken off at the edge.
func (dr *draft) foreign(ref string) error {
	if acrossServers[dr.op.Type] {
		return nil
	}
	return dr.inElement(ref, fault.New(fault.Invalid, "record.foreign-patient", "the resource is about a Patient of another server; send that Patient along in the transaction, or name the one here"))
}

// conditionalRecord is the record of the patient that a conditional reference
// names, one that the transaction makes included.
func (p *plan) conditionalRecord(ctx context.Context, r store.Reader, ref, query string) (int64, error) {
	if p.byRef[ref] == "" {
		to, err := p.conditional(ctx, r, "Patient", query)
		if err != nil {
			return 0, err
		}
		p.byRef[ref] = to
	}
	if dr := p.patients[p.byRef[ref]]; dr != nil {
		return dr.key.PK, nil
	}
	return p.patientRecord(ctx, r, strings.TrimPrefix(p.byRef[ref], "Patient/"))
}

// patientRecord resolves a Patient id to its record. A client's own id that is
// not known yet reserves a record: its patient may come later in the load.
func (p *plan) patientRecord(ctx context.Context, r store.Reader, id string) (int64, error) {
	pk, seq, ours := p.desk.ids.decode(id)
	entry := store.Key{PK: pk, LID: store.MakeLID(fhir.R4().Number("Patient"), seq)}
	if ours && seq > 0 {
		if p.desk.met.has(entry) {
			return pk, nil
		}
		if _, err := r.Get(ctx, entry); err == nil {
			p.desk.met.add(entry)
			return pk, nil
		}
	}
	n, err := p.desk.whose(ctx, r, id, time.Time{})
	if err == nil {
		if n.entry != 0 {
			return n.entry, nil
		}
		return n.person, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	if ours {
		return 0, fault.New(fault.Invalid, "record.reference", "the patient that the resource names is not known")
	}
	return p.reserve(ctx, id)
}

// reserve makes a draft-less claim on a client's patient id.
func (p *plan) reserve(ctx context.Context, id string) (int64, error) {
	url := "reserved:Patient/" + id
	if dr := p.byURL[url]; dr != nil {
		return dr.key.PK, nil
	}
	pk, err := p.desk.newRecord(ctx)
	if err != nil {
		return 0, err
	}
	p.fresh[pk] = true
	typ := fhir.R4().Number("Patient")
	p.next[seqKey{pk, typ}] = 2
	p.byURL[url] = &draft{id: id, key: store.Key{PK: pk, LID: store.MakeLID(typ, 1)}, patient: true, placed: true}
	return pk, nil
}
