package record

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/standard/fhir"
	"concord/store"
)

// AuditAsk is a search of the audit log.
type AuditAsk struct {
	audit.Query        // Records and Below are filled here
	Patient     string // id of a person, or of one trust's entry of them: whoever that is
	Page        string // token of a page; "" = the first
}

// AuditEvent is one entry as it concerns one patient, or nobody.
type AuditEvent struct {
	audit.Hit
	Patient string // reference to the person, "" for none
}

// AuditPage is some events, newest first.
type AuditPage struct {
	Events  []AuditEvent
	Next    string // token of the page behind it, "" = there is none
	Partial bool   // the page ends early because too much was looked at
	Patient string // reference to the person that was asked about
}

// FindAudit searches the audit log. A privacy officer of one trust sees what
// its people did, and all that was done to its patients' records; those of the
// domain see everything. The search is itself an entry. Errors: Denied; NotFound
// "record.unknown"; Invalid "audit.query", "audit.page".
func (e *Errand) FindAudit(ctx context.Context, a AuditAsk) (*AuditPage, error) {
	return e.lookUp(ctx, "AuditEvent", a)
}

// looks are the actions by which somebody sees something of a patient.
func looks() []access.Action {
	return []access.Action{access.Read, access.Search, access.FindPeople, access.Export, access.OpenMessage, access.Links, access.ReadAudit, access.BreakGlass}
}

// WhoHasLooked lists who has looked at a patient's record, newest first. id ""
// is the requester's own record; a patient may ask for no other. Errors: as
// those of FindAudit; NotFound "record.no-own"; Conflict "record.own-unsure"
// when their NHS number is on records that may not be theirs.
func (e *Errand) WhoHasLooked(ctx context.Context, id string, since time.Time, page string, limit int) (*AuditPage, error) {
	return e.lookUp(ctx, "Patient", AuditAsk{Patient: id, Page: page,
		Query: audit.Query{Actions: looks(), Outcome: audit.Done, From: since, Limit: limit}})
}

