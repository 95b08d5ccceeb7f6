package record

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/audit"
	"concord/record/review"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// Reviewer follows the audit log and files cases for accesses that look as if
// they had another reason than care. It reads behind the log, so that an access
// bears nothing of it. One runs at a time (jobs.Lead); should two run for a
// moment, the work of one is taken.
type Reviewer struct {
	desk *Desk
	// staff tells the name to show and the NHS number of a user, "" when it is
	// not known.
	staff func(ctx context.Context, user string) (display, nhs string, err error)
	told  map[string]bool // user, person and day that were looked at
	fresh []string        // those of the batch in hand
}

// Reviewer makes one. staff tells the name to show and the NHS number of a user.
func (d *Desk) Reviewer(staff func(ctx context.Context, user string) (display, nhs string, err error)) *Reviewer {
	return &Reviewer{desk: d, staff: staff, told: map[string]bool{}}
}

const (
	reviewSpace = "review"
	reviewMark  = "mark"
	reviewBatch = 500
	reviewEvery = time.Second
	mostTold    = 100_000 // about 10 MB
)

// Run follows the log until ctx ends. failed is told of each failure; it goes
// on.
func (v *Reviewer) Run(ctx context.Context, failed func(error)) {
	for ctx.Err() == nil {
		n, err := v.Once(ctx)
		if err != nil && !fault.Is(err, fault.Conflict) && ctx.Err() == nil {
			failed(err)
		}
		if err == nil && n >= reviewBatch {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(reviewEvery):
		}
	}
}

// glance is one user's looking at one person.
type glance struct {
	who    access.Requester
	at     time.Time
	person int64 // the first record of the human
	pks    []int64
}

// Once looks at a batch of entries and says how many they were. The first time
// it begins at the end of the log: what was before is past. Errors: Conflict
// "review.mark" when another has done it; the store's.
func (v *Reviewer) Once(ctx context.Context) (int, error) {
	var mark int64
	var rows int
	var cases []review.Case
	days := map[string]*review.Days{}
	begins := false
	v.fresh = nil
	err := v.desk.engine.View(ctx, func(r store.Reader) error {
		text, err := r.GetKey(ctx, reviewSpace, reviewMark)
		if err != nil {
			return err
		}
		if text == nil {
			begins = true
			mark, err = r.LogSize(ctx, audit.Log)
			return err
		}
		if mark, err = strconv.ParseInt(string(text), 10, 64); err != nil {
			return fault.Wrap(err, fault.Internal, "review.mark", "the mark of the reviews cannot be read")
		}
		list, err := r.LogEntries(ctx, audit.Log, mark, reviewBatch)
		if err != nil {
			return err
		}
		rows = len(list)
		glances, err := v.glances(ctx, r, list)
		if err != nil {
			return err
		}
		if cases, err = v.picked(ctx, r, glances); err != nil {
			return err
		}
		return v.counted(ctx, r, glances, days)
	})
	if err != nil || rows == 0 && !begins {
		return rows, err
	}
	if err := v.keep(ctx, mark, int64(rows), begins, cases, days); err != nil {
		for _, key := range v.fresh { // they are looked at again
			delete(v.told, key)
		}
		return rows, err
	}
	return rows, nil
}

