package record

import (
	"context"
	"net/url"
	"slices"
	"time"

	"concord/fault"
	"concord/jobs"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Reindexing is how far a rebuild of the index has come.
type Reindexing struct {
	Job            string
	Phase          string // "building", "checking", "done", "failed"
	Types          []string
	Total          int64 // resources of those types when it began
	Done           int64 // looked at
	Checked        int64 // looked at again, with every entry found in the index
	Repaired       int64 // whose entries were not complete and are now
	Started, Ended time.Time
	Parameters     []string // canonical URLs of the custom parameters in force
	Rests          []string // parameters without an index over all records: "Observation.method"
}

const reindexTopic = "reindex"

// Reindex begins to file what the active SearchParameter resources say, and
// looks through the index of the types named (none = those that a change
// concerns). One rebuild runs at a time. Errors: Conflict "search.reindexing";
// Invalid "search.definition".
func (e *Errand) Reindex(ctx context.Context, types []string) (Reindexing, error) {
	v, err := e.decide(ctx, access.Update, "SearchParameter", "$reindex")
	if err != nil {
		return Reindexing{}, err
	}
	to, err := e.definitions(ctx, v)
	if err != nil {
		return Reindexing{}, err
	}
	var st indexState
	err = e.auditedUpdate(ctx, access.Update, v, func(tx store.Tx, t *trace) error {
		t.what = []string{"$reindex"}
		have, err := readIndex(ctx, tx)
		if err != nil {
			return err
		}
		if have.Phase == "building" || have.Phase == "checking" {
			return fault.New(fault.Conflict, "search.reindexing", "the index is being rebuilt already")
		}
		st = indexState{Generation: have.Generation + 1, Since: tx.Change(), From: have.To, To: to, Phase: "building",
			Types: concerned(have.To, to, types), Started: tx.Time(), Job: e.desk.ids.encodePK(tx.Change() & (1<<idBits - 1))}
		for _, typ := range st.Types {
			n, err := tx.CountTerm(ctx, e.desk.searches().extract.TypeTerm(typ))
			if err != nil {
				return err
			}
			st.Total += n
		}
		if _, err := tx.Enqueue(ctx, reindexTopic, []byte(st.Job), tx.Time()); err != nil {
			return err
		}
		return writeIndex(ctx, tx, st)
	})
	if err != nil {
		return Reindexing{}, err
	}
	if err := e.desk.reload(ctx); err != nil {
		return Reindexing{}, err
	}
	e.desk.wakeWork()
	return st.progress(), nil
}

// concerned lists the types that have to be walked: those named, and those of
// parameters that come, go or change.
func concerned(from, to []parameter, named []string) []string {
	out := slices.Clone(named)
	changed := func(a, b []parameter) {
		for _, p := range a {
			if !slices.ContainsFunc(b, func(q parameter) bool { return q.URL == p.URL && q.Version == p.Version }) {
				out = append(out, p.types()...)
			}
		}
	}
	changed(from, to)
	changed(to, from)
	slices.Sort(out)
	return slices.Compact(out)
}

// definitions reads the active SearchParameter resources.
func (e *Errand) definitions(ctx context.Context, v access.Verdict) ([]parameter, error) {
	d := e.desk
	var out []parameter
	err := d.engine.View(ctx, func(r store.Reader) error {
		change, err := r.LastChange(ctx)
		if err != nil {
			return err
		}
		view, err := e.sight(ctx, r, v, change)
		if err != nil {
			return err
		}
		hits, err := d.matching(ctx, r, view, "SearchParameter", url.Values{"status": {"active"}}.Encode(), 1000)
		if err != nil {
			return err
		}
		for _, it := range hits {
			p, err := readParameter(it.Resource, it.Version)
			if err != nil {
				return at("SearchParameter/"+it.ID, err)
			}
			out = append(out, p)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b parameter) int { return compareText(a.URL, b.URL) })
	return out, err
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Reindexing tells how far the last rebuild has come.
func (e *Errand) Reindexing(ctx context.Context) (Reindexing, error) {
	if _, err := e.decide(ctx, access.Search, "SearchParameter", "$reindex"); err != nil {
		return Reindexing{}, err
	}
	var st indexState
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		var err error
		st, err = readIndex(ctx, r)
		return err
	})
	return st.progress(), err
}

func (st indexState) progress() Reindexing {
	out := Reindexing{Job: st.Job, Phase: st.Phase, Types: st.Types, Total: st.Total, Done: st.Done, Checked: st.Checked,
		Repaired: st.Repaired, Started: st.Started, Ended: st.Ended}
	if out.Phase == "" && st.Job != "" {
		out.Phase = "done"
	}
	for _, p := range st.To {
		if !p.BuiltIn {
			out.Parameters = append(out.Parameters, p.URL)
		}
	}
	out.Rests = rests(st.To)
	return out
}

// Work runs what waits in the background until the context ends: rebuilds of
// the index, sealing anew, and standing seals. Every process may run it; a job is
// leased by one at a time.
func (d *Desk) Work(ctx context.Context, owner string) {
	w := &jobs.Worker{Engine: d.engine, Topic: reindexTopic, Owner: owner, Lease: time.Minute, Now: d.now, Attempts: 10}
	sealing, standing := d.resealWorker(owner), d.standingWorker(owner)
	from := "" // the record of which it is looked next whether its seals follow it
	for ctx.Err() == nil {
		if next, err := d.followSeals(ctx, from); err == nil {
			from = next
		}
		ran, err := w.Once(ctx, d.rebuild)
		resealed, failure := sealing.Once(ctx, d.resealStep)
		carried, wrong := standing.Once(ctx, d.standingStep)
		if ran && err == nil || resealed && failure == nil || carried && wrong == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-time.After(2 * time.Second):
		}
	}
}

