package record

import (
	"cmp"
	"context"
	"iter"
	"runtime"
	"slices"
	"sync"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// Foreseen is what would become of a record that is not in the index if it
// arrived now.
type Foreseen struct {
	Outcome Foresight
	// Why says more: of a conflict "number-other-person" (the NHS number is on
	// somebody else) or "other-number" (the same person by all else, under another
	// valid number); of a certain one "joins-persons" (it is certainly of several
	// persons of the record, which become one unless something speaks against it)
	// or "no-rival" (it is certain only since no third record speaks against it).
	Why  string
	Hits []ForeseenHit // the likeliest first, at most maxForeseen
	More int           // hits beyond those
	Same []int64       // numbers of later records that are certainly the same person
	Like int           // later records that may be
}

// Foresight is one of the four answers.
type Foresight string

// The answers.
const (
	ForeseenCertain  Foresight = "certain"  // joined with the person, without anybody being asked
	ForeseenPossible Foresight = "possible" // a steward is asked
	ForeseenNew      Foresight = "new"      // a person of its own
	ForeseenConflict Foresight = "conflict" // a steward is asked, and it is urgent
)

// ForeseenHit is one entry that may be the person.
type ForeseenHit struct {
	Entry      string // id of the Patient
	Person     string // id of the person that it belongs to; "" = none yet
	Grade      match.Grade
	Weight     float32
	Guards     match.Guard
	pk         int64
	number     bool        // the NHS number agrees
	contact    bool        // so does a telephone or an email, or nearly
	unrivalled bool        // certain by its claim
	claim      match.Claim // what makes it certain if no third record speaks against it
}

// Rehearsal is what a rehearsal of arrivals comes to.
type Rehearsal struct {
	Model   string              `json:"model"`
	Change  int64               `json:"change"`  // the change that the record was at when it began
	Records int64               `json:"records"` // that were asked about
	Entries int64               `json:"entries"` // of the index that they were held against
	By      map[Foresight]int64 `json:"by"`
	Why     map[string]int64    `json:"why"`
	Pairs   int64               `json:"pairs"`   // that a steward would be asked about
	Persons int64               `json:"persons"` // of the record whom it certainly knows
	Same    int64               `json:"same"`    // pairs of the records themselves that are certainly one person
	Like    int64               `json:"like"`    // and that may be
	Passed  int64               `json:"passed"`  // blocking keys that too many share
}

// maxForeseen is how many hits of one record are kept.
const maxForeseen = 8

// Rehearse tells for each of many records what would become of it if it arrived
// now, in their order, without writing anything but its audit entry. records
// may be gone over more than once; most is how many are held in memory at a
// time, 0 = 400,000 (some 300 MB): beyond it the index is read once for each so many. Each
// entry is read as it is when it comes: the rehearsal may run beside everything
// else, and what arrives meanwhile may be missed.
func (e *Errand) Rehearse(ctx context.Context, records iter.Seq2[match.Record, error], most int, yield func(n int64, f *Foreseen) error) (*Rehearsal, error) {
	v, err := e.decide(ctx, access.Verify, "", "rehearse arrivals")
	if err != nil {
		return nil, err
	}
	if most <= 0 {
		most = 400_000
	}
	m := e.desk.matcher()
	r := &rehearsing{desk: e.desk, matcher: m, out: &Rehearsal{Model: m.Name, By: map[Foresight]int64{}, Why: map[string]int64{}}, known: map[int64]bool{}}
	failure := r.run(ctx, records, most, yield)
	t := trace{what: []string{"rehearse arrivals"}, count: int(r.out.Records), change: r.out.Change, failure: failure}
	if err := e.audit(ctx, access.Verify, v, t); err != nil {
		return nil, err
	}
	r.out.Persons = int64(len(r.known))
	return r.out, failure
}

// rehearsing is a rehearsal at work.
type rehearsing struct {
	desk    *Desk
	matcher *person.Matcher
	out     *Rehearsal
	known   map[int64]bool // persons who are certainly met
}

// run goes over the records, so many at a time.
func (r *rehearsing) run(ctx context.Context, records iter.Seq2[match.Record, error], most int, yield func(int64, *Foreseen) error) error {
	err := r.desk.engine.View(ctx, func(rd store.Reader) (err error) {
		r.out.Change, err = rd.LastChange(ctx)
		return err
	})
	for more := true; more && err == nil; {
		more, err = r.chunk(ctx, records, r.out.Records, most, yield)
	}
	return err
}

// chunk holds so many records from one on against the index and against the
// records after them.
func (r *rehearsing) chunk(ctx context.Context, records iter.Seq2[match.Record, error], from int64, most int, yield func(int64, *Foreseen) error) (more bool, err error) {
	var subjects []match.Subject
	n := int64(-1)
	for rec, err := range records {
		if err != nil {
			return false, err
		}
		if n++; n < from {
			continue
		}
		if len(subjects) == most {
			more = true
			break
		}
		subjects = append(subjects, r.matcher.Of(rec))
	}
	staged := r.matcher.File(subjects)
	found := make([]Foreseen, len(subjects))
	r.out.Passed += int64(staged.Within(func(i, j int, v match.Verdict) { found[i].same(from+int64(j), v) }))
	if more {
		if err := r.later(ctx, records, from+int64(most), staged, found); err != nil {
			return false, err
		}
	}
	entries, err := r.meet(ctx, staged, found)
	if err != nil {
		return false, err
	}
	r.out.Entries = entries
	r.out.Records += int64(len(subjects))
	return more, r.tell(ctx, from, staged, found, yield)
}

// later compares with the records that are not in memory.
func (r *rehearsing) later(ctx context.Context, records iter.Seq2[match.Record, error], from int64, staged *person.Staged, found []Foreseen) error {
	n := int64(-1)
	for rec, err := range records {
		if err == nil && n&0xfff == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if n++; n >= from {
			s := r.matcher.Of(rec)
			staged.Meet(&s, func(i int, v match.Verdict) { found[i].same(n, v) })
		}
	}
	return nil
}

func (f *Foreseen) same(n int64, v match.Verdict) {
	if v.Grade == match.Certain {
		f.Same = append(f.Same, n)
	} else {
		f.Like++
	}
}

// meet reads the index once, and holds each entry against the records, on all
// cores.
func (r *rehearsing) meet(ctx context.Context, staged *person.Staged, found []Foreseen) (entries int64, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan []*store.Doc, runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for docs := range work {
				n, hits, passed, err := r.against(staged, docs)
				if err != nil {
					stop(err)
				}
				mu.Lock()
				entries, r.out.Passed = entries+n, r.out.Passed+passed
				for _, h := range hits {
					found[h.record].add(h.hit)
				}
				mu.Unlock()
			}
		})
	}
	r.scan(ctx, stop, work)
	close(work)
	wg.Wait()
	return entries, context.Cause(ctx)
}

