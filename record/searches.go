package record

import (
	"context"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// searches is what is searched by at one time: the parameters that are served
// and the index that they make. It is replaced as a whole.
type searches struct {
	state   indexState
	table   *search.Table     // what is served
	extract *search.Extractor // what is filed of a new version
	asks    *search.Extractor // by which what is served is looked for
	before  *search.Extractor // what is filed of versions that a rebuild has not passed
	seen    time.Time
}

func (d *Desk) searches() *searches { return d.index.Load() }

// makeSearches compiles the parameters of a state.
func (d *Desk) makeSearches(st indexState) (*searches, error) {
	base := search.R4().WithTerminology(d.terms)
	with := func(list []parameter, off []string) (*search.Table, error) {
		var custom []*search.Param
		for _, p := range list {
			if p.BuiltIn {
				continue
			}
			params, err := p.params(d.london)
			if err != nil {
				return nil, err
			}
			custom = append(custom, params...)
		}
		return base.With(custom...).Off(off...), nil
	}
	to, err := with(st.To, rests(st.To))
	if err != nil {
		return nil, err
	}
	s := &searches{state: st, table: to, seen: d.now(), extract: search.NewExtractor(to, d.ids.hash, d.london).At(d.bases...)}
	s.before, s.asks = s.extract, s.extract
	if st.Phase == "" || st.Phase == "checking" {
		return s, nil
	}
	from, err := with(st.From, rests(st.From))
	if err != nil {
		return nil, err
	}
	s.before = search.NewExtractor(from, d.ids.hash, d.london).At(d.bases...)
	// What is being built is not served yet, and what goes is not any more: of
	// neither the index tells all.
	both := slices.DeleteFunc(slices.Clone(st.From), func(p parameter) bool {
		return !slices.ContainsFunc(st.To, func(q parameter) bool { return q.URL == p.URL && q.Version == p.Version })
	})
	if s.table, err = with(both, append(rests(st.From), rests(st.To)...)); err != nil {
		return nil, err
	}
	s.asks = search.NewExtractor(s.table, d.ids.hash, d.london).At(d.bases...)
	return s, nil
}

// pollEvery is how often a process looks whether another one has changed what
// is searched by. A write that comes in between is planned anew.
const pollEvery = time.Second

// refresh takes up a change of what is searched by.
func (d *Desk) refresh(ctx context.Context) error {
	if s := d.searches(); s != nil && d.now().Sub(s.seen) < pollEvery {
		return nil
	}
	return d.reload(ctx)
}

func (d *Desk) reload(ctx context.Context) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	var st indexState
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		st, err = readIndex(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	if have := d.searches(); have != nil && have.state.Generation == st.Generation && have.state.Phase == st.Phase {
		same := *have
		same.seen = d.now()
		d.index.Store(&same)
		return nil
	}
	s, err := d.makeSearches(st)
	if err == nil {
		d.index.Store(s)
	}
	return err
}

// agrees makes sure that a plan was made by what is searched by now.
func (p *plan) agrees(ctx context.Context, tx store.Tx) error {
	st, err := readIndex(ctx, tx)
	if err != nil {
		return err
	}
	if st.Generation != p.index.state.Generation {
		return fault.New(fault.Conflict, "record.raced", "what is indexed has changed meanwhile")
	}
	if st.Phase != "building" {
		return nil
	}
	for _, dr := range p.drafts { // what the rebuild has not passed is filed as before
		if dr.oldBody != nil && dr.old.Change <= st.Since && !st.passed(dr.key) {
			dr.put.Old = p.desk.entriesBy(p.index.before, dr.key.PK, dr.oldBody)
		}
	}
	return nil
}

// entries makes the index entries of a resource that lies in a record.
func (d *Desk) entries(pk int64, body *fhir.Value) search.Entries {
	return d.entriesBy(d.searches().extract, pk, body)
}

// entriesBy is entries by a given extractor. References to resources of the
// same record need no term.
func (d *Desk) entriesBy(x *search.Extractor, pk int64, body *fhir.Value) search.Entries {
	if movedTo(body) != "" { // it is found by its id alone, and as what its labels keep back
		labels := body.Path("meta.security")
		if labels == nil {
			return search.Entries{}
		}
		body = fhir.Obj("resourceType", body.Type(), "meta", fhir.Obj("security", labels))
	}
	e := x.Extract(body, func(ref string) bool {
		_, id, ok := strings.Cut(ref, "/")
		if !ok {
			return false
		}
		at, _, ours := d.ids.decode(id)
		return ours && at == pk
	})
	if body.Type() == "Patient" {
		e.Idents = d.withBlocks(e.Idents, body)
	}
	return withLabel(x, e, body)
}
