package record

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// Asked is a search as a client asks it.
type Asked struct {
	// Types are the resource types searched; none = every type, or every type
	// of the compartment.
	Types []string
	Form  url.Values
	// Compartment and Owner narrow to what belongs to one patient, encounter,
	// practitioner …; "" = no compartment.
	// With Whole the owner must be there, else NotFound.
	Compartment, Owner string
	Whole              bool
	// From and Until narrow to what has to do with care between two dates, "" = open.
	From, Until string
	Lenient     bool
	// Page is the token of a next or previous link; "" = the first page.
	Page string
	// LastN keeps, of Observations, only the newest few of each code; 0 = all.
	LastN int
	// Explain asks for the plan and its cost beside the answer.
	Explain bool
}

// Found is one page of a search.
type Found struct {
	Matches  []*Item
	Included []*Item
	Total    int    // matches in all; -1 when not known
	Next     string // token of the next page, "" = this is the last
	Previous string // token of the page before
	Ignored  []string
	Withheld int // of a whole compartment of a patient: what is kept back and may be known to be there
	Query    *search.Query
	Plan     []string // when Explain was asked
}

// DefaultCount and MaxCount are the page sizes.
const (
	DefaultCount = 50
	MaxCount     = 1000
)

// maxCandidates bounds what one search may collect before it is cut to a page.
const maxCandidates = 50_000

// Search answers a search, one page at a time. Later pages show the resources
// as they were when the first page was made.
// Errors: Invalid, Unsupported, Denied; TooCostly "record.scan" when too much
// would have to be looked at; Gone "search.page-expired".
func (e *Errand) Search(ctx context.Context, a Asked) (*Found, error) {
	d := e.desk
	if err := d.refresh(ctx); err != nil {
		return nil, err
	}
	q, err := d.query(a)
	if err != nil {
		return nil, err
	}
	var out *Found
	var how *told
	kept := 0
	// How an index was looked up tells of what an app may not see.
	if a.Explain = a.Explain && e.who.Limits == nil; a.Explain {
		how = d.telling(q)
		ctx = store.WithTrace(ctx, func(statement string, rows int, took time.Duration) {
			how.ran(statement, rows, took)
		})
	}
	if err := d.pages.arrived(ctx, a.Page, d.now()); err != nil {
		return nil, err
	}
	err = e.read(ctx, access.Search, q.Type, func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{searchNames(q)}
		s := &searching{told: how, desk: d, r: r, v: v, q: q, asked: a, who: e.who.ID, now: t.change, budget: d.scan}
		if a.Whole {
			if err := s.owner(ctx); err != nil {
				return err
			}
			if kept, err = s.keptOfOwner(ctx); err != nil {
				return err
			}
		}
		if err = s.followMoves(ctx); err != nil {
			return err
		}
		if out, err = s.page(ctx); err != nil {
			return err
		}
		t.count = len(out.Matches) + len(out.Included)
		keys := make([]store.Key, 0, t.count)
		for _, it := range append(slices.Clip(out.Matches), out.Included...) {
			keys = append(keys, it.key)
		}
		t.records = d.recordIDs(keys...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Ignored, out.Query, out.Withheld = q.Ignored, q, kept
	return out, nil
}

// query checks what is asked.
func (d *Desk) query(a Asked) (*search.Query, error) {
	q, err := d.queried(a)
	if err != nil {
		return nil, err
	}
	return q, q.Whose()
}

func (d *Desk) queried(a Asked) (*search.Query, error) {
	table, types := d.searches().table, a.Types
	if a.Compartment != "" {
		typ := ""
		if len(types) == 1 {
			typ = types[0]
		}
		circle, err := table.Circle(a.Compartment, a.Owner, typ)
		if err != nil {
			return nil, err
		}
		if len(types) == 0 {
			types = table.Members(a.Compartment)
		}
		q, err := d.checked(table, types, a)
		if err != nil {
			return nil, err
		}
		q.Clauses = append(q.Clauses, circle)
		if a.From != "" || a.Until != "" {
			care, err := table.Care(a.From, a.Until, d.london)
			if err != nil {
				return nil, err
			}
			q.Clauses = append(q.Clauses, care)
		}
		return q, nil
	}
	return d.checked(table, types, a)
}

// Members are the types of a compartment.
func (d *Desk) Members(compartment string) []string { return d.searches().table.Members(compartment) }

func (d *Desk) checked(table *search.Table, types []string, a Asked) (*search.Query, error) {
	if len(types) == 0 {
		types = fhir.R4().Names()
	}
	if list := a.Form["_type"]; len(list) > 0 && len(types) > 1 {
		var named []string
		for _, typ := range strings.Split(strings.Join(list, ","), ",") {
			if typ = strings.TrimSpace(typ); !slices.Contains(types, typ) {
				return nil, fault.New(fault.Invalid, "search.value", "_type names no resource type that is searched here").In("_type")
			}
			named = append(named, typ)
		}
		types = named
	}
	return table.ParseTypes(types, a.Form, d.london, a.Lenient)
}

// searchNames writes a search for the audit: parameters without their values.
func searchNames(q *search.Query) string {
	s := q.Type + "?"
	for i := range q.Clauses {
		if i > 0 {
			s += "&"
		}
		s += q.Clauses[i].Name()
	}
	return s
}

// searching is one search under way, on one snapshot.
type searching struct {
	desk  *Desk
	r     store.Reader
	v     *sight
	q     *search.Query
	asked Asked
	who   string
	now   int64 // change number of the snapshot

	listing listing
	budget  int // documents that may still be looked at
	looked  int
	targets map[string]*Item // what references lead to, looked up once
	moves   *bool            // anything was ever moved; nil = not asked yet
	lists   map[string]map[string]bool
	own     *own   // a reverse chain within the patients' own records
	whose   *named // the patient whose compartment is asked for, once looked up
	told    *told
}

// owner makes sure of a compartment's owner.
func (s *searching) owner(ctx context.Context) error {
	if s.asked.Compartment == "Patient" {
		n, err := s.patient(ctx)
		if err != nil {
			return err
		}
		return s.v.meets(ctx, n)
	}
	k, err := s.desk.locate(ctx, s.r, s.asked.Compartment, s.asked.Owner)
	if err != nil {
		return err
	}
	doc, err := s.r.Get(ctx, k)
	if err != nil {
		return err
	}
	if o, err := s.v.look(ctx, doc, false); err != nil || !o.Shown {
		return cmp.Or(err, withheldHere(s.asked.Compartment))
	}
	if doc.Deleted {
		err = fault.New(fault.Gone, "record.deleted", "this %s has been deleted", s.asked.Compartment)
	}
	return err
}

// patient is the one whose compartment is asked for.
func (s *searching) patient(ctx context.Context) (named, error) {
	if s.whose == nil {
		n, err := s.desk.whose(ctx, s.r, s.asked.Owner, time.Time{})
		if err != nil {
			return n, err
		}
		s.whose = &n
	}
	return *s.whose, nil
}

// spend counts documents that are looked at.
func (s *searching) spend(n int) error {
	s.looked += n
	s.told.looked(n)
	if s.budget -= n; s.budget < 0 {
		return fault.New(fault.TooCostly, "record.scan",
			"more than %d resources would have to be looked at: name a patient, an identifier, or a value that fewer have", s.desk.scan)
	}
	return nil
}

// tell adds a line to the plan, when it was asked for.
func (s *searching) tell(line string) {
	s.told.tell(line)
}