// scan hands out the entries of the index, each batch of a snapshot of its own.
func (r *rehearsing) scan(ctx context.Context, stop context.CancelCauseFunc, work chan<- []*store.Doc) {
	var after store.Key
	for more := true; more && ctx.Err() == nil; {
		var docs []*store.Doc
		err := r.desk.engine.View(ctx, func(rd store.Reader) (err error) {
			docs, err = rd.Scan(ctx, fhir.R4().Number("Patient"), after, entryStep)
			return err
		})
		if err != nil {
			stop(err)
			return
		}
		if more = len(docs) == entryStep; len(docs) > 0 {
			after = docs[len(docs)-1].Key
		}
		select {
		case work <- docs:
		case <-ctx.Done():
		}
	}
}

// meeting is a hit of one record.
type meeting struct {
	record int
	hit    ForeseenHit
}

// against holds some entries against the records.
func (r *rehearsing) against(staged *person.Staged, docs []*store.Doc) (entries int64, hits []meeting, passed int64, err error) {
	for _, doc := range docs {
		if doc.Deleted {
			continue
		}
		body, err := r.desk.parse(doc)
		if err != nil {
			return entries, nil, passed, err
		}
		entries++
		s := r.matcher.Subject(body)
		passed += int64(staged.Meet(&s, func(i int, v match.Verdict) {
			hit := ForeseenHit{pk: doc.Key.PK}
			hit.say(v)
			hits = append(hits, meeting{i, hit})
		}))
	}
	return entries, hits, passed, nil
}

