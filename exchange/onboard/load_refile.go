package onboard

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
)

// RefiledTag is the system of the tag that tells which load has moved a resource here
// from another patient's record.
const RefiledTag = "urn:concord:load-refiled"

// Codes of rows that the source files with another patient than the record, and that
// stay where they are.
const (
	codeInUse      = "onboard.in-use"      // something refers to what it was filed as
	codeOtherEvent = "onboard.other-event" // it says another event too: the source may have used its key anew
)

// refile makes a row's op a move when the source files it with another patient now
// than the record does: what it was is withdrawn where it lies and leads to the new one.
// code says why it cannot be decided, "" if it can. A patient who is not known is left
// to the record, which refuses the row.
func (ld *loader) refile(ctx context.Context, r loadRow, it *record.Item) (_ loadRow, code string, err error) {
	at := ld.at.column("patient")
	if at < 0 {
		return r, "", nil
	}
	v, err := it.Full()
	if err != nil {
		return r, "", err
	}
	said, was := aboutWhom(r.op.Resource), aboutWhom(v)
	from, known := strings.CutPrefix(was, "Patient/")
	if said == was || !known {
		return r, "", nil
	}
	into, err := ld.patient(ctx, string(r.fields[at]))
	if err != nil || into == "" || into == from {
		return r, "", err
	}
	body := fhir.Relink(r.op.Resource, func(ref string) string {
		if ref == said {
			return "Patient/" + into
		}
		return ref
	})
	if !sameEvent(v, body) {
		return r, codeOtherEvent, nil
	}
	used, err := referredTo(ctx, ld.errand, it)
	if err != nil || used {
		return r, codeInUse, err
	}
	if it.Type == "Task" { // it lies in nobody's record: under its id it is about the other from then on
		r.op.Resource, r.refiled = ld.refiledHere(body), true
		return r, "", nil
	}
	ops, err := ld.errand.Refile(ctx, record.RefileAsked{From: from, Into: into, Refs: []string{it.Ref()},
		Why: "the source files it with another patient, load " + ld.loading.Load})
	if err != nil || len(ops) != 2 { // the second withdraws it where it lies
		return r, codeInUse, err
	}
	body = ld.refiledHere(body)
	if ops[0].Kind == record.Update { // it takes up the id that it had there
		body = body.With("id", ops[0].ID)
	}
	ops[0].Resource, ops[0].Key = body, r.op.Key
	r.moves = ops
	return r, "", nil
}

// refiledHere tags what the load moves to where it is.
func (ld *loader) refiledHere(body *fhir.Value) *fhir.Value {
	tags := append(body.All("meta.tag"), fhir.Obj("system", RefiledTag, "code", ld.loading.Load))
	return body.With("meta", body.Get("meta").With("tag", tags))
}

// sameEvent tells whether two resources of one key are of one event, whomever it is
// about: of one kind, and of one time.
func sameEvent(a, b *fhir.Value) bool {
	for _, path := range []string{"effectiveDateTime", "effectivePeriod.start", "period.start", "start", "date", "class.code", "groupIdentifier.value"} {
		if a.StrAt(path) != b.StrAt(path) {
			return false
		}
	}
	for _, path := range []string{"code", "type", "medicationCodeableConcept"} {
		if !sameConcept(a.Get(path), b.Get(path)) {
			return false
		}
	}
	return true
}

// sameConcept tells concepts that share a code, or their words where one has none: what
// the domain calls the source's code may have changed.
func sameConcept(a, b *fhir.Value) bool {
	codes := map[string]bool{}
	for c := range a.Get("coding").Each() {
		codes[c.StrAt("system")+"|"+c.StrAt("code")] = true
	}
	for c := range b.Get("coding").Each() {
		if codes[c.StrAt("system")+"|"+c.StrAt("code")] {
			return true
		}
	}
	return (len(codes) == 0 || b.Get("coding") == nil) && a.StrAt("text") == b.StrAt("text")
}

// moveAll writes the rows that are moves, and gives the others.
func (ld *loader) moveAll(ctx context.Context, b *batch, rows []loadRow) (others []loadRow, err error) {
	if !slices.ContainsFunc(rows, func(r loadRow) bool { return len(r.moves) > 0 }) {
		return rows, nil
	}
	for _, r := range rows {
		if len(r.moves) == 0 {
			others = append(others, r)
		} else if err := ld.move(ctx, b, r); err != nil {
			return nil, err
		}
	}
	return others, nil
}

// move writes a move, as one.
func (ld *loader) move(ctx context.Context, b *batch, r loadRow) error {
	_, err := ld.errand.Transact(record.Unhurried(ctx), r.moves, record.Commit{Sole: true, Own: true, Turn: ld.turn})
	switch {
	case err == nil:
		b.told = append(b.told, outcome{row: r.row, refiled: true})
	case ofTheRow(err):
		b.refuse(fault.Of(err).Code, r)
	default:
		return err
	}
	return nil
}

// Refiled tells what a load has moved to where it is from another patient's record.
func Refiled(v *fhir.Value, load string) bool { return hasTag(v, RefiledTag, load) }

func movedBy(it *record.Item, load string) bool { return tagged(it, RefiledTag, load) }

// unfile takes the moves of a type back, each where nothing has changed or refers to
// what was moved since. The rest is kept and named.
func (u *undoer) unfile(ctx context.Context, typ string) error {
	if typ == "Task" { // it has the version from before its move
		return nil
	}
	ask := record.Asked{Types: []string{typ}, Form: url.Values{"_tag": {RefiledTag + "|" + u.out.Load}, "_count": {"1000"}}}
	for items, err := range u.errand.Pages(ctx, ask) {
		if err != nil {
			return err
		}
		for _, it := range items {
			if err := u.unfileOne(ctx, it); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *undoer) unfileOne(ctx context.Context, it *record.Item) error {
	moved, err := u.movedIn(ctx, it)
	if err != nil {
		return err
	}
	if moved == 0 {
		u.keep(it, "changed")
		return nil
	}
	free, err := u.unneeded(ctx, []*record.Item{it})
	if err != nil || len(free) == 0 {
		return err
	}
	ops, err := u.errand.RefiledBack(ctx, it, moved)
	if err == nil && len(ops) > 0 {
		if err := u.restoring(it); err != nil {
			return err
		}
		_, err = u.errand.Transact(record.Unhurried(ctx), ops, record.Commit{Turn: u.turn})
	}
	switch {
	case len(ops) == 0 && err == nil || err != nil && ofTheRow(err):
		u.notRestored(it)
		u.keep(it, "changed")
		return nil
	case err != nil:
		return err
	}
	u.restored(it)
	return nil
}

// movedIn is the version in which the load has moved a resource to where it is, 0 when
// it was changed since.
func (u *undoer) movedIn(ctx context.Context, it *record.Item) (int64, error) {
	if it.Version == 1 {
		return 1, nil
	}
	past, err := u.errand.History(ctx, record.AskedHistory{Type: it.Type, ID: it.ID, Count: record.MaxCount})
	if err != nil {
		return 0, err
	}
	written := -1
	for i, v := range past.Versions {
		if v.Deleted || !movedBy(v, u.out.Load) {
			break
		}
		written = i
	}
	if written < 0 {
		return 0, nil
	}
	same := u.mended && u.allOurs(past.Versions[:written+1])
	if !same {
		if same, err = sameContent(past.Versions[0], past.Versions[written]); err != nil || !same {
			return 0, err
		}
	}
	return past.Versions[written].Version, nil
}
