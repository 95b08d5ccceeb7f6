package record

import (
	"bytes"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/store"
)

// openedBodies remembers stored bodies that were opened lately, so that they
// need not be opened, unpacked and scanned each time. It is below every
// decision: a body is looked for after it was fetched for a requester, the
// decision on it comes after that, and what is kept of it is what anybody's
// reading would find, nothing taken off.
//
// A body is known by its key and version and by a hash of the text that lies
// in the store. So what another transaction wrote under the same number, or
// what was altered in the store, is never answered from memory.
type openedBodies struct {
	kept *otter.Cache[store.VersionKey, *openBody]
	seed maphash.Seed
	room sync.Pool // of *[]byte, to unpack in
}

// openBody is one stored body as text.
type openBody struct {
	text     *fhir.Shallow
	how      OpKind // what wrote it; 0 of what was written before this was kept
	refers   atomic.Pointer[refers]
	sorted   atomic.Pointer[sorted]
	sum      uint64
	weight   int  // bytes of memory that it takes at most, the cache's own part included
	away     bool // it may say where it was moved to
	labelled bool // it may have labels
	named    bool // it may have an id of its own
}

const (
	// openedBytes is how much memory they take at most, each counted as if all
	// of it had been parsed; they take about half of that.
	openedBytes = 48 << 20
	openedMost  = 256 << 10
)

func newOpenedBodies(most int) (*openedBodies, error) {
	kept, err := otter.New(&otter.Options[store.VersionKey, *openBody]{
		MaximumWeight: uint64(most),
		Weigher:       func(_ store.VersionKey, b *openBody) uint32 { return uint32(b.weight) },
	})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "record.opened", "the memory of opened bodies cannot be made")
	}
	return &openedBodies{kept: kept, seed: maphash.MakeSeed()}, nil
}

// opened is a document's body, from memory when it was opened lately.
func (d *Desk) opened(doc *store.Doc) (*openBody, error) {
	key := store.VersionKey{Key: doc.Key, Version: doc.Version}
	sum := maphash.Bytes(d.bodies.seed, doc.Body)
	if b, ok := d.bodies.kept.GetIfPresent(key); ok && b.sum == sum {
		b.text.Remember() // who came twice comes again
		return b, nil
	}
	room, _ := d.bodies.room.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	packed, err := d.seals.Open(doc.Body)
	if err != nil {
		return nil, err
	}
	plain, err := d.codec.UnpackInto((*room)[:0], packed)
	if err != nil {
		return nil, err
	}
	text, err := fhir.Scan(d.brought(plain, doc.Type())) // copies what it keeps
	if err != nil {
		return nil, err
	}
	b := &openBody{text: text, how: OpKind(store.MarkOf(packed)), sum: sum, away: bytes.Contains(plain, []byte(MovedExtension)), labelled: bytes.Contains(plain, securityMember), named: text.Has("id")}
	if cap(plain) <= openedMost {
		*room = plain[:0]
	}
	d.bodies.room.Put(room)
	size := text.Size()
	if b.weight = size + size/8 + 256; b.weight <= openedMost {
		d.bodies.kept.Set(key, b)
	}
	return b, nil
}

// refers is what a body refers to by all reference parameters of a table.
type refers struct {
	table *search.Table
	refs  []string
}

// refersTo lists what a body refers to by all reference parameters of its type.
func (b *openBody) refersTo(table *search.Table, typ string) ([]string, error) {
	if have := b.refers.Load(); have != nil && have.table == table {
		return have.refs, nil
	}
	out := table.Outward(typ)
	body, err := b.text.Only(out.Reads())
	if err != nil {
		return nil, err
	}
	all := &refers{table, out.Refs(body)}
	b.refers.Store(all)
	return all.refs, nil
}