// say puts a verdict into a hit.
func (h *ForeseenHit) say(v match.Verdict) {
	h.Grade, h.Weight, h.Guards, h.claim = v.Grade, v.Weight, v.Guards, v.Claim
	h.number, h.contact = v.Pattern.At(match.NHS) == match.CodeSame, v.Pattern.Contacts()
}

func (f *Foreseen) sort() {
	slices.SortFunc(f.Hits, func(a, b ForeseenHit) int {
		return cmp.Or(cmp.Compare(b.Grade, a.Grade), cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.pk, b.pk))
	})
}

// add keeps the likeliest hits, whatever the order in which they come.
func (f *Foreseen) add(h ForeseenHit) {
	f.Hits = append(f.Hits, h)
	f.sort()
	if len(f.Hits) > maxForeseen {
		f.Hits, f.More = f.Hits[:maxForeseen], f.More+1
	}
}

// tell names the persons that were met, decides, and hands over the answers in
// the order of the records.
func (r *rehearsing) tell(ctx context.Context, from int64, staged *person.Staged, found []Foreseen, yield func(int64, *Foreseen) error) error {
	for start := 0; start < len(found); start += entryStep {
		part := found[start:min(start+entryStep, len(found))]
		err := r.desk.engine.View(ctx, func(rd store.Reader) error {
			for i := range part {
				if err := r.uncrowd(ctx, rd, staged, start+i, &part[i]); err != nil {
					return err
				}
				if err := r.uphold(ctx, rd, staged, start+i, &part[i]); err != nil {
					return err
				}
				if err := r.persons(ctx, rd, &part[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i := range part {
			f := &part[i]
			r.count(f)
			if err := yield(from+int64(start+i), f); err != nil {
				return err
			}
			part[i] = Foreseen{}
		}
	}
	return nil
}

func (r *rehearsing) persons(ctx context.Context, rd store.Reader, f *Foreseen) error {
	certain := map[int64]bool{}
	for i := range f.Hits {
		h := &f.Hits[i]
		pk, err := rd.PersonOf(ctx, h.pk, time.Time{})
		if err != nil {
			return err
		}
		h.Entry = r.desk.ids.encode(person.PatientKey(h.pk))
		if pk != 0 {
			h.Person = r.desk.ids.person(pk)
		}
		if h.Grade == match.Certain {
			certain[pk] = true
			r.known[pk] = true
		}
	}
	f.decide(len(certain))
	return nil
}

// decide gives the answer, as Arrive would come to it: what conflicts goes
// before what is certain, and that before what is possible.
func (f *Foreseen) decide(persons int) {
	f.Outcome = ForeseenNew
	if len(f.Hits) > 0 {
		f.Outcome = ForeseenPossible
	}
	if persons > 0 {
		f.Outcome = ForeseenCertain
		if !slices.ContainsFunc(f.Hits, func(h ForeseenHit) bool { return h.Grade == match.Certain && !h.unrivalled }) {
			f.Why = "no-rival"
		}
	}
	if persons > 1 {
		f.Why = "joins-persons"
	}
	for _, h := range f.Hits {
		switch {
		case h.number && h.Guards&match.OtherPerson != 0:
			f.Outcome, f.Why = ForeseenConflict, "number-other-person"
			return
		case h.Guards&match.TwoNumbers != 0: // asked about alone when all else agrees
			f.Outcome, f.Why = ForeseenConflict, "other-number"
		}
	}
}

func (r *rehearsing) count(f *Foreseen) {
	r.out.By[f.Outcome]++
	if f.Why != "" {
		r.out.Why[f.Why]++
	}
	for _, h := range f.Hits {
		if h.Grade != match.Certain || f.Outcome == ForeseenConflict {
			r.out.Pairs++
		}
	}
	r.out.Same += int64(len(f.Same))
	r.out.Like += int64(f.Like)
}
