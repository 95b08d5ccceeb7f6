package record

import (
	"context"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Forwarded is one version of a resource as a channel of its organisation may
// see it.
type Forwarded struct {
	Type, ID string
	Version  int64
	Change   int64
	At       time.Time
	Org      string
	Record   int64       // the record that it lies in, a handle for Outgoing.Records
	Now      *fhir.Value // nil when it was deleted
	Before   *fhir.Value // the version before; nil when there was none, or it was deleted
}

// Follow tells a reference to the resource as it stands and the record that it
// lies in; nil when there is none that may be seen.
type Follow func(ref string) (*fhir.Value, int64)

// Forward reads a stretch of the change feed after a change number, at most
// about so many lines and never a part of a commit, and hands each commit's
// versions of the types that are wanted to f, those that the requester may see.
// It returns the change number up to which it read. All is read on one
// snapshot; nothing of it leaves before Release has audited it.
func (e *Errand) Forward(ctx context.Context, after, until int64, limit int, want func(typ, org string) bool,
	f func(commit []Forwarded, look Follow) error) (last int64, err error) {
	v, err := e.decide(ctx, access.Search, "")
	if err != nil {
		return after, err
	}
	err = e.desk.engine.View(ctx, func(r store.Reader) error {
		last = after
		lines, err := r.Changes(ctx, after, limit)
		if err != nil || len(lines) == 0 {
			return err
		}
		now, err := r.LastChange(ctx)
		if err != nil {
			return err
		}
		s, err := e.sight(ctx, r, v, now)
		if err != nil {
			return err
		}
		fw := &forwarding{desk: e.desk, r: r, s: s, want: want, seen: map[string]led{}, items: map[store.VersionKey]*Item{}}
		if err := fw.load(ctx, lines); err != nil {
			return err
		}
		for i := 0; i < len(lines); {
			n := i
			for n < len(lines) && lines[n].Change == lines[i].Change {
				n++
			}
			if until > 0 && lines[i].Change > until {
				return nil
			}
			commit, err := fw.commit(ctx, lines[i:n])
			if err != nil {
				return err
			}
			if len(commit) > 0 {
				if err := f(commit, func(ref string) (*fhir.Value, int64) { return fw.follow(ctx, ref) }); err != nil {
					return err
				}
			}
			if fw.failed != nil {
				return fw.failed
			}
			last, i = lines[i].Change, n
		}
		return nil
	})
	return last, err
}

// LastChange is the number of the newest commit. It tells nothing of anybody.
func (d *Desk) LastChange(ctx context.Context) (n int64, err error) {
	err = d.engine.View(ctx, func(r store.Reader) error {
		n, err = r.LastChange(ctx)
		return err
	})
	return n, err
}

// forwarding reads the commits of one stretch.
type forwarding struct {
	desk   *Desk
	r      store.Reader
	s      *sight
	want   func(typ, org string) bool
	docs   map[store.VersionKey]*store.Doc // as they were written, and before
	newest map[store.Key]int64             // the version that stands
	items  map[store.VersionKey]*Item      // those that were shown; nil = may not be seen
	seen   map[string]led
	failed error
}

// led is what a reference leads to.
type led struct {
	v      *fhir.Value
	record int64
}

// load reads all versions of a stretch at once.
func (w *forwarding) load(ctx context.Context, lines []store.Change) error {
	var asked []store.VersionKey
	var keys []store.Key
	for _, l := range lines {
		if !wanted(l.Key) {
			continue
		}
		asked, keys = append(asked, store.VersionKey{Key: l.Key, Version: l.Version}), append(keys, l.Key)
		if l.Version > 1 {
			asked = append(asked, store.VersionKey{Key: l.Key, Version: l.Version - 1})
		}
	}
	w.docs, w.newest = map[store.VersionKey]*store.Doc{}, map[store.Key]int64{}
	if len(asked) == 0 {
		return nil
	}
	docs, err := w.r.GetVersions(ctx, asked)
	if err != nil {
		return err
	}
	for _, d := range docs {
		w.docs[store.VersionKey{Key: d.Key, Version: d.Version}] = d
	}
	current, err := w.r.GetMany(ctx, keys)
	w.s.current = map[store.Key]*store.Doc{}
	for _, d := range current {
		w.newest[d.Key], w.s.current[d.Key] = d.Version, d
	}
	return err
}

// commit gives what one commit wrote, as it was then and before.
func (w *forwarding) commit(ctx context.Context, lines []store.Change) ([]Forwarded, error) {
	var out []Forwarded
	for _, l := range lines {
		doc := w.docs[store.VersionKey{Key: l.Key, Version: l.Version}]
		if doc == nil || !w.want(fhir.R4().Name(l.Key.Type()), doc.Org) {
			continue
		}
		one, err := w.version(ctx, doc, w.docs[store.VersionKey{Key: l.Key, Version: l.Version - 1}])
		if err != nil {
			return nil, err
		}
		if one != nil {
			out = append(out, *one)
		}
	}
	return out, nil
}

// wanted looks at the type alone: the organisation is not known yet.
func wanted(k store.Key) bool {
	switch fhir.R4().Name(k.Type()) {
	case "Patient", "Encounter", "DiagnosticReport", "Observation", "DocumentReference":
		return true
	}
	return false
}

// version is a version and the one before; nil when it may not be seen.
func (w *forwarding) version(ctx context.Context, doc, before *store.Doc) (*Forwarded, error) {
	it, err := w.show(ctx, doc)
	if err != nil || it == nil {
		return nil, err
	}
	out := &Forwarded{Type: it.Type, ID: it.ID, Version: it.Version, Change: doc.Change, At: doc.Updated, Org: it.Org, Record: doc.PK, Now: it.Resource}
	if before == nil || before.Deleted {
		return out, nil
	}
	was, err := w.show(ctx, before)
	if err != nil || was == nil {
		return out, err
	}
	out.Before = was.Resource
	if doc.Deleted && was.Resource != nil {
		out.ID = was.ID // a client's own id stands in the body alone
	}
	return out, nil
}

// show is a version as the requester may see it. What one commit of the stretch
// wrote is mostly what the next found.
func (w *forwarding) show(ctx context.Context, doc *store.Doc) (*Item, error) {
	k := store.VersionKey{Key: doc.Key, Version: doc.Version}
	if it, known := w.items[k]; known {
		return it, nil
	}
	it, err := w.s.show(ctx, doc, w.newest[doc.Key] != doc.Version)
	if err == nil {
		w.items[k] = it
	}
	return it, err
}

// follow reads the current version of what a reference leads to. Its error
// ends the stretch: a message without what it refers to would be wrong.
func (w *forwarding) follow(ctx context.Context, ref string) (*fhir.Value, int64) {
	if got, known := w.seen[ref]; known {
		return got.v, got.record
	}
	got, err := w.read(ctx, ref)
	if err != nil && w.failed == nil {
		w.failed = err
	}
	w.seen[ref] = got
	return got.v, got.record
}

func (w *forwarding) read(ctx context.Context, ref string) (led, error) {
	at, ok := fhir.ParseReference(ref)
	if !ok || at.Base != "" {
		return led{}, nil
	}
	doc, err := w.desk.fetch(ctx, w.r, at.Type, at.ID)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return led{}, nil
		}
		return led{}, err
	}
	if doc.Deleted {
		return led{}, nil
	}
	it, err := w.s.show(ctx, doc, false)
	if err != nil || it == nil {
		return led{}, err
	}
	return led{it.Resource, doc.PK}, nil
}
