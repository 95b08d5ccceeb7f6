package record

import (
	"context"
	"slices"
	"strings"
	"sync"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// Referrers tell of resources whether what another than the errand has written refers
// to them out of another record than theirs: one that is about nobody, or about
// somebody else. They read the change feed, each stretch once, from the change that
// wrote the oldest resource that was asked for: what refers to something came after it.
// What Provenances say of the past counts as no reference. They may be used by several at
// once.
type Referrers struct {
	errand *Errand
	mu     sync.Mutex
	begun  bool
	read   stretch // of the change feed
	to     map[store.Key]bool
}

// Referrers begin to look.
func (e *Errand) Referrers() *Referrers { return &Referrers{errand: e, to: map[store.Key]bool{}} }

// RefersTo tells of each resource whether something refers to it from outside, in the
// state of now. Who may not be told is told true. Errors: Denied; Busy
// "audit.unavailable".
func (o *Referrers) RefersTo(ctx context.Context, items []*Item) ([]bool, error) {
	out := make([]bool, len(items))
	err := o.errand.read(ctx, access.Search, "Patient", func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{"references from other records"}
		if !v.impersonal() || v.Filter.Limited() {
			for i := range out {
				out[i] = true
			}
			return nil
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if err := o.upTo(ctx, r, v.change, items); err != nil {
			return err
		}
		for i, it := range items {
			out[i] = o.to[it.key]
		}
		return nil
	})
	return out, err
}

// upTo reads what was not read of the feed between the oldest of some resources and
// the last change.
func (o *Referrers) upTo(ctx context.Context, r store.Reader, last int64, items []*Item) error {
	oldest, err := firstWritten(ctx, r, items, last)
	if err != nil {
		return err
	}
	var parts []stretch
	switch {
	case !o.begun:
		parts = []stretch{{oldest, last}}
	default:
		parts = []stretch{{oldest, o.read.after}, {o.read.last, last}}
		oldest, last = min(oldest, o.read.after), max(last, o.read.last)
	}
	for _, part := range parts {
		if err := o.stretch(ctx, r, part); err != nil {
			return err
		}
	}
	o.begun, o.read = true, stretch{oldest, last}
	return nil
}

// firstWritten is the change that wrote the first version of the oldest of some
// resources.
func firstWritten(ctx context.Context, r store.Reader, items []*Item, last int64) (int64, error) {
	var changed []store.VersionKey
	for _, it := range items {
		if last = min(last, it.Change); it.Version > 1 {
			changed = append(changed, store.VersionKey{Key: it.key, Version: 1})
		}
	}
	if len(changed) == 0 {
		return last, nil
	}
	docs, err := r.GetVersions(ctx, changed)
	for _, doc := range docs {
		last = min(last, doc.Change)
	}
	return last, err
}

// referrersStep is how many lines of the feed are looked at together.
const referrersStep = 2000

func (o *Referrers) stretch(ctx context.Context, r store.Reader, part stretch) error {
	for after := part.after; after < part.last; {
		lines, err := r.Changes(ctx, after, referrersStep)
		if err != nil || len(lines) == 0 {
			return err
		}
		after = lines[len(lines)-1].Change
		lines = slices.DeleteFunc(lines, func(c store.Change) bool { return c.Change > part.last || c.Deleted || !refersOn(c.Key) })
		if lines, err = o.ofOthers(ctx, r, lines); err != nil || len(lines) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if err := o.lines(ctx, r, lines); err != nil {
			return err
		}
	}
	return nil
}

// refersOn leaves out what tells of the past, and the persons, which follow from
// their entries.
func refersOn(k store.Key) bool {
	switch fhir.R4().Name(k.Type()) {
	case "Person", "Provenance", "AuditEvent":
		return false
	}
	return true
}

// ofOthers leaves out the commits of the errand itself: one commit is of one feed, so
// that one of its versions tells.
func (o *Referrers) ofOthers(ctx context.Context, r store.Reader, lines []store.Change) ([]store.Change, error) {
	var first []store.VersionKey
	for i, c := range lines {
		if i == 0 || lines[i-1].Change != c.Change {
			first = append(first, store.VersionKey{Key: c.Key, Version: c.Version})
		}
	}
	docs, err := r.GetVersions(ctx, first)
	if err != nil {
		return nil, err
	}
	own := map[int64]bool{}
	for _, doc := range docs {
		own[doc.Change] = doc.Feed == o.errand.Who().ID
	}
	return slices.DeleteFunc(lines, func(c store.Change) bool { return own[c.Change] }), nil
}

// lines notes what versions refer to that stand and lies in another record.
func (o *Referrers) lines(ctx context.Context, r store.Reader, lines []store.Change) error {
	keys := make([]store.Key, len(lines))
	wrote := map[store.VersionKey]bool{}
	for i, c := range lines {
		keys[i], wrote[store.VersionKey{Key: c.Key, Version: c.Version}] = c.Key, true
	}
	docs, err := r.GetMany(ctx, keys)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		if doc.Deleted || !wrote[store.VersionKey{Key: doc.Key, Version: doc.Version}] {
			continue // a later line tells of it
		}
		refs, err := o.errand.desk.refsIn(doc)
		if err != nil {
			return err
		}
		for _, ref := range refs {
			if err := o.note(ctx, r, doc.PK, ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// refsIn are the literal references anywhere in a document.
func (d *Desk) refsIn(doc *store.Doc) ([]string, error) {
	open, err := d.opened(doc)
	if err != nil {
		return nil, err
	}
	if refs, ok := open.text.References(); ok {
		return refs, nil
	}
	body, err := open.text.Only(nil)
	if err != nil {
		return nil, err
	}
	var refs []string
	fhir.Rewrite(body, func(ref string) string {
		refs = append(refs, ref)
		return ref
	})
	return refs, nil
}

// note notes a reference that leads to another record, and where what it names was
// moved to.
func (o *Referrers) note(ctx context.Context, r store.Reader, from int64, ref string) error {
	for range maxHops {
		ref, _, _ = strings.Cut(ref, "/_history/")
		k, ours := o.errand.desk.keyNamed(ref)
		if !ours || k.PK == from || o.to[k] {
			return nil
		}
		o.to[k] = true
		docs, err := r.GetMany(ctx, []store.Key{k})
		if err != nil || len(docs) == 0 || docs[0].Deleted {
			return err
		}
		it, err := o.errand.desk.item(docs[0])
		if err != nil {
			return err
		}
		if ref = movedTo(it.Resource); ref == "" {
			return nil
		}
	}
	return nil
}
