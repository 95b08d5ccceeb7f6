package record

import (
	"context"
	"sync/atomic"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// registration is what one entry says of where its patient is registered.
type registration struct {
	key   store.Key
	told  person.Told
	since atomic.Pointer[time.Time] // when it began to say so; nil = not asked yet
}

// registrationOf keeps of a Patient what tells where they are registered.
func registrationOf(doc *store.Doc, patient *fhir.Value) *registration {
	return &registration{key: doc.Key, told: person.Told{Patient: only(patient, "active", "generalPractitioner", "managingOrganization"), At: doc.Updated}}
}

// registered are the relationships that registration makes: with the practices
// that were named last, and no others. A trust sends what it holds of a patient
// with every visit, so that the time of an entry tells nothing of when it heard of
// its practice: entries that disagree are held against each other by when each
// began to name the one that it names.
func (d *Desk) registered(ctx context.Context, r store.Reader, entries []*registration) ([]access.Relation, error) {
	told := make([]person.Told, 0, len(entries))
	says := map[string]bool{}
	for _, e := range entries {
		if s := person.RegisteredSays(e.told.Patient); s != "" {
			told, says[s] = append(told, e.told), true
		}
	}
	if len(says) > 1 {
		told = told[:0]
		for _, e := range entries {
			since, err := d.saidSince(ctx, r, e)
			if err != nil {
				return nil, err
			}
			told = append(told, person.Told{Patient: e.told.Patient, At: since})
		}
	}
	var out []access.Relation
	for _, org := range person.RegisteredWith(told) {
		if access.IsPractice(org) {
			out = append(out, access.Relation{Org: org, How: "registration"})
		}
	}
	return out, nil
}

// saidSince is when an entry began to say what it says of its practice, as far
// back as versions are read.
func (d *Desk) saidSince(ctx context.Context, r store.Reader, e *registration) (time.Time, error) {
	says := person.RegisteredSays(e.told.Patient)
	if says == "" {
		return e.told.At, nil
	}
	if known := e.since.Load(); known != nil {
		return *known, nil
	}
	docs, err := r.Versions(ctx, e.key) // newest first
	if err != nil {
		return time.Time{}, err
	}
	since := e.told.At
	for _, doc := range docs[:min(len(docs), maxPastVersions)] {
		if doc.Updated.After(e.told.At) {
			continue // written after what is looked at
		}
		if doc.Deleted {
			break
		}
		body, err := d.parse(doc)
		if err != nil {
			return time.Time{}, err
		}
		if person.RegisteredSays(body) != says {
			break
		}
		since = doc.Updated
	}
	e.since.Store(&since)
	return since, nil
}
