package record

import (
	"cmp"
	"context"
	"slices"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/store"
)

// plan is a transaction made ready outside the writer: keys given, references
// rewritten, bodies packed, indexes made. It holds for the versions that it
// saw; the commit fails with a lost race otherwise.
type plan struct {
	who      access.Requester
	errand   *Errand
	finds    access.Verdict // what the requester's conditions may look at
	decided  decided        // what was decided last
	view     *sight         // on the snapshot at hand
	resting  bool           // results have what was written as it rests
	own      bool           // conditions find what the requester's organisation controls
	system   string         // where the transaction comes from, as meta.source begins
	desk     *Desk
	ops      []Op
	drafts   []*draft
	byURL    map[string]*draft     // fullUrl → draft
	byRef    map[string]string     // conditional reference → Type/id
	next     map[seqKey]uint32     // sequences taken
	fresh    map[int64]bool        // record keys allocated for this plan
	patients map[string]*draft     // "Patient/id" → draft, once placed
	joins    [][2]store.Key        // who is said to be one: from, into
	links    map[[2]store.Key]bool // of those: both stay in use
	unjoins  [][2]store.Key        // who is said to be one no more
	parts    [][2]store.Key        // who is said to be two
	index    *searches             // by which its entries were made
	people   person.Index          // by which its Patients are matched, from beginning to end
	seen     int64                 // change number of the snapshot that was planned on
	asked    map[string]*draft     // the first conditional create of each condition
	unmet    map[string]bool       // conditions that nothing meets on the snapshot that is planned on
	gone     map[store.Key]bool    // what the transaction deletes
	matched  int64                 // change number of the snapshot that matches were looked for on
	carries  bool                  // a standing seal is to be carried to what is there already
}

type seqKey struct {
	pk  int64
	typ uint16
}

// draft is one resource of a plan.
type draft struct {
	op       *Op
	id       string
	key      store.Key
	placed   bool        // key is known
	old      *store.Doc  // the version it replaces, nil = none
	oldBody  *fhir.Value //
	lastBody *fhir.Value // the body before the deletion that it undoes
	body     *fhir.Value // as it will rest
	put      store.Put
	claims   []claim // hashes that must be this key's
	person   int64   // a fresh person key, for a new Patient
	found    *Item   // a conditional create that found it: nothing is written
	nothing  bool    // a conditional delete that nothing matches: nothing is written
	twin     *draft  // a conditional create that asks for what another makes
	version  int64
	patient  bool
	keepID   bool
	subject  match.Subject // of a Patient: what it is matched by
	arrives  bool          // that is new, or has changed
	matches  []person.Candidate
	who      int64 // the person of a Patient that was written
	change   int64 // of the commit that wrote it
	at       time.Time
	kept     bool                  // that is durable
	seals    []access.StandingSeal // that cover it
}

// claim is a hash that only one key may have. owns tells whether a body, and who
// controls it, really has what was hashed; code and text say that it is taken.
type claim struct {
	hash uint64
	owns func(org string, body *fhir.Value) bool
	code string
	text string
}

