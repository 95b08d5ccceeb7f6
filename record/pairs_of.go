package record

import (
	"cmp"
	"context"
	"slices"

	"concord/record/access"
	"concord/record/person"
	"concord/store"
)

// pairsAtOnce is how many patients are looked at in one question to the store.
const pairsAtOnce = 500

// PairsOf counts the pairs that wait for a steward, as far as MostWaiting, of which
// at least one entry is an organisation's; it names nobody.
func (e *Errand) PairsOf(ctx context.Context, org string) (int, error) {
	count := 0
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, _ *sight, t *trace) error {
		t.what, count = []string{"index in numbers of " + org}, 0
		pairs, err := person.WaitingPairs(ctx, r, MostWaiting)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(pairs, pairsAtOnce/2) {
			n, err := pairsOf(ctx, r, some, org)
			if err != nil {
				return err
			}
			count += n
		}
		return nil
	})
	return count, err
}

func pairsOf(ctx context.Context, r store.Reader, pairs [][2]int64, org string) (count int, err error) {
	var keys []store.Key
	for _, p := range pairs {
		keys = append(keys, person.PatientKey(p[0]), person.PatientKey(p[1]))
	}
	slices.SortFunc(keys, func(a, b store.Key) int { return cmp.Compare(a.PK, b.PK) }) // patients: one a record
	docs, err := r.GetMany(ctx, slices.Compact(keys))
	if err != nil {
		return 0, err
	}
	there, own := map[int64]bool{}, map[int64]bool{}
	for _, doc := range docs {
		there[doc.PK], own[doc.PK] = !doc.Deleted, doc.Org == org
	}
	for _, p := range pairs {
		if there[p[0]] && there[p[1]] && (own[p[0]] || own[p[1]]) {
			count++
		}
	}
	return count, nil
}