// lookUp answers both; typ tells the policy which of them is asked for.
func (e *Errand) lookUp(ctx context.Context, typ string, a AuditAsk) (*AuditPage, error) {
	var out *AuditPage
	err := e.read(ctx, access.ReadAudit, typ, func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{typ + "?" + strings.Join(a.names(), "&")}
		n, q, err := e.askedOf(ctx, v, typ, a, t)
		if err != nil {
			return err
		}
		out, err = e.auditPage(ctx, r, n, q, a.Page)
		if err == nil {
			t.count = len(out.Events)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// askedOf finds whose accesses are asked for, and by which records.
func (e *Errand) askedOf(ctx context.Context, v *sight, typ string, a AuditAsk, t *trace) (named, audit.Query, error) {
	q, r := a.Query, v.r
	n, err := e.subjectOf(ctx, r, typ, a.Patient)
	if err != nil {
		return n, q, err
	}
	if err := v.knows(ctx, n); err != nil {
		return n, q, err
	}
	if n.person != 0 {
		t.records = []string{e.desk.ids.encodePK(n.person)}
		for _, pk := range n.records() {
			q.Records = append(q.Records, e.desk.ids.encodePK(pk))
		}
	}
	return n, q, e.recordOfThing(ctx, r, &q)
}

// recordOfThing looks a thing up under its record: the index files entries that
// name a record under that alone.
func (e *Errand) recordOfThing(ctx context.Context, r store.Reader, q *audit.Query) error {
	ref, ok := fhir.ParseReference(q.Thing)
	if !ok || len(q.Records) > 0 {
		return nil
	}
	k, err := e.desk.locate(ctx, r, ref.Type, ref.ID)
	if fault.Is(err, fault.NotFound) {
		return nil // what was asked for by that name was not found either
	}
	q.Records = e.desk.recordIDs(k)
	return err
}

// names are what is asked by, without the values.
func (a *AuditAsk) names() []string {
	var out []string
	for _, x := range []struct {
		name string
		said bool
	}{{"patient", a.Patient != ""}, {"agent", a.Who != ""}, {"organisation", a.Org != ""}, {"purpose", a.Purpose != ""}, {"action", len(a.Actions) > 0},
		{"outcome", a.Outcome != ""}, {"entity", a.Thing != ""}, {"reason", a.Words != ""}, {"date", !a.From.IsZero() || !a.To.IsZero()}} {
		if x.said {
			out = append(out, x.name)
		}
	}
	return out
}

// subjectOf is whose accesses are asked for: the zero named when of nobody in
// particular.
func (e *Errand) subjectOf(ctx context.Context, r store.Reader, typ, id string) (named, error) {
	own := e.who.Role == access.Patient
	if id == "" && typ != "Patient" {
		return named{}, nil
	}
	var mine named
	if own || id == "" {
		var err error
		if mine, err = e.desk.recordOfNumber(ctx, r, e.who.NHSNumber); err != nil || id == "" {
			return mine, err
		}
	}
	n, err := e.desk.whose(ctx, r, id, time.Time{})
	if err != nil {
		return n, err
	}
	if own && n.person != mine.person {
		return n, fault.New(fault.Withheld, "record.withheld", "no such Patient is known")
	}
	if n.entry != 0 { // whoever the entry is of
		return e.desk.personAt(ctx, r, n)
	}
	return n, nil
}

// personAt widens an entry to its person.
func (d *Desk) personAt(ctx context.Context, r store.Reader, n named) (named, error) {
	if n.person == 0 {
		return named{person: n.entry}, nil
	}
	wide, _, err := d.personNamed(ctx, r, d.ids.person(n.person), time.Time{})
	return wide, err
}

// recordOfNumber is the one person with an NHS number. Two persons that share
// it are a conflict that stewards have not decided yet: neither is shown.
func (d *Desk) recordOfNumber(ctx context.Context, r store.Reader, number string) (named, error) {
	none := fault.New(fault.NotFound, "record.no-own", "we hold no record with your NHS number")
	if number == "" {
		return named{}, none
	}
	text := peopleText{NHS: number}
	keys, err := d.byNumber(ctx, r, text)
	if err != nil {
		return named{}, err
	}
	persons, _, err := d.personsAmong(ctx, r, keys, text, 2)
	if err != nil {
		return named{}, err
	}
	switch len(persons) {
	case 0:
		return named{}, none
	case 1:
		n, _, err := d.personNamed(ctx, r, d.ids.person(persons[0]), time.Time{})
		return n, err
	}
	return named{}, fault.New(fault.Conflict, "record.own-unsure", "your NHS number is on more than one record; the hospitals are finding out which is yours")
}

// auditPage fills a page with what the requester may know of.
func (e *Errand) auditPage(ctx context.Context, r store.Reader, n named, q audit.Query, page string) (*AuditPage, error) {
	below, skip, err := parseAuditPage(page)
	if err != nil {
		return nil, err
	}
	q.Below = below
	out := &AuditPage{}
	if n.person != 0 {
		out.Patient = "Patient/" + e.desk.ids.person(n.person)
	}
	ok, err := e.narrow(ctx, r, n, &q)
	if err != nil || !ok {
		return out, err
	}
	found, err := audit.Find(ctx, r, q)
	if err != nil {
		return nil, err
	}
	limit := cmp.Or(q.Limit, audit.DefaultLimit)
	out.Partial = found.Partial
	if found.Next > 0 {
		out.Next = auditPageToken(found.Next, 0)
	}
	who := &naming{desk: e.desk, r: r, known: map[string]string{}}
	for i, h := range found.Hits {
		patients, err := who.patients(ctx, h.Entry.Records, out.Patient)
		if err != nil {
			return nil, err
		}
		if i == 0 && h.Seq == below-1 {
			patients = patients[min(skip, len(patients)-1):]
		} else {
			skip = 0
		}
		for k, p := range patients {
			if len(out.Events) == limit {
				out.Next = auditPageToken(h.Seq+1, skip+k)
				return out, nil
			}
			out.Events = append(out.Events, AuditEvent{h, p})
		}
	}
	return out, nil
}

// narrow keeps a trust's privacy officer to what its people did, unless the
// patient asked about is the trust's own. It is false when nothing may be seen.
func (e *Errand) narrow(ctx context.Context, r store.Reader, n named, q *audit.Query) (bool, error) {
	if e.who.Role == access.Patient || e.who.Controls(access.Domain) {
		return true, nil
	}
	if n.person != 0 {
		groups, err := r.Chart(ctx, n.records(), []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(groups[0], func(doc *store.Doc) bool { return doc.Org == e.who.Org }) {
			return true, nil
		}
	}
	if q.Org == "" {
		q.Org = e.who.Org
	}
	return q.Org == e.who.Org, nil
}

// naming finds the persons that records are of.
type naming struct {
	desk  *Desk
	r     store.Reader
	known map[string]string // by record
}

// patients are references to the persons among some records, the one asked for
// alone if there is one; one empty reference when there is none.
func (x *naming) patients(ctx context.Context, records []string, asked string) ([]string, error) {
	if asked != "" {
		return []string{asked}, nil
	}
	var out []string
	for _, rec := range records {
		ref, known := x.known[rec]
		if !known {
			var err error
			if ref, err = x.person(ctx, rec); err != nil {
				return nil, err
			}
			x.known[rec] = ref
		}
		if ref != "" && !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	if len(out) == 0 {
		return []string{""}, nil
	}
	return out, nil
}

// person is a reference to the person of one record, "" for a lone resource.
func (x *naming) person(ctx context.Context, rec string) (string, error) {
	pk, _, ok := x.desk.ids.decode(rec + "-0")
	if !ok {
		return "", nil
	}
	p, err := x.r.PersonOf(ctx, pk, time.Time{})
	if err != nil {
		return "", err
	}
	if p == 0 {
		members, err := x.r.Members(ctx, pk, time.Time{})
		if err != nil || len(members) == 0 {
			return "", err
		}
		p = pk
	}
	return "Patient/" + x.desk.ids.person(p), nil
}

// A page's token is the entry below which it goes on and, when the page broke
// off among the patients of one entry, how many of them came already.
func auditPageToken(below int64, skip int) string {
	return strconv.FormatInt(below, 10) + "-" + strconv.Itoa(skip)
}

func parseAuditPage(token string) (below int64, skip int, err error) {
	if token == "" {
		return 0, 0, nil
	}
	a, b, _ := strings.Cut(token, "-")
	below, err = strconv.ParseInt(a, 10, 64)
	skip, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil || below < 1 || skip < 0 {
		return 0, 0, fault.New(fault.Invalid, "audit.page", "the page is none of this search")
	}
	return below, skip, nil
}
