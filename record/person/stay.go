package person

import (
	"context"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// stays looks whether an entry still belongs with the others of its person
// after its demographics were written. When none of them agrees any more, and
// no trust has said that it is one with any of them, it leaves with a person of
// its own: two humans must not read as one while a steward thinks. What shares
// its NHS number is then compared anew and goes to the stewards' list.
func (x Index) stays(ctx context.Context, tx store.Tx, entry store.Key, patient *fhir.Value, own Demographics, mine int64) (int64, error) {
	members, err := tx.Members(ctx, mine, time.Time{})
	if err != nil {
		return mine, err
	}
	others := 0
	for _, pk := range members {
		if pk == entry.PK {
			continue
		}
		k := store.Key{PK: pk, LID: entry.LID}
		other, err := x.Load(ctx, tx, k)
		if fault.Is(err, fault.NotFound) || err == nil && other == nil {
			continue // a superseded person, or a deleted entry
		}
		if err != nil {
			return mine, err
		}
		others++
		if agrees, _ := Agree(own, Of(other)); agrees && own.Shares(Of(other)) {
			return mine, nil
		}
		if merged(patient) || merged(other) {
			return mine, nil
		}
	}
	if others == 0 {
		return mine, nil
	}
	fresh, err := tx.NewRecord(ctx)
	if err != nil {
		return mine, err
	}
	return fresh, tx.SetLink(ctx, entry.PK, fresh)
}

// merged tells whether a trust has said that the entry and another are one.
func merged(patient *fhir.Value) bool {
	for l := range patient.Get("link").Each() {
		if t := l.StrAt("type"); t == "replaces" || t == "replaced-by" {
			return true
		}
	}
	return false
}