// glances are the looks of people at patients among some rows of the log.
func (v *Reviewer) glances(ctx context.Context, r store.Reader, rows []store.Entry) ([]glance, error) {
	var out []glance
	humans := map[string][]int64{}
	for _, row := range rows {
		e, err := audit.Decode(row.Body)
		if fault.Is(err, fault.Gone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !e.Allowed || e.Outcome != "" || e.Action != access.Read && e.Action != access.Search || !reviewed(e.Role) {
			continue
		}
		for _, rec := range e.Records {
			pks, known := humans[rec]
			if !known {
				if pks, err = v.human(ctx, r, rec); err != nil {
					return nil, err
				}
				humans[rec] = pks
			}
			if len(pks) == 0 {
				continue
			}
			g := glance{access.Requester{ID: e.Who, Role: e.Role, Org: e.Org}, e.At, slices.Min(pks), pks}
			if !slices.ContainsFunc(out, func(o glance) bool {
				return o.person == g.person && o.who.ID == g.who.ID && o.who.Org == g.who.Org && v.desk.day(o.at).Equal(v.desk.day(g.at))
			}) {
				out = append(out, g)
			}
		}
	}
	return out, nil
}

// reviewed are the roles whose looks are reviewed.
func reviewed(role access.Role) bool {
	return role == access.Clinician || role == access.Receptionist || role == access.Steward || role == access.Privacy
}

// human is all records of the patient of one record; nil when it is nobody's.
func (v *Reviewer) human(ctx context.Context, r store.Reader, rec string) ([]int64, error) {
	pk, _, ok := v.desk.ids.decode(rec + "-0")
	if !ok {
		return nil, nil
	}
	all, known, err := sameHuman(ctx, r, pk)
	if err != nil || !known {
		return nil, err
	}
	return all, nil
}

// picked makes cases of what is unusual, once a day for each user and person.
func (v *Reviewer) picked(ctx context.Context, r store.Reader, glances []glance) ([]review.Case, error) {
	var out []review.Case
	staff := map[string]review.Staff{}
	for _, g := range glances {
		day := v.desk.day(g.at)
		key := g.who.ID + "|" + g.who.Org + "|" + strconv.FormatInt(g.person, 36) + "|" + day.Format(time.DateOnly)
		if v.told[key] {
			continue
		}
		if len(v.told) > mostTold {
			v.told = map[string]bool{}
		}
		v.told[key], v.fresh = true, append(v.fresh, key)
		s, known := staff[g.who.ID]
		if !known {
			var err error
			if s, err = v.who(ctx, r, g.who.ID); err != nil {
				return nil, err
			}
			staff[g.who.ID] = s
		}
		p, err := v.desk.reviewPatient(ctx, r, g.pks)
		if err != nil {
			return nil, err
		}
		for _, kind := range review.Signals(g.who, s, p, g.at) {
			c := review.Case{At: g.at, Kind: kind, User: g.who.ID, Role: g.who.Role, Org: g.who.Org, Person: v.desk.ids.person(g.person)}
			period := day
			if kind == review.Surname || kind == review.Discharged { // once a month is enough
				period = day.AddDate(0, 0, 1-day.Day())
			}
			c.ID = review.NewID(period, kind, c.User, c.Person)
			out = append(out, c)
		}
	}
	return out, nil
}

// who is what is known of a user. Where they live, their own record says.
func (v *Reviewer) who(ctx context.Context, r store.Reader, user string) (review.Staff, error) {
	display, nhs, err := v.staff(ctx, user)
	if err != nil {
		return review.Staff{}, err
	}
	s := review.Staff{Family: search.Fold(review.SurnameOf(display)), NHS: nhs}
	n, err := v.desk.recordOfNumber(ctx, r, nhs)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	own, err := v.desk.reviewPatient(ctx, r, n.records())
	s.Homes = own.Homes
	return s, err
}

// reviewPatient gathers what the records of one human say.
func (d *Desk) reviewPatient(ctx context.Context, r store.Reader, pks []int64) (review.Patient, error) {
	var p review.Patient
	facts, err := d.readFacts(ctx, r, pks)
	if err != nil {
		return p, err
	}
	for _, f := range facts {
		p.NHS, p.Relations = append(p.NHS, f.nhs...), append(p.Relations, f.relations...)
	}
	groups, err := r.Chart(ctx, pks, []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
	if err != nil {
		return p, err
	}
	for _, doc := range groups[0] {
		if doc.Deleted {
			continue
		}
		body, err := d.parse(doc)
		if err != nil {
			return p, err
		}
		for name := range body.Get("name").Each() {
			if family := search.Fold(name.StrAt("family")); family != "" {
				p.Families = append(p.Families, family)
			}
		}
		for address := range body.Get("address").Each() {
			if home := homeOf(address); home != "" {
				p.Homes = append(p.Homes, home)
			}
		}
	}
	return p, nil
}

// homeOf is an address by its postcode and first line; "" when either is not
// given: a postcode alone is a street.
func homeOf(address *fhir.Value) string {
	code := strings.ToUpper(strings.ReplaceAll(address.StrAt("postalCode"), " ", ""))
	for line := range address.Get("line").Each() {
		if first := search.Fold(line.Str()); first != "" && code != "" {
			return code + " " + first
		}
	}
	return ""
}

// counted notes whom each user looked at that day.
func (v *Reviewer) counted(ctx context.Context, r store.Reader, glances []glance, days map[string]*review.Days) error {
	for _, g := range glances {
		key := g.who.ID + "|" + g.who.Org + "|" + string(g.who.Role)
		d := days[key]
		if d == nil {
			var err error
			if d, err = review.ReadDays(ctx, r, key); err != nil {
				return err
			}
			days[key] = d
		}
		d.Look(v.desk.day(g.at).Format(time.DateOnly), strconv.FormatInt(g.person, 36))
	}
	return nil
}

// keep files the cases and moves the mark, unless another has moved it.
func (v *Reviewer) keep(ctx context.Context, mark, rows int64, begins bool, cases []review.Case, days map[string]*review.Days) error {
	return v.desk.engine.Update(ctx, func(tx store.Tx) error {
		text, err := tx.GetKey(ctx, reviewSpace, reviewMark)
		if err != nil {
			return err
		}
		if begins != (text == nil) || !begins && string(text) != strconv.FormatInt(mark, 10) {
			return fault.New(fault.Conflict, "review.mark", "another process has reviewed these entries")
		}
		for _, c := range cases {
			if _, err := review.File(ctx, tx, c); err != nil {
				return err
			}
		}
		for key, d := range days {
			if err := review.KeepDays(ctx, tx, key, d); err != nil {
				return err
			}
			if err := v.unusual(ctx, tx, key, d); err != nil {
				return err
			}
		}
		return tx.SetKey(ctx, reviewSpace, store.KeyValue{Key: reviewMark, Value: strconv.AppendInt(nil, mark+rows, 10)})
	})
}

// unusual files, or makes grow, the case of a day on which somebody looked at
// unusually many.
func (v *Reviewer) unusual(ctx context.Context, tx store.Tx, key string, d *review.Days) error {
	if !d.Unusual() {
		return nil
	}
	part := strings.Split(key, "|")
	day, err := time.ParseInLocation(time.DateOnly, d.Today, v.desk.london)
	if err != nil || len(part) != 3 {
		return nil
	}
	c := review.Case{ID: review.NewID(day, review.Volume, key, ""), At: tx.Time(), Kind: review.Volume, User: part[0], Org: part[1],
		Role: access.Role(part[2]), Count: len(d.Seen), Usual: d.Usual()}
	filed, err := review.File(ctx, tx, c)
	if err != nil || filed {
		return err
	}
	return review.Grow(ctx, tx, c.ID, c.Count)
}
