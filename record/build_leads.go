package record

import (
	"context"
	"sync"

	"concord/fault"
	"concord/standard/fhir"
	"concord/store"
)

// leads refuses a literal reference to nothing: one with an id of our form
// under which there never was a resource of the type. A client's own id may be
// of something that comes later; what has been deleted was there.
func (p *plan) leads(ctx context.Context, r store.Reader, ref string, from *draft) error {
	parsed, ok := fhir.ParseReference(ref)
	if !ok || parsed.Base != "" || p.within(ref, from) != nil {
		return nil
	}
	pk, seq, ours := p.desk.ids.decode(parsed.ID)
	if !ours || seq == 0 { // a person's id is resolved where it is asked for
		return nil
	}
	n := fhir.R4().Number(parsed.Type)
	k := store.Key{PK: pk, LID: store.MakeLID(n, seq)}
	special := p.desk.guard.special(pk)
	if n == 0 || !special && p.desk.met.has(k) {
		return nil
	}
	doc, err := r.Get(ctx, k)
	if err == nil && special {
		var hidden bool
		if hidden, err = p.invisible(ctx, doc, parsed.Type); hidden {
			err = unknown(parsed.Type) // a reference must not tell that it is there
		}
	}
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "record.reference", "there is no %s of the id to which the resource refers", parsed.Type)
	}
	if err == nil {
		p.desk.met.add(k)
	}
	return err
}

// invisible tells that something marked may not be known to be there, to a
// requester who may look for things of its type.
func (p *plan) invisible(ctx context.Context, doc *store.Doc, typ string) (bool, error) {
	if !p.finds.Allowed || !p.finds.Filter.Type(typ) {
		return false, nil
	}
	o, err := p.view.look(ctx, doc, false)
	return err == nil && !o.Shown && !o.Known, err
}

// met remembers keys that were found once. A key that was used stays used, so
// that what it remembers never grows old.
type met struct {
	mu   sync.Mutex
	keys map[store.Key]struct{}
}

// mostMet bounds what is remembered: about 2 MB.
const mostMet = 50_000

func (m *met) has(k store.Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.keys[k]
	return ok
}

func (m *met) add(k store.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil || len(m.keys) >= mostMet {
		m.keys = make(map[store.Key]struct{}, 1024)
	}
	m.keys[k] = struct{}{}
}
