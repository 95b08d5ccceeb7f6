package record

import (
	"context"
	"slices"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

func (p *plan) claims(e *Errand, dr *draft) {
	d := p.desk
	if dr.keepID {
		id := dr.id
		dr.claims = append(dr.claims, claim{d.searches().extract.Hash("id", dr.op.Type, id),
			func(_ string, b *fhir.Value) bool { return b.Type() == dr.op.Type && b.ID() == id }, "record.raced", "the id was taken meanwhile"})
	}
	if dr.op.Key != "" {
		want := SourceKey(e.who.Org, dr.op.Key)
		dr.claims = append(dr.claims, claim{d.keyHash(dr.key.PK, e.who.Org, dr.op.Type, dr.op.Key),
			func(_ string, b *fhir.Value) bool {
				return b.Type() == dr.op.Type && slices.Contains(sourceKeys(b), want)
			},
			"record.raced", "the business key was taken meanwhile"})
	}
	if dr.patient {
		for _, n := range ownNumbers(dr.put.Org, dr.body) {
			dr.claims = append(dr.claims, claim{d.numberHash(n),
				func(org string, b *fhir.Value) bool { return slices.Contains(ownNumbers(org, b), n) },
				"record.hospital-number", "another entry has this trust's hospital number"})
		}
	}
}

// keyHash is where a business key is filed: the record key above, a hash of the
// business key below, so that the keys of one record lie together and a message
// touches one page of the index, not one a resource.
func (d *Desk) keyHash(pk int64, trust, typ, key string) uint64 {
	return uint64(pk)<<32 | d.searches().extract.Hash("key", trust, typ, key)&0xFFFFFFFF
}

func (d *Desk) numberHash(n HospitalNumber) uint64 {
	return d.searches().extract.Hash("number", n.Trust, n.Number)
}

// write puts one draft and files its claims.
func (d *Desk) write(ctx context.Context, tx store.Tx, e *Errand, dr *draft) error {
	if dr.idle() {
		return nil
	}
	for _, c := range dr.claims {
		if err := d.claim(ctx, tx, c, dr.key); err != nil {
			return err
		}
	}
	v, err := tx.Put(ctx, dr.put)
	dr.version = v
	return err
}

// claim files a hash for a key. When another key has it, the other's body is
// asked whether it really has the same number or the hashes only collide, in
// which case the next hash is tried.
func (d *Desk) claim(ctx context.Context, tx store.Tx, c claim, k store.Key) error {
	for probe := range aliasProbes {
		owner, err := tx.Claim(ctx, c.hash+uint64(probe), k)
		if err != nil {
			return err
		}
		if owner == k {
			return nil
		}
		same, err := d.ownsClaim(ctx, tx, owner, c.owns)
		if err != nil {
			return err
		}
		if same {
			return fault.New(fault.Conflict, c.code, "%s", c.text)
		}
	}
	return fault.New(fault.Internal, "record.alias", "too many ids share a hash")
}

// ownsClaim asks the body of a key. A key that is reserved is taken at its word;
// a deleted one has lost its claim.
func (d *Desk) ownsClaim(ctx context.Context, r store.Reader, k store.Key, owns func(org string, body *fhir.Value) bool) (bool, error) {
	doc, err := r.Get(ctx, k)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	if err != nil || doc.Deleted {
		return false, err
	}
	body, err := d.parse(doc)
	if err != nil {
		return false, err
	}
	return owns(doc.Org, body), nil
}