// plan reads what the ops need on one snapshot and builds their drafts.
func (d *Desk) plan(ctx context.Context, e *Errand, ops []Op, c Commit) (*plan, error) {
	p := &plan{who: e.who, own: c.Own, resting: c.Resting, errand: e, finds: d.policies.Decide(e.who, e.why, access.Search, ""), desk: d, people: d.persons(), ops: ops, byURL: map[string]*draft{}, byRef: map[string]string{}, next: map[seqKey]uint32{}, fresh: map[int64]bool{}, gone: map[store.Key]bool{}, asked: map[string]*draft{}}
	if c.Source != nil {
		p.system = c.Source.System
	}
	if err := d.refresh(ctx); err != nil {
		return nil, err
	}
	p.index = d.searches()
	if err := d.keysFor(ctx, ops); err != nil {
		return nil, err
	}
	err := d.engine.View(ctx, func(r store.Reader) (err error) {
		if err := p.find(ctx, r); err != nil {
			return err
		}
		if p.joins, err = p.findPairs(ctx, r, c.Joins); err != nil {
			return err
		}
		p.links = map[[2]store.Key]bool{}
		for i, j := range c.Joins {
			if j.Link {
				p.links[p.joins[i]] = true
			}
		}
		p.parts, err = p.findPairs(ctx, r, c.Parts)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := p.build(ctx, e, c); err != nil {
		return nil, err
	}
	return p, p.match(ctx)
}

// find resolves targets: what exists first, then patients, then what belongs
// to patients.
func (p *plan) find(ctx context.Context, r store.Reader) error {
	var err error
	if p.seen, err = r.LastChange(ctx); err != nil {
		return err
	}
	if p.view, err = p.errand.sight(ctx, r, p.finds, p.seen); err != nil {
		return err
	}
	drafts := make([]draft, len(p.ops))
	p.drafts = make([]*draft, len(p.ops))
	for i := range p.ops {
		drafts[i] = draft{op: &p.ops[i], patient: p.ops[i].Type == "Patient"}
		p.drafts[i] = &drafts[i]
	}
	if err := p.ahead(ctx, r); err != nil {
		return err
	}
	if err := p.targets(ctx, r); err != nil {
		return err
	}
	p.unmet = nil // the commit asks anew
	for _, patients := range []bool{true, false} {
		for _, dr := range p.drafts {
			if dr.placed || dr.twin != nil || dr.nothing || dr.patient != patients {
				continue
			}
			if err := p.place(ctx, r, dr); err != nil {
				return at(dr.op.At, err)
			}
		}
		if patients {
			p.placed()
		}
	}
	if err := p.permitted(ctx); err != nil {
		return err
	}
	if err := p.references(ctx, r); err != nil {
		return err
	}
	return p.standing(ctx, r)
}

// placed makes the patients of the transaction known by their references.
func (p *plan) placed() {
	p.patients = map[string]*draft{}
	for _, dr := range p.drafts {
		if dr.patient && dr.placed {
			p.patients["Patient/"+dr.id] = dr
		}
	}
}

// targets finds what each op is about. Deletions come first, so that what they
// take away answers no condition (https://hl7.org/fhir/R4/http.html#trules).
func (p *plan) targets(ctx context.Context, r store.Reader) error {
	named := map[string]bool{}
	for _, deletions := range []bool{true, false} {
		for _, dr := range p.drafts {
			if (dr.op.Kind == Delete) != deletions {
				continue
			}
			if err := p.target(ctx, r, dr); err != nil {
				return at(dr.op.At, err)
			}
			if dr.id != "" && dr.found == nil && dr.twin == nil {
				name := dr.op.Type + "/" + dr.id
				if named[name] {
					return at(dr.op.At, fault.New(fault.Invalid, "record.twice", "a transaction may write a resource once"))
				}
				named[name] = true
			}
			if deletions && dr.placed {
				p.gone[dr.key] = true
			}
			if u := dr.op.FullURL; u != "" {
				p.byURL[u] = dr.real()
			}
		}
	}
	return nil
}

// real is the draft that makes the resource.
func (dr *draft) real() *draft {
	if dr.twin != nil {
		return dr.twin
	}
	return dr
}

// idle tells a draft that writes nothing.
func (dr *draft) idle() bool { return dr.found != nil || dr.twin != nil || dr.nothing }

// inOrder lists the drafts by record and place within it: rows that lie
// together are written together.
func (p *plan) inOrder() []*draft {
	out := slices.Clone(p.drafts)
	slices.SortStableFunc(out, func(a, b *draft) int {
		if c := cmp.Compare(a.key.PK, b.key.PK); c != 0 {
			return c
		}
		return cmp.Compare(a.key.LID, b.key.LID)
	})
	return out
}

// keys are the keys that the plan writes.
func (p *plan) keys() []store.Key {
	out := make([]store.Key, 0, len(p.drafts))
	for _, dr := range p.drafts {
		if !dr.idle() {
			out = append(out, dr.key)
		}
	}
	return out
}

func (p *plan) records() []int64 {
	seen := map[int64]bool{}
	var out []int64
	for _, k := range p.keys() {
		if !seen[k.PK] {
			seen[k.PK] = true
			out = append(out, k.PK)
		}
	}
	return out
}

func (p *plan) findPairs(ctx context.Context, r store.Reader, list []Join) ([][2]store.Key, error) {
	var out [][2]store.Key
	for _, j := range list {
		var pair [2]store.Key
		for i, id := range []string{j.From, j.Into} {
			if dr := p.byURL[id]; dr != nil {
				pair[i] = dr.key
				continue
			}
			k, err := p.desk.locate(ctx, r, "Patient", id)
			if err != nil {
				return nil, err
			}
			pair[i] = k
		}
		out = append(out, pair)
	}
	return out, nil
}
