package record

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

const (
	// maxPinned is how many records are scanned at once; beyond, they are walked.
	maxPinned = 2000
	// fewPinned is the same for the records that a chain leads to, where a page is
	// asked for: it needs only the first of them.
	fewPinned = 8
)

// pinned scans the records that the query names; of more than most it lets a page
// walk.
func (s *searching) pinned(ctx context.Context, src *source, most int) error {
	pin := src.lookup.Pin
	pks, err := s.recordsOf(ctx, pin.Patients)
	if err != nil {
		return err
	}
	src.home = map[int64]bool{}
	for _, pk := range pks {
		src.home[pk] = true
	}
	for _, ref := range pin.Refs {
		pk, err := s.recordNamed(ctx, ref)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		pks = append(pks, pk)
	}
	if pin.Terms != nil {
		more, err := s.namedBy(ctx, src, pin.Terms)
		if err != nil {
			return err
		}
		if len(more) > maxPinned {
			src.walk, src.lookup.Terms = true, append(src.lookup.Terms, pin.Terms)
			s.tell(fmt.Sprintf("%s: walk the records that %s names", src.typ, src.lookup.By["pin"]))
			return nil
		}
		pks = append(pks, more...)
	}
	if len(pks) > most && s.listing != listAll && len(s.q.Types) == 1 && s.plainPage() {
		slices.Sort(pks)
		src.walk, src.pks = true, slices.Compact(pks)
		s.tell(fmt.Sprintf("%s: walk %d records (%s)", src.typ, len(src.pks), src.lookup.By["pin"]))
		return nil
	}
	s.tell(fmt.Sprintf("%s: scan %d records (%s), filtered by %d groups of tokens", src.typ, len(pks), src.lookup.By["pin"], len(src.lookup.Need)))
	if len(pks) > 0 {
		src.docs, err = s.chart(ctx, src, pks)
	}
	return err
}

// namedBy are the records that terms name, one more than are looked through at most.
// On the same journey goes the first question of what lies beside, which is asked
// of a page that its index decides.
func (s *searching) namedBy(ctx context.Context, src *source, terms []uint64) ([]int64, error) {
	if known := src.named; known != nil {
		src.named = nil
		return *known, nil
	}
	asks := []store.RecordsAsk{{Groups: [][]uint64{terms}, Limit: maxPinned + 1}}
	if src.lookup.Decided && len(src.home) > 0 {
		asks = append(asks, s.besideFrom(src, slices.Min(slices.Collect(maps.Keys(src.home)))))
	}
	found, err := s.r.FindRecordsEach(ctx, asks)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		src.besides = &found[1]
	}
	return found[0], nil
}

// recordNamed is the record in which lies what a reference names.
func (s *searching) recordNamed(ctx context.Context, ref string) (int64, error) {
	r, _ := fhir.ParseReference(ref)
	if it := s.targets[ref]; it != nil && it.ID == r.ID {
		return it.key.PK, nil
	}
	k, err := s.desk.locate(ctx, s.r, r.Type, r.ID)
	return k.PK, err
}

// recordsOf is Desk.recordsOf with what a chain has led to at hand.
func (s *searching) recordsOf(ctx context.Context, patients []string) ([]int64, error) {
	var pks []int64
	var others []string
	for _, id := range patients {
		if it := s.targets["Patient/"+id]; it != nil && it.ID == id {
			pks = append(pks, it.key.PK)
		} else {
			others = append(others, id)
		}
	}
	more, err := s.desk.recordsOf(ctx, s.r, others)
	return append(pks, more...), err
}

func (d *Desk) recordsOf(ctx context.Context, r store.Reader, patients []string) ([]int64, error) {
	var pks []int64
	for _, id := range patients {
		n, err := d.filed(ctx, r, id, time.Time{})
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		pks = append(pks, n.records()...)
	}
	return pks, nil
}
