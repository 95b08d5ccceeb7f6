package record

import (
	"context"
	"strings"
	"time"

	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/store"
)

// recordFacts is what one record says that bears on access: of its patient, and
// of who looks after them.
type recordFacts struct {
	restricted, watched bool
	employee            bool // watched as an employee
	objects, dissents   bool
	seals               []access.StandingSeal
	nhs                 []string
	relations           []access.Relation
	rests               []store.Key     // what it refers to in the directory
	lacks               bool            // something of that is not there (yet)
	entries             []*registration // where they are registered, by what is joined with this record
}

// Bounds of what is looked at: the newest of each kind that makes a relationship;
// every stay that has not ended, and every objection that stands, however old.
const (
	newestTies = 100
	// openStays is how long a stay that nobody ended is believed after it was
	// last heard of.
	openStays = 180 * 24 * time.Hour
)

const (
	staying   = "status=planned,arrived,triaged,in-progress,onleave"
	objecting = "status=active&category=" + access.ObjectionSystem + "|" + access.SharedRecord + "," + access.ObjectionSystem + "|" + access.GPDissent + "," + access.ObjectionSystem + "|" + access.StandingSealCode
)

// tieSections is what facts are read from.
func tieSections() []Section {
	return []Section{
		{Type: "Patient"}, {Type: "Consent", Where: objecting},
		{Type: "Encounter", Where: staying}, {Type: "Encounter", Newest: newestTies},
		{Type: "Appointment", Newest: newestTies}, {Type: "ServiceRequest", Newest: newestTies},
		{Type: "CareTeam", Newest: newestTies},
	}
}

// factTypes are the types that facts are read from, by number.
func factTypes() map[uint16]bool {
	out := map[uint16]bool{}
	for _, s := range tieSections() {
		out[fhir.R4().Number(s.Type)] = true
	}
	return out
}

// recordFacts reads what some records say, from what is remembered as far as
// that holds.
func (d *Desk) recordFacts(ctx context.Context, r store.Reader, change int64, pks []int64) ([]*recordFacts, error) {
	out := make([]*recordFacts, len(pks))
	var missing []int64
	for i, pk := range pks {
		if out[i] = d.guard.factsOf(pk); out[i] == nil {
			missing = append(missing, pk)
		}
	}
	if missing == nil {
		return out, nil
	}
	fresh, err := d.readFacts(ctx, r, missing)
	if err != nil {
		return nil, err
	}
	for i, pk := range pks {
		if out[i] == nil {
			out[i] = fresh[pk]
			d.guard.keep(pk, change, fresh[pk])
		}
	}
	return out, nil
}

func (d *Desk) readFacts(ctx context.Context, r store.Reader, pks []int64) (map[int64]*recordFacts, error) {
	sections := tieSections()
	queries, err := d.sectionQueries(sections)
	if err != nil {
		return nil, err
	}
	var ranges []store.Range
	for i, s := range sections {
		ranges = append(ranges, d.rangeOf(s, queries[i], false))
	}
	out := map[int64]*recordFacts{}
	for _, pk := range pks {
		out[pk] = &recordFacts{}
	}
	groups, err := r.Chart(ctx, pks, ranges, time.Time{})
	if err != nil {
		return nil, err
	}
	seen := map[store.Key]bool{}
	var docs []*store.Doc
	var bodies []*fhir.Value
	for _, group := range groups {
		for _, doc := range group {
			if out[doc.PK] == nil || seen[doc.Key] {
				continue
			}
			seen[doc.Key] = true
			body, err := d.parse(doc)
			if err != nil {
				return nil, err
			}
			docs, bodies = append(docs, doc), append(bodies, body)
		}
	}
	x := &directory{desk: d, r: r, known: map[string]directoryEntry{}}
	if err := x.ahead(ctx, bodies); err != nil {
		return nil, err
	}
	for i, doc := range docs {
		f := out[doc.PK]
		x.org, x.body, x.said = doc.Org, bodies[i], f
		f.take(doc, bodies[i], "/"+d.ids.encode(doc.Key), func(ref *fhir.Value) called { return x.of(ctx, ref) })
	}
	return out, x.err
}

// take reads one resource.
func (f *recordFacts) take(doc *store.Doc, body *fhir.Value, id string, who names) {
	typ := body.Type()
	switch typ {
	case "Patient":
		f.patient(doc, body)
	case "Consent":
		f.consent(body)
		if s, ok := access.StandingOf(strings.TrimPrefix(id, "/"), doc.Org, body); ok {
			f.seals = append(f.seals, s)
		}
	case "Encounter":
		f.encounter(doc, body, typ+id, who)
	case "Appointment":
		f.appointment(doc, body, typ+id, who)
	case "ServiceRequest":
		f.referral(doc, body, typ+id, who)
	case "CareTeam":
		if body.StrAt("status") == "active" {
			f.teams(body, []string{"managingOrganization.identifier", "participant.member.identifier"}, "care team", time.Time{}, typ+id)
		}
	}
}

