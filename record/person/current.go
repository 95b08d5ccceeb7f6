package person

import (
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/store"
)

// Index places entries with persons. Load reads the current Patient resource
// at a key, nil when there is none.
type Index struct {
	Hash func(parts ...string) uint64
	Load func(ctx context.Context, r store.Reader, k store.Key) (*fhir.Value, error)
}

// maxShared bounds how many entries with one NHS number are looked at. More
// than a handful means a placeholder that passes the check digit.
const maxShared = 40

// NHSHash is the hash under which entries with an NHS number are filed; it is
// that of the search index, so that no second index is kept.
func (x Index) NHSHash(number string) uint64 {
	return x.Hash("Patient", "identifier", uk.NHSNumberSystem+"|"+number)
}

// Place gives an entry its person: its own if it has one, else fresh, a record
// key that nobody has used; then it joins those whom the NHS number and the
// demographics name, and files a conflict for those whom only the number names.
func (x Index) Place(ctx context.Context, tx store.Tx, entry store.Key, patient *fhir.Value, fresh int64) error {
	mine, err := tx.PersonOf(ctx, entry.PK, time.Time{})
	if err != nil {
		return err
	}
	if mine == 0 {
		if err := tx.SetLink(ctx, entry.PK, fresh); err != nil {
			return err
		}
		mine = fresh
	}
	own := Of(patient)
	if mine, err = x.stays(ctx, tx, entry, patient, own, mine); err != nil {
		return err
	}
	for _, number := range own.NHS {
		keys, err := tx.Find(ctx, x.NHSHash(number), maxShared)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if k == entry {
				continue
			}
			if mine, err = x.meet(ctx, tx, entry, own, mine, k, number); err != nil {
				return err
			}
		}
	}
	return nil
}

// meet compares the entry with another that is filed under the same number.
func (x Index) meet(ctx context.Context, tx store.Tx, entry store.Key, own Demographics, mine int64, k store.Key, number string) (int64, error) {
	other, err := x.Load(ctx, tx, k)
	if err != nil || other == nil {
		return mine, err
	}
	theirs := Of(other)
	if !slices.Contains(theirs.NHS, number) {
		return mine, nil // a hash collision
	}
	person, err := tx.PersonOf(ctx, k.PK, time.Time{})
	if err != nil {
		return mine, err
	}
	ok, differs := Agree(own, theirs)
	if !ok {
		return mine, x.conflict(ctx, tx, entry, k, differs)
	}
	if err := x.settle(ctx, tx, entry, k); err != nil {
		return mine, err
	}
	return Join(ctx, tx, mine, person)
}

// Join makes two persons one: the older id (the smaller key) stays, every
// entry of the younger moves to it, and the younger id redirects. It returns
// the one that stays. Joining a person with itself changes nothing.
func Join(ctx context.Context, tx store.Tx, a, b int64) (int64, error) {
	if a == b || b == 0 {
		return a, nil
	}
	if a == 0 {
		return b, nil
	}
	stays, goes := min(a, b), max(a, b)
	members, err := tx.Members(ctx, goes, time.Time{})
	if err != nil {
		return 0, err
	}
	for _, pk := range append(members, goes) {
		if err := tx.SetLink(ctx, pk, stays); err != nil {
			return 0, err
		}
	}
	return stays, nil
}

// Current follows a person's id to the person that it stands for now (or stood
// for at a moment). known is false when the key never was a person.
func Current(ctx context.Context, r store.Reader, pk int64, asAt time.Time) (person int64, members []int64, known bool, err error) {
	for range 32 {
		members, err = r.Members(ctx, pk, asAt)
		if err != nil {
			return 0, nil, false, err
		}
		next, err := r.PersonOf(ctx, pk, asAt)
		if err != nil {
			return 0, nil, false, err
		}
		if next == 0 || next == pk {
			return pk, members, len(members) > 0, nil
		}
		pk = next
	}
	return 0, nil, false, fault.New(fault.Internal, "person.circle", "links between persons go in a circle")
}
