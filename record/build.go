package record

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// references resolves the conditional references ("Practitioner?identifier=…")
// of every draft, each once.
func (p *plan) references(ctx context.Context, r store.Reader) error {
	for _, dr := range p.drafts {
		if dr.op.Kind == Delete || dr.idle() {
			continue
		}
		var failure error
		fhir.Rewrite(dr.op.Resource, func(ref string) string {
			if failure != nil {
				return ref
			}
			query, ok := cutQuery(ref)
			switch {
			case !ok:
				failure = dr.inElement(ref, p.leads(ctx, r, ref, dr))
			case p.byRef[ref] == "":
				typ, _, _ := strings.Cut(ref, "?")
				p.byRef[ref], failure = p.conditional(ctx, r, typ, query)
				failure = dr.inElement(ref, failure)
			}
			return ref
		})
		if failure == nil {
			failure = p.attaches(ctx, r, dr)
		}
		if failure != nil {
			return at(dr.op.At, failure)
		}
	}
	return nil
}

// conditional resolves a conditional reference: to a resource that is here, or
// to one that the transaction makes.
func (p *plan) conditional(ctx context.Context, r store.Reader, typ, query string) (string, error) {
	it, err := p.one(ctx, r, typ, query)
	if err != nil {
		return "", err
	}
	made, err := p.made(typ, query)
	switch {
	case err != nil:
		return "", err
	case it == nil && len(made) == 0:
		return "", fault.New(fault.Invalid, "record.reference", "nothing matches a conditional reference to %s", typ)
	case it != nil && len(made) == 1 && made[0].id == it.ID:
		return typ + "/" + it.ID, nil
	case it != nil && len(made) > 0 || len(made) > 1:
		return "", fault.New(fault.Conflict, "record.multiple", "several resources match a conditional reference to %s", typ)
	case it != nil:
		return typ + "/" + it.ID, nil
	}
	return typ + "/" + made[0].id, nil
}

// made finds the drafts that match a query by what they say themselves.
func (p *plan) made(typ, query string) ([]*draft, error) {
	form, err := url.ParseQuery(query)
	if err != nil {
		return nil, fault.New(fault.Invalid, "record.condition", "the condition is not a search query")
	}
	q, err := p.desk.searches().table.Parse(typ, form, p.desk.london, false)
	if err != nil {
		return nil, err
	}
	for i := range q.Clauses {
		if q.Clauses[i].Linked() {
			return nil, nil
		}
	}
	var out []*draft
	for _, dr := range p.drafts {
		if dr.op.Type != typ || dr.op.Resource == nil || dr.idle() {
			continue
		}
		if q.Match(search.Subject{Resource: dr.op.Resource, ID: dr.id}, p.desk.london) {
			out = append(out, dr)
		}
	}
	return out, nil
}

// mostOthers is how many resources of other organisations may match a condition that
// means the requester's own.
const mostOthers = 200

// one finds the one resource that a condition names and that the transaction
// does not delete.
func (p *plan) one(ctx context.Context, r store.Reader, typ, query string) (*Item, error) {
	most := 2 + len(p.gone)
	if p.own {
		most += mostOthers
	}
	hits, err := p.desk.matching(ctx, r, p.view, typ, query, most)
	if err != nil {
		return nil, err
	}
	hits = slices.DeleteFunc(hits, func(it *Item) bool { return p.gone[it.key] || p.own && it.Org != p.who.Org })
	if len(hits) > 1 {
		return nil, fault.New(fault.Conflict, "record.multiple", "several resources match the condition")
	}
	if len(hits) == 0 {
		return nil, nil
	}
	return hits[0], nil
}

