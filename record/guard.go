package record

import (
	"context"
	"maps"
	"sync"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// guard knows which records hold anything that is kept from somebody, so that
// of all others nothing has to be looked at, and remembers what ties
// organisations to patients. It follows the change feed: a record that was
// written to is looked at anew, whichever process wrote.
type guard struct {
	mu         sync.Mutex
	ready      bool
	whole      bool                   // the index does not tell yet: every record is looked at
	unlabelled bool                   // the index does not tell yet which of a record are labelled
	upto       int64                  // change up to which the feed has been followed
	loaded     time.Time              // when marked was read
	marked     map[int64]bool         // records of everybody of whom something is marked
	touched    map[int64]bool         // records written to since by what may mark somebody
	plainly    map[int64]bool         // changes ahead of upto that mark nothing
	facts      map[int64]*recordFacts // by record key
	same       map[int64]sameRecords  // by record key
	labels     map[int64]labels       // of records that may hold any, by record key

	loading sync.Mutex
}

const (
	// mostTouched is how many records may be written to before marked is read
	// anew.
	mostTouched = 2000
	// mostFacts bounds what is remembered: about 10 MB.
	mostFacts = 20_000 // and as many of whose records are one human's: 2 MB
	// guardLife is how long marked is believed: a steward at another process may
	// have ruled on two people, which is no line of the change feed.
	guardLife = time.Minute
	followed  = 5000 // lines of the feed read at once
)

// follow brings the guard up to a snapshot.
func (d *Desk) follow(ctx context.Context, r store.Reader, change int64) error {
	g := &d.guard
	g.mu.Lock()
	upto, stale := g.upto, g.stale(d.now())
	g.mu.Unlock()
	if stale {
		return d.mark(ctx, r, change)
	}
	if change <= upto {
		return nil
	}
	lines, err := r.Changes(ctx, upto, followed)
	if err != nil {
		return err
	}
	if len(lines) >= followed {
		return d.mark(ctx, r, change)
	}
	var written []int64
	touched := g.marking(lines)
	saying := factTypes()
	location, practitioner, role := fhir.R4().Number("Location"), fhir.R4().Number("Practitioner"), fhir.R4().Number("PractitionerRole")
	said := map[int64]bool{} // what is known of these may have changed
	directory := map[store.Key]bool{}
	for _, c := range lines {
		if typ := c.Key.Type(); typ == location || typ == practitioner || typ == role {
			directory[c.Key] = true
		}
		written = append(written, c.Key.PK)
		said[c.Key.PK] = said[c.Key.PK] || saying[c.Key.Type()]
		if c.Key.Type() != fhir.R4().Number("Patient") {
			continue
		}
		all, _, err := sameHuman(ctx, r, c.Key.PK) // who comes or changes may be joined with others
		if err != nil {
			return err
		}
		for _, pk := range all {
			said[pk], touched[pk] = true, true
			written = append(written, pk)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.Copy(g.touched, touched)
	for _, pk := range written {
		delete(g.labels, pk)
		if said[pk] {
			delete(g.facts, pk)
			g.part(pk)
		}
	}
	g.referred(directory)
	g.upto = max(g.upto, change)
	g.passed(g.upto)
	return nil
}

func (g *guard) stale(now time.Time) bool {
	return !g.ready || len(g.touched) > mostTouched || now.Sub(g.loaded) > guardLife
}

// forget makes the next look begin anew, after a ruling changed links between
// people.
func (g *guard) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ready = false
}

// mark reads from the index which records hold anything marked.
func (d *Desk) mark(ctx context.Context, r store.Reader, change int64) error {
	g := &d.guard
	g.loading.Lock()
	defer g.loading.Unlock()
	g.mu.Lock()
	done := !g.stale(d.now()) && change <= g.upto
	g.mu.Unlock()
	if done {
		return nil // by another, meanwhile
	}
	s := d.searches()
	whole := s.state.Upgrade
	marked := map[int64]bool{}
	if !whole {
		codes := append([]string{"R", "V"}, access.Sensitivities()...)
		terms := s.extract.Marked("_security", fhir.R4().Names(), append(codes, access.Watches()...))
		terms = append(terms, s.extract.Marked("category", []string{"Consent"}, []string{access.SharedRecord, access.GPDissent})...)
		if err := eachMarked(ctx, r, terms, marked); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ready, g.whole, g.unlabelled, g.upto, g.loaded = true, whole, s.state.Labels, change, d.now()
	g.marked, g.touched = marked, map[int64]bool{}
	g.passed(change)
	g.facts, g.same, g.labels = map[int64]*recordFacts{}, map[int64]sameRecords{}, map[int64]labels{}
	return nil
}

// eachMarked collects the records with one of the terms, and all others of the
// same people: what is marked in one trust's entry holds in each.
func eachMarked(ctx context.Context, r store.Reader, terms []uint64, marked map[int64]bool) error {
	const step = 1000
	for after := int64(-1 << 62); ; {
		pks, err := r.FindRecords(ctx, [][]uint64{terms}, after, step)
		if err != nil {
			return err
		}
		for _, pk := range pks {
			if after = pk; marked[pk] {
				continue
			}
			all, _, err := sameHuman(ctx, r, pk)
			if err != nil {
				return err
			}
			for _, k := range all {
				marked[k] = true
			}
		}
		if len(pks) < step {
			return nil
		}
	}
}

// sameHuman lists the records of the human to whom a record belongs, that one
// included; known is false for a record that is no patient's.
func sameHuman(ctx context.Context, r store.Reader, pk int64) (all []int64, known bool, err error) {
	whose, err := r.PersonOf(ctx, pk, time.Time{}) // most records are an entry's
	if err != nil {
		return nil, false, err
	}
	if whose == 0 {
		whose = pk
	}
	p, members, known, err := person.Current(ctx, r, whose, time.Time{})
	if err != nil {
		return nil, false, err
	}
	all = append([]int64{pk}, members...)
	if p != pk {
		all = append(all, p)
	}
	return all, known, nil
}

// special tells whether anything in a record may be marked: false is certain.
func (g *guard) special(pk int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.whole || g.marked[pk] || g.touched[pk]
}

// specials lists the records in which something may be marked, if they are no
// more than so many and known.
func (g *guard) specials(limit int) (pks []int64, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.whole || len(g.marked)+len(g.touched) > limit {
		return nil, false
	}
	for pk := range g.marked {
		pks = append(pks, pk)
	}
	for pk := range g.touched {
		if !g.marked[pk] {
			pks = append(pks, pk)
		}
	}
	return pks, true
}

// sameRecords is what sameHuman tells, kept under each of the records.
type sameRecords struct {
	all   []int64
	known bool
}

// part forgets who is one with a record, and that of each of them: they may be
// several people now.
func (g *guard) part(pk int64) {
	for _, k := range g.same[pk].all {
		delete(g.same, k)
	}
}

// sameAs is sameHuman, from what is remembered as far as that holds.
func (d *Desk) sameAs(ctx context.Context, r store.Reader, change, pk int64) ([]int64, bool, error) {
	g := &d.guard
	g.mu.Lock()
	s, have := g.same[pk]
	g.mu.Unlock()
	if have {
		return s.all, s.known, nil
	}
	all, known, err := sameHuman(ctx, r, pk)
	if err != nil {
		return nil, false, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if change >= g.upto && g.ready {
		if len(g.same) >= mostFacts {
			g.same = map[int64]sameRecords{}
		}
		for _, k := range all {
			g.same[k] = sameRecords{all, known}
		}
	}
	return all, known, nil
}

func (g *guard) factsOf(pk int64) *recordFacts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.facts[pk]
}

// keep remembers facts that were read on a snapshot, unless what was written
// since may have changed them.
func (g *guard) keep(pk, change int64, f *recordFacts) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if change < g.upto || !g.ready {
		return
	}
	if len(g.facts) >= mostFacts {
		g.facts = map[int64]*recordFacts{}
	}
	g.facts[pk] = f
}
