package record

import (
	"context"
	"maps"
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

// glances are the looks of people at patients among some rows of the log.
func (v *Reviewer) glances(ctx context.Context, r store.Reader, rows []store.Entry) ([]glance, error) {
	var out []glance
	humans := map[string][]int64{}
	for _, row := range rows {
		e, err := audit.Decode(row.Body)
		if err != nil { // removed by retention, or damaged, which Verify names
			continue
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
		if v.works != nil && len(p.NHS) > 0 {
			if p.Works, err = v.works(ctx, p.NHS); err != nil {
				return nil, err
			}
		}
		for _, kind := range review.Signals(g.who, s, p, g.at) {
			c := review.Case{At: g.at, Kind: kind, User: g.who.ID, Role: g.who.Role, Org: g.who.Org, Person: v.desk.ids.person(g.person)}
			from, _ := kind.Period(day)
			c.ID = review.NewID(from, kind, c.User, c.Person)
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
	all, err := d.joined(ctx, r, slices.Collect(maps.Values(facts)))
	if err != nil {
		return p, err
	}
	p.NHS = all.nhs
	for rel := range all.relations() {
		p.Relations = append(p.Relations, *rel)
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