// holdsStill asks the conditions again when others have written since the plan
// was made: what they found, or did not find, must still be so.
func (p *plan) holdsStill(ctx context.Context, tx store.Tx, sole bool) error {
	last, err := tx.LastChange(ctx)
	if err != nil || last == p.seen {
		return err
	}
	if sole && !slices.ContainsFunc(p.drafts, func(dr *draft) bool { return dr.op.Where != "" }) {
		return nil
	}
	if p.view, err = p.errand.sight(ctx, tx, p.finds, p.seen); err != nil {
		return err
	}
	for _, dr := range p.drafts {
		query := dr.op.Where
		if dr.op.Kind == Create && !sole {
			query = dr.op.IfNoneExist
		}
		if query == "" || dr.twin != nil {
			continue
		}
		it, err := p.one(ctx, tx, dr.op.Type, query)
		if err != nil {
			return at(dr.op.At, err)
		}
		was := store.Key{}
		if dr.found != nil || dr.old != nil && !dr.old.Deleted {
			was = dr.key
		}
		if it == nil && was != (store.Key{}) || it != nil && it.key != was {
			return fault.New(fault.Conflict, "record.raced", "what the condition names has changed meanwhile")
		}
	}
	return nil
}

func cutQuery(ref string) (query string, ok bool) {
	typ, query, found := strings.Cut(ref, "?")
	return query, found && fhir.R4().Number(typ) != 0
}

// rewrite turns the references of a resource into what is stored.
func (p *plan) rewrite(resource *fhir.Value, from *draft) *fhir.Value {
	return fhir.Relink(resource, func(ref string) string { return p.meant(ref, from) })
}

// meant is a reference as it is stored.
func (p *plan) meant(ref string, from *draft) string {
	if to := p.byRef[ref]; to != "" {
		return to
	}
	if dr := p.within(ref, from); dr != nil {
		return dr.op.Type + "/" + dr.id
	}
	return ref
}

// within finds the draft that a reference means: by its full URL, or, from an
// entry with a RESTful full URL, by a relative reference under the same base
// (https://hl7.org/fhir/R4/bundle.html#references).
func (p *plan) within(ref string, from *draft) *draft {
	dr := p.byURL[ref]
	if dr == nil && from != nil && strings.Contains(from.op.FullURL, "://") {
		if own, ok := fhir.ParseReference(from.op.FullURL); ok && !strings.Contains(ref, ":") {
			dr = p.byURL[own.Base+"/"+ref]
		}
	}
	if dr == nil || dr.op == nil {
		return nil
	}
	return dr
}

// build makes every draft ready to be put.
func (p *plan) build(ctx context.Context, e *Errand, c Commit) error {
	if c.Source != nil && len(p.keys()) > 0 {
		if err := p.provenance(ctx, e, c.Source); err != nil {
			return err
		}
	}
	for _, dr := range p.drafts {
		if dr.idle() {
			continue
		}
		if err := p.ready(ctx, e, dr); err != nil {
			return at(dr.op.At, err)
		}
	}
	return nil
}

func (p *plan) ready(ctx context.Context, e *Errand, dr *draft) error {
	d := p.desk
	dr.put = store.Put{Key: dr.key, Org: e.who.Org, Feed: e.feedName(), Deleted: dr.op.Kind == Delete}
	if dr.old != nil {
		dr.put.IfVersion = dr.old.Version
		dr.put.Org = dr.old.Org // who controls a resource does not change with who writes it
		if dr.oldBody != nil {
			dr.put.Old = d.entriesBy(p.index.extract, dr.key.PK, dr.oldBody)
		}
	}
	dr.version = dr.put.IfVersion + 1
	if dr.put.Deleted {
		return nil
	}
	body := d.sensitive.Labelled(p.rewrite(dr.op.Resource, dr))
	if dr.op.Kind != Patch {
		body = access.Carried(body, dr.before())
	}
	body = dr.closed(body)
	if dr.patient {
		body = d.withoutRefer(body)
	}
	body = dr.marked(body)
	if dr.op.Key != "" {
		body = withSourceKey(body, e.who.Org, dr.op.Key)
	}
	body = withSource(body, e.sourceOf(), p.system)
	if dr.keepID {
		body = body.With("id", dr.id)
	}
	dr.body = stored(body, dr.keepID)
	if err := p.keepsSubject(dr); err != nil {
		return err
	}
	dr.put.Index = d.entriesBy(p.index.extract, dr.key.PK, dr.body)
	var err error
	if dr.put.Body, err = d.packVersion(ctx, dr.put.Org, dr.body.JSON(), dr.how()); err != nil {
		return err
	}
	p.claims(e, dr)
	if dr.patient {
		dr.subject = p.people.Match.Subject(dr.body)
		dr.arrives = dr.oldBody == nil || p.people.Match.Subject(dr.oldBody) != dr.subject
	}
	return nil
}

