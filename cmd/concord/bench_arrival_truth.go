package main

import (
	"cmp"
	"context"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"concord/demo/linked"
	"concord/exchange/linkage"
	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
	"concord/store/dictionary"
)

// whose is an entry of the record: the person that it is of there, and who it
// truly is.
type whose struct {
	person int64
	truth  int32
}

// numberMark tells hospital numbers apart.
func numberMark(trust, number string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(trust + "|" + number))
	return h.Sum64()
}

// hold holds the persons that came of it against the truth: the population is
// made again, and every entry read from the store.
func (out *arrivals) hold(ctx context.Context, h *house) error {
	truth := map[uint64]int32{}
	for row := range linked.New(out.Seed, linked.Frozen().Times(out.Errors)).Rows(out.People) {
		truth[numberMark(row.Record.Numbers[0].Scope, row.Record.Numbers[0].Value)] = int32(row.Person)
	}
	all, err := h.entries(ctx, truth)
	if err != nil {
		return err
	}
	if len(all) != len(truth) {
		return fault.New(fault.Internal, "bench.entries", "%d entries were found of %d", len(all), len(truth))
	}
	out.count(all)
	list, err := h.desk.For(access.Requester{ID: "bench", Role: access.Steward, Org: "QRV"}, access.Reason{Purpose: access.Integrity}).Conflicts(ctx)
	out.Queue = len(list)
	return err
}

// count counts pairs: those of one person, of one truth, and of both.
func (out *arrivals) count(all []whose) {
	pairs := func(same func(a, b whose) bool) (n int64) {
		for from := 0; from < len(all); {
			to := from + 1
			for to < len(all) && same(all[from], all[to]) {
				to++
			}
			size := int64(to - from)
			n, from = n+size*(size-1)/2, to
		}
		return n
	}
	slices.SortFunc(all, func(a, b whose) int { return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.truth, b.truth)) })
	out.Joined = pairs(func(a, b whose) bool { return a.person == b.person })
	right := pairs(func(a, b whose) bool { return a == b })
	slices.SortFunc(all, func(a, b whose) int { return cmp.Compare(a.truth, b.truth) })
	out.TruePairs = pairs(func(a, b whose) bool { return a.truth == b.truth })
	out.False, out.Missed = out.Joined-right, out.TruePairs-right
	out.FalseBound = linkage.UpperBound(out.False, out.Joined)
}

// entries reads every entry straight from the store: to ask the record for each
// would write an audit entry for each.
func (h *house) entries(ctx context.Context, truth map[uint64]int32) ([]whose, error) {
	codec, err := dictionary.Codec()
	if err != nil {
		return nil, err
	}
	all := make([]whose, 0, len(truth))
	var after store.Key
	for more := true; more; {
		err := h.engine.View(ctx, func(r store.Reader) error {
			docs, err := r.Scan(ctx, fhir.R4().Number("Patient"), after, 500)
			if err != nil {
				return err
			}
			more = len(docs) == 500
			for _, doc := range docs {
				after = doc.Key
				plain, err := codec.Unpack(doc.Body)
				if err != nil {
					return err
				}
				body, err := fhir.Parse(plain)
				if err != nil {
					return err
				}
				p, err := r.PersonOf(ctx, doc.Key.PK, time.Time{})
				if err != nil {
					return err
				}
				if who, ok := truth[numberMark(person.KeeperOf(body))]; ok {
					all = append(all, whose{p, who})
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// profiled writes what the processor did until stop is called, and then what
// memory holds; stop may be called twice.
func profiled(dir string) (stop func(), err error) {
	if dir == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, "cpu.pprof"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, err
	}
	done := false
	return func() {
		if done {
			return
		}
		done = true
		pprof.StopCPUProfile()
		f.Close()
		if heap, err := os.Create(filepath.Join(dir, "heap.pprof")); err == nil {
			runtime.GC()
			pprof.WriteHeapProfile(heap)
			heap.Close()
		}
	}, nil
}