func (f *recordFacts) patient(doc *store.Doc, body *fhir.Value) {
	m := access.MarksOf("Patient", body.Path("meta.security"))
	f.restricted, f.watched, f.employee = f.restricted || m.Restricted, f.watched || m.Watched, f.employee || m.Employee
	for id := range body.Get("identifier").Each() {
		if id.StrAt("system") == uk.NHSNumberSystem && id.StrAt("value") != "" {
			f.nhs = append(f.nhs, id.StrAt("value"))
		}
	}
	f.entries = append(f.entries, registrationOf(doc, body))
}

// consent reads the patient's objections: active Consents of our categories.
// Whether they permit or deny is in the category; what is withdrawn is inactive.
func (f *recordFacts) consent(body *fhir.Value) {
	if body.StrAt("status") != "active" {
		return
	}
	for _, c := range body.All("category.coding") {
		if c.StrAt("system") != access.ObjectionSystem {
			continue
		}
		f.objects = f.objects || c.StrAt("code") == access.SharedRecord
		f.dissents = f.dissents || c.StrAt("code") == access.GPDissent
	}
}

// careOf is the organisation that a resource makes a relationship for: the one
// that controls it, or the one that it names when the domain wrote it.
func careOf(doc *store.Doc, named *fhir.Value) string {
	if doc.Org == access.Domain && named.StrAt("system") == uk.ODSOrganization && named.StrAt("value") != "" {
		return named.StrAt("value")
	}
	return doc.Org
}

func (f *recordFacts) encounter(doc *store.Doc, body *fhir.Value, ref string, who names) {
	until := doc.Updated.Add(openStays)
	switch body.StrAt("status") {
	case "planned", "arrived", "triaged", "in-progress", "onleave":
	case "finished":
		until = endOf(body.StrAt("period.end"), doc.Updated).Add(access.Grace)
	default:
		return
	}
	org := careOf(doc, body.Path("serviceProvider.identifier"))
	f.relations = append(f.relations, access.Relation{Org: org, How: "encounter", Until: until, Ref: ref, Places: stayPlaces(body, who)})
	f.leftWards(body, org, until, ref, who)
	f.teams(body, []string{"participant.individual.identifier", "location.location.identifier"}, "encounter", until, ref)
}

func (f *recordFacts) appointment(doc *store.Doc, body *fhir.Value, ref string, who names) {
	switch body.StrAt("status") {
	case "proposed", "pending", "booked", "arrived", "checked-in", "fulfilled", "waitlist":
	default:
		return
	}
	end := body.StrAt("end")
	if end == "" {
		end = body.StrAt("start")
	}
	until := endOf(end, doc.Updated.Add(openStays)).Add(access.Grace)
	f.relations = append(f.relations, access.Relation{Org: careOf(doc, nil), How: "appointment", Until: until, Ref: ref, Places: bookedPlaces(body, who)})
	f.teams(body, []string{"participant.actor.identifier"}, "appointment", until, ref)
}

// referral reads a ServiceRequest: whoever asks and whoever is asked look
// after the patient while it is open.
func (f *recordFacts) referral(doc *store.Doc, body *fhir.Value, ref string, who names) {
	until := doc.Updated.Add(openStays)
	switch body.StrAt("status") {
	case "active", "on-hold":
	case "completed":
		until = doc.Updated.Add(access.Grace)
	default:
		return
	}
	asked := askedPlaces(body, who)
	f.relations = append(f.relations, access.Relation{Org: careOf(doc, nil), How: "referral", Until: until, Ref: ref,
		Places: askingPlaces(body, asked, who), Apart: body.Get("encounter") != nil})
	for _, id := range body.All("performer.identifier") {
		if id.StrAt("system") == uk.ODSOrganization && id.StrAt("value") != "" {
			f.relations = append(f.relations, access.Relation{Org: id.StrAt("value"), How: "referral", Until: until, Ref: ref, Places: asked})
		}
	}
	f.teams(body, []string{"performer.identifier"}, "referral", until, ref)
}

// teams adds the workgroups that a resource names ("ORG/CODE").
func (f *recordFacts) teams(body *fhir.Value, places []string, how string, until time.Time, ref string) {
	for _, place := range places {
		for _, id := range body.All(place) {
			org, group, ok := strings.Cut(id.StrAt("value"), "/")
			if id.StrAt("system") == access.TeamSystem && ok && org != "" && group != "" {
				f.relations = append(f.relations, access.Relation{Org: org, Workgroup: group, How: how, Until: until, Ref: ref})
			}
		}
	}
}

// endOf is the last moment of a FHIR date or time, or another where there is
// none that can be read.
func endOf(text string, otherwise time.Time) time.Time {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t
	}
	for _, layout := range []string{"2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			switch layout {
			case "2006-01-02":
				return t.AddDate(0, 0, 1)
			case "2006-01":
				return t.AddDate(0, 1, 0)
			}
			return t.AddDate(1, 0, 0)
		}
	}
	return otherwise
}
