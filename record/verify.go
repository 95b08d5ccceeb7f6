package record

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"concord/record/access"
	"concord/record/audit"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// Finding is one thing that Verify found wrong.
type Finding = store.Finding

// Verified is what Verify looked at.
type Verified struct {
	Resources int64
	Audit     audit.Verified
	Change    int64
}

// Elsewhere is what the audit log is held against that does not lie beside it.
type Elsewhere struct {
	Checkpoints [][]byte        // signed, kept elsewhere
	Witnesses   []note.Verifier // each of which must have co-signed them and the newest co-signed one here
}

// Verify checks everything that can be checked without a second copy: the
// store's structure, every body (it unpacks, parses, and gives the index that
// is filed), every entry's person, and the audit log's tree. It reports each
// finding and goes on.
//
// elsewhere is what is known of the audit log from other places.
func (e *Errand) Verify(ctx context.Context, report func(Finding), elsewhere ...Elsewhere) (Verified, error) {
	known := audit.Known{Verifiers: e.desk.auditKeys}
	for _, x := range elsewhere {
		known.Saved, known.Witnesses = append(known.Saved, x.Checkpoints...), append(known.Witnesses, x.Witnesses...)
	}
	var out Verified
	v, err := e.decide(ctx, access.Verify, "")
	if err != nil {
		return out, err
	}
	findings := 0
	count := func(f Finding) { findings++; report(f) }
	if err := e.desk.engine.Check(ctx, count); err != nil {
		return out, err
	}
	err = e.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		if out.Change, err = r.LastChange(ctx); err != nil {
			return err
		}
		if out.Resources, err = e.desk.verifyBodies(ctx, r, count); err != nil {
			return err
		}
		if out.Audit, err = audit.Verify(ctx, r, known, count); err != nil {
			return err
		}
		return audit.VerifyIndex(ctx, r, count)
	})
	if err != nil {
		return out, err
	}
	return out, e.audit(ctx, access.Verify, v, trace{count: findings, change: out.Change})
}

func (d *Desk) verifyBodies(ctx context.Context, r store.Reader, report func(Finding)) (int64, error) {
	const step = 1000
	var after store.Key
	var n int64
	for {
		docs, err := r.Scan(ctx, 0, after, step)
		if err != nil {
			return n, err
		}
		for _, doc := range docs {
			after = doc.Key
			n++
			if err := d.verifyBody(ctx, r, doc, report); err != nil {
				return n, err
			}
		}
		if len(docs) < step {
			return n, nil
		}
	}
}

func (d *Desk) verifyBody(ctx context.Context, r store.Reader, doc *store.Doc, report func(Finding)) error {
	where := fmt.Sprintf("%s/%s", fhir.R4().Name(doc.Type()), d.ids.encode(doc.Key))
	if doc.Deleted {
		return nil
	}
	body, err := d.parse(doc)
	if err != nil {
		report(Finding{Code: "record.body", Where: where, Text: "the body cannot be read"})
		return nil
	}
	if body.Type() != fhir.R4().Name(doc.Type()) {
		report(Finding{Code: "record.type", Where: where, Text: "the body is of another type than its key"})
	}
	for _, h := range d.entries(doc.PK, body).Idents {
		if ok, err := filed(ctx, r, h, doc.Key); err != nil {
			return err
		} else if !ok {
			report(Finding{Code: "record.index", Where: where, Text: "an identifier of the body is not in the index"})
		}
	}
	if body.Type() != "Patient" {
		return nil
	}
	return d.verifyEntry(ctx, r, doc, body, where, report)
}

func (d *Desk) verifyEntry(ctx context.Context, r store.Reader, doc *store.Doc, body *fhir.Value, where string, report func(Finding)) error {
	for _, n := range ownNumbers(doc.Org, body) {
		it, err := d.owned(ctx, r, d.numberHash(n), func(it *Item) bool { return slices.Contains(ownNumbers(it.Org, it.Resource), n) })
		if err != nil {
			return err
		}
		if it == nil || it.key != doc.Key {
			report(Finding{Code: "record.hospital-number", Where: where, Text: "the hospital number does not lead to this entry"})
		}
	}
	links, err := r.LinkHistory(ctx, doc.PK)
	if err != nil {
		return err
	}
	standing := 0
	for _, l := range links {
		if l.To.IsZero() {
			standing++
		}
	}
	if standing != 1 {
		report(Finding{Code: "record.person", Where: where, Text: "the entry does not belong to exactly one person"})
	}
	astray, err := person.Astray(ctx, r, doc.PK)
	if err == nil && astray {
		report(Finding{Code: "record.ties", Where: where, Text: "the entry is joined with one of another person"})
	}
	return err
}

func filed(ctx context.Context, r store.Reader, h uint64, k store.Key) (bool, error) {
	keys, err := r.Find(ctx, h, maxCandidates)
	if err != nil {
		return false, err
	}
	for _, have := range keys {
		if have == k {
			return true, nil
		}
	}
	return false, nil
}
