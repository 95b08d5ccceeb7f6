package record

import (
	"context"
	"strings"
	"time"

	"concord/fault"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/store"
)

// references resolves the conditional references ("Practitioner?identifier=…")
// of every draft, each once.
func (p *plan) references(ctx context.Context, r store.Reader) error {
	for _, dr := range p.drafts {
		if dr.op.Kind == Delete || dr.found != nil {
			continue
		}
		var failure error
		fhir.Rewrite(dr.op.Resource, func(ref string) string {
			if query, ok := cutQuery(ref); ok && failure == nil && p.byRef[ref] == "" {
				typ, _, _ := strings.Cut(ref, "?")
				it, err := p.desk.single(ctx, r, p.finds, typ, query)
				switch {
				case err != nil:
					failure = err
				case it == nil:
					failure = fault.New(fault.Invalid, "record.reference", "nothing matches a conditional reference to %s", typ)
				default:
					p.byRef[ref] = typ + "/" + it.ID
				}
			}
			return ref
		})
		if failure != nil {
			return at(dr.op.At, failure)
		}
	}
	return nil
}

func cutQuery(ref string) (query string, ok bool) {
	typ, query, found := strings.Cut(ref, "?")
	return query, found && fhir.R4().Number(typ) != 0
}

// rewrite turns the references of a resource into what is stored.
func (p *plan) rewrite(resource *fhir.Value) *fhir.Value {
	return fhir.Rewrite(resource, func(ref string) string {
		if to := p.byRef[ref]; to != "" {
			return to
		}
		if dr := p.byURL[ref]; dr != nil && dr.op != nil {
			return dr.op.Type + "/" + dr.id
		}
		return ref
	})
}

// build makes every draft ready to be put.
func (p *plan) build(ctx context.Context, e *Errand, c Commit) error {
	if c.Source != nil && len(p.keys()) > 0 {
		if err := p.provenance(ctx, e, c.Source); err != nil {
			return err
		}
	}
	for _, dr := range p.drafts {
		if dr.found != nil {
			continue
		}
		if err := p.ready(e, dr); err != nil {
			return at(dr.op.At, err)
		}
	}
	return nil
}

func (p *plan) ready(e *Errand, dr *draft) error {
	d := p.desk
	dr.put = store.Put{Key: dr.key, Org: e.who.Org, Feed: e.feedName(), Deleted: dr.op.Kind == Delete}
	if dr.old != nil {
		dr.put.IfVersion = dr.old.Version
		dr.put.Org = dr.old.Org // who controls a resource does not change with who writes it
		if dr.oldBody != nil {
			dr.put.Old = d.entries(dr.key.PK, dr.oldBody)
			if dr.patient {
				dr.oldCheck = person.Of(dr.oldBody)
			}
		}
	}
	dr.version = dr.put.IfVersion + 1
	if dr.put.Deleted {
		return nil
	}
	body := p.rewrite(dr.op.Resource)
	if dr.patient {
		body = d.withoutRefer(body)
	}
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
	dr.put.Index = d.entries(dr.key.PK, dr.body)
	dr.put.Body = d.codec.Pack(dr.body.JSON())
	p.claims(e, dr)
	return nil
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
	before := dr.oldBody
	if before == nil {
		before = dr.lastBody
	}
	if before == nil || dr.patient {
		return nil
	}
	if p.desk.searches().table.PatientOf(before) != p.desk.searches().table.PatientOf(dr.body) {
		return fault.New(fault.Conflict, "record.subject", "the patient of a stored resource never changes")
	}
	return nil
}

// placePatients gives every new Patient its person and looks again where the
// demographics changed.
func (d *Desk) placePatients(ctx context.Context, tx store.Tx, p *plan) error {
	index := person.Index{Hash: d.searches().extract.Hash, Load: d.loadPatient}
	for url, dr := range p.byURL {
		if dr.op == nil && strings.HasPrefix(url, "reserved:") {
			owner, err := tx.Claim(ctx, d.searches().extract.Hash("id", "Patient", dr.id), dr.key)
			if err != nil {
				return err
			}
			if owner != dr.key {
				return fault.New(fault.Conflict, "record.raced", "the id was taken meanwhile")
			}
		}
	}
	for _, dr := range p.drafts {
		if !dr.patient || dr.found != nil || dr.put.Deleted {
			continue
		}
		if dr.oldBody != nil && dr.oldCheck.Same(dr.ownCheck) {
			continue
		}
		fresh := dr.person
		if fresh == 0 {
			linked, err := tx.PersonOf(ctx, dr.key.PK, time.Time{})
			if err != nil {
				return err
			}
			if linked == 0 {
				if fresh, err = tx.NewRecord(ctx); err != nil {
					return err
				}
			}
		}
		if err := index.Place(ctx, tx, dr.key, dr.body, fresh); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) loadPatient(ctx context.Context, r store.Reader, k store.Key) (*fhir.Value, error) {
	doc, err := r.Get(ctx, k)
	if fault.Is(err, fault.NotFound) || err == nil && doc.Deleted {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d.parse(doc)
}

// join makes one person of the entries that the sender says are one patient.
func (d *Desk) join(ctx context.Context, tx store.Tx, p *plan) error {
	for _, pair := range p.joins {
		var persons [2]int64
		for i, k := range pair {
			var err error
			if persons[i], err = tx.PersonOf(ctx, k.PK, time.Time{}); err != nil {
				return err
			}
		}
		if _, err := person.Join(ctx, tx, persons[0], persons[1]); err != nil {
			return err
		}
	}
	return nil
}

// changed notes when the commit happened, for the results.
func (p *plan) changed(tx store.Tx) { p.change, p.at = tx.Change(), tx.Time() }

func (p *plan) results() ([]Result, error) {
	out := make([]Result, 0, len(p.ops))
	for i, dr := range p.drafts {
		if i >= len(p.ops) {
			break // Provenance of our own
		}
		res := Result{Type: dr.op.Type, ID: dr.id, Version: dr.version, Updated: p.at}
		switch {
		case dr.found != nil:
			res.Outcome, res.Item, res.Updated = Unchanged, dr.found, dr.found.Updated
		case dr.put.Deleted:
			res.Outcome = Deleted
		case dr.old == nil:
			res.Outcome = Created
		default:
			res.Outcome = Updated
		}
		if dr.body != nil {
			it := &Item{Type: dr.op.Type, ID: dr.id, Version: dr.version, Updated: p.at, Change: p.change, Org: dr.put.Org, Feed: dr.put.Feed, key: dr.key}
			it.Resource = served(dr.body, it)
			res.Item = it
		}
		out = append(out, res)
	}
	return out, nil
}