func (d *Desk) wakeWork() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// stepTime is how long one step of a rebuild works before it gives the job
// back.
const stepTime = 20 * time.Second

// rebuild is one step: some batches of the walk, or of the walk that checks.
func (d *Desk) rebuild(ctx context.Context, job store.Job) (done bool, err error) {
	if err := d.reload(ctx); err != nil {
		return false, err
	}
	for end := d.now().Add(stepTime); ; {
		st, err := d.batch(ctx)
		if err != nil || st.Phase == "" || st.Phase == "failed" {
			return err == nil, err
		}
		if d.now().After(end) {
			return false, nil
		}
	}
}

const reindexBatch = 500

// batch moves the walk on by some documents; their entries and the place of
// the walk are written in one transaction.
func (d *Desk) batch(ctx context.Context) (indexState, error) {
	var st indexState
	var docs []*store.Doc
	err := d.engine.View(ctx, func(r store.Reader) error {
		var err error
		if st, err = readIndex(ctx, r); err != nil || st.Phase == "" || st.Type >= len(st.Types) {
			return err
		}
		docs, err = r.Scan(ctx, fhir.R4().Number(st.Types[st.Type]), store.Key{PK: st.PK, LID: st.LID}, reindexBatch)
		return err
	})
	if err != nil || st.Phase == "" || st.Phase == "failed" {
		return st, err
	}
	if st.Type >= len(st.Types) {
		return d.turnOver(ctx, st)
	}
	plan := d.searches()
	if plan.state.Generation != st.Generation {
		return st, fault.New(fault.Busy, "search.reindexing", "another process has changed what is indexed")
	}
	next := st
	err = d.engine.Update(ctx, func(tx store.Tx) error {
		now, err := readIndex(ctx, tx)
		if err != nil {
			return err
		}
		if now.PK != st.PK || now.LID != st.LID || now.Type != st.Type || now.Phase != st.Phase {
			return fault.New(fault.Conflict, "search.reindexing", "another process has done this batch")
		}
		next = now
		if err := d.batchWithin(ctx, tx, plan, &next, docs); err != nil {
			return err
		}
		return writeIndex(ctx, tx, next)
	})
	return next, err
}

// turnOver ends a walk: after the building comes the check, after the check the
// new parameters are served.
func (d *Desk) turnOver(ctx context.Context, st indexState) (indexState, error) {
	err := d.engine.Update(ctx, func(tx store.Tx) error {
		now, err := readIndex(ctx, tx)
		if err != nil {
			return err
		}
		if st = now; st.Type < len(st.Types) {
			return nil
		}
		st.Type, st.PK, st.LID = 0, 0, 0
		if st.Phase == "building" {
			st.Phase = "checking"
		} else {
			st.Phase, st.From, st.Upgrade, st.Labels, st.Attached, st.Ended = "", nil, false, false, false, tx.Time()
		}
		return writeIndex(ctx, tx, st)
	})
	if err != nil {
		return st, err
	}
	return st, d.reload(ctx)
}