// how is what the history says of the version: a creation of what a feed knows
// already replaces it.
func (dr *draft) how() OpKind {
	if dr.op.Kind == Create && dr.old != nil {
		return Update
	}
	return dr.op.Kind
}

// ourSources is the namespace of what the server says of a source: a client may
// name a source of its own, never one of ours.
const ourSources = "urn:concord:"

// withSource makes sure of meta.source: what the resource says, unless it says
// nothing or claims a source of ours that this transaction does not come from.
func withSource(body *fhir.Value, own, system string) *fhir.Value {
	said := body.StrAt("meta.source")
	if said != "" && (!strings.HasPrefix(said, ourSources) || system != "" && strings.HasPrefix(said, system)) {
		return body
	}
	meta := body.Get("meta")
	if meta == nil {
		meta = fhir.Obj()
	}
	return body.With("meta", meta.With("source", own))
}

// keepsSubject refuses an update that would move a resource to another record,
// also after a deletion: its key lies in the record of its first subject.
func (p *plan) keepsSubject(dr *draft) error {
	before := dr.before()
	if before == nil || dr.patient {
		return nil
	}
	if p.desk.searches().table.PatientOf(before) != p.desk.searches().table.PatientOf(dr.body) {
		return fault.New(fault.Conflict, "record.subject", "the patient of a stored resource never changes")
	}
	return nil
}

// before is the body that the draft replaces, also after a deletion; nil when there is
// none.
func (dr *draft) before() *fhir.Value {
	if dr.oldBody != nil {
		return dr.oldBody
	}
	return dr.lastBody
}

// reseal makes sure that what the plan sealed is sealed under the keys of now.
func (p *plan) reseal(ctx context.Context, tx store.Tx) error {
	var bodies []*[]byte
	for _, dr := range p.drafts {
		if len(dr.put.Body) > 0 {
			bodies = append(bodies, &dr.put.Body)
		}
	}
	return p.desk.seals.Renew(ctx, tx, bodies...)
}

// changed notes when the commit happened, for the results.
func (p *plan) changed(tx store.Tx) {
	for _, dr := range p.drafts {
		dr.change, dr.at = tx.Change(), tx.Time()
	}
}

func (p *plan) results() []Result {
	d := p.desk
	out := make([]Result, 0, len(p.ops))
	for i, dr := range p.drafts {
		if i >= len(p.ops) {
			break // Provenance of our own
		}
		if !dr.kept || !dr.real().kept {
			out = append(out, Result{})
			continue
		}
		outcome := dr
		dr = dr.real()
		res := Result{Type: dr.op.Type, ID: dr.id, Version: dr.version, Updated: dr.at, Told: dr.op.told}
		switch {
		case outcome.twin != nil:
			res.Outcome = Unchanged
		case dr.found != nil:
			res.Outcome, res.Item, res.Updated = Unchanged, dr.found, dr.found.Updated
		case dr.put.Deleted, dr.nothing:
			res.Outcome = Deleted
		case dr.old == nil:
			res.Outcome = Created
		default:
			res.Outcome = Updated
		}
		if dr.body != nil {
			it := &Item{Type: dr.op.Type, ID: dr.id, Version: dr.version, Updated: dr.at, Change: dr.change, Org: dr.put.Org, Feed: dr.put.Feed, key: dr.key}
			if it.Resource = dr.body; !p.resting {
				it.Resource = served(dr.body, it)
				if dr.who != 0 {
					withRefer(it, d.ids.person(dr.who))
				}
			}
			res.Item = it
		}
		out = append(out, res)
	}
	return out
}
