package record

import (
	"context"
	"time"

	"concord/record/access"
	"concord/record/audit"
	"concord/record/review"
	"concord/store"
)

// cases are those that are due for what was shown of watched people, one a day
// for each user and patient.
func (s *sight) cases() []review.Case {
	var out []review.Case
	for pk := range s.watched {
		c := review.Case{At: s.now, Kind: review.Watched, User: s.who.ID, Role: s.who.Role, Org: s.who.Org, Person: s.desk.ids.person(pk)}
		if h := s.humans[pk]; h != nil && h.all.employee {
			c.Kind = review.Colleague
		}
		c.ID = review.NewID(s.desk.day(s.now), c.Kind, c.User, c.Person)
		out = append(out, c)
	}
	return out
}

// day is the beginning of a moment's day in London.
func (d *Desk) day(at time.Time) time.Time {
	at = at.In(d.london)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, d.london)
}

// CaseAsk narrows a list of cases; what is "" says nothing.
type CaseAsk struct {
	Closed bool
	Kind   review.Kind
	State  review.State
	User   string
	Skip   int
	Limit  int // 0 = 50
}

// CaseList is a part of the queue, or of what is closed, newest first.
type CaseList struct {
	Cases []review.Case
	Total int  // of those asked for
	Whole bool // false: there are more cases than are looked at (review.Most)
}

// Cases lists cases for privacy officers: those about their own organisation's
// people, or all for those of the domain. Errors: Denied.
func (e *Errand) Cases(ctx context.Context, ask CaseAsk) (*CaseList, error) {
	var out *CaseList
	if ask.Limit <= 0 {
		ask.Limit = 50
	}
	err := e.read(ctx, access.Review, "", func(r store.Reader, _ *sight, t *trace) error {
		out = &CaseList{}
		t.what = []string{"cases"}
		list, whole, err := review.List(ctx, r, ask.Closed)
		if err != nil {
			return err
		}
		out.Whole = whole
		for _, c := range list {
			if !e.who.Controls(c.Org) || ask.Kind != "" && c.Kind != ask.Kind || ask.State != "" && c.State != ask.State || ask.User != "" && c.User != ask.User {
				continue
			}
			if out.Total >= ask.Skip && len(out.Cases) < ask.Limit {
				out.Cases = append(out.Cases, c)
			}
			out.Total++
		}
		t.count = len(out.Cases)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Workload measures the privacy officers' work. Errors: Denied.
func (e *Errand) Workload(ctx context.Context) (*review.Workload, error) {
	var out *review.Workload
	err := e.read(ctx, access.Review, "", func(r store.Reader, _ *sight, t *trace) error {
		t.what = []string{"workload of cases"}
		var both [2][]review.Case
		whole := true
		for i, closed := range []bool{false, true} {
			list, all, err := review.List(ctx, r, closed)
			if err != nil {
				return err
			}
			whole = whole && all
			for _, c := range list {
				if e.who.Controls(c.Org) {
					both[i] = append(both[i], c)
				}
			}
		}
		out = review.Measure(both[0], both[1], e.desk.now())
		out.Whole = whole
		return nil
	})
	return out, err
}

// SeenCase is a case with what the user saw.
type SeenCase struct {
	review.Case
	Seen *AuditPage // the accesses of which the case is, newest first
}

// mostCaseSeen is how many accesses are shown with a case.
const mostCaseSeen = 100

// Case reads one case and what was seen. Errors: NotFound "review.unknown", also
// for a case about another organisation's people; Denied.
func (e *Errand) Case(ctx context.Context, id string) (*SeenCase, error) {
	var out *SeenCase
	err := e.read(ctx, access.Review, "", func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{"case " + id}
		c, err := e.caseOf(ctx, r, id)
		if err != nil {
			return err
		}
		out = &SeenCase{Case: *c}
		q := audit.Query{Who: c.User, Org: c.Org, Actions: looks(), Outcome: audit.Done, Limit: mostCaseSeen}
		q.From, q.To = e.desk.spanOf(c)
		var n named
		if c.Person != "" {
			if n, err = e.desk.whose(ctx, r, c.Person, time.Time{}); err != nil {
				return err
			}
			t.records = []string{e.desk.ids.encodePK(n.person)}
			for _, pk := range n.records() {
				q.Records = append(q.Records, e.desk.ids.encodePK(pk))
			}
		}
		out.Seen, err = e.auditPage(ctx, r, n, q, "")
		t.count = 1
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// spanOf is the time in which what a case is about was seen.
func (d *Desk) spanOf(c *review.Case) (from, to time.Time) {
	switch c.Kind {
	case review.BreakGlass:
		return c.At, c.At.Add(access.GlassLife)
	case review.Claimed:
		return c.At, c.At.Add(access.ClaimLife)
	}
	from = d.day(c.At)
	_, to = c.Kind.Period(from)
	return from, to
}

func (e *Errand) caseOf(ctx context.Context, r store.Keys, id string) (*review.Case, error) {
	c, err := review.Find(ctx, r, id)
	if err != nil {
		return nil, err
	}
	if !e.who.Controls(c.Org) {
		return nil, review.Unknown()
	}
	return c, nil
}

// SettleCase takes a step with a case. Errors: those of review.Case.Settle;
// NotFound "review.unknown"; Denied.
func (e *Errand) SettleCase(ctx context.Context, id string, to review.State, words string) (*review.Case, error) {
	what := "case " + id + " " + string(to)
	v, err := e.decide(ctx, access.Review, "", what)
	if err != nil {
		return nil, err
	}
	var out *review.Case
	err = e.auditedUpdate(ctx, access.Review, v, func(tx store.Tx, t *trace) error {
		t.what = []string{what}
		c, err := e.caseOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := c.Settle(e.who.ID, to, words, tx.Time()); err != nil {
			return err
		}
		out = c
		return review.Keep(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
