package shelf

import (
	"context"
	"sync"

	"github.com/maypok86/otter/v2"

	"concord/fault"
	"concord/store"
)

// place is one type of one record.
type place struct {
	pk  int64
	typ uint16
}

func placeOf(k store.Key) place { return place{k.PK, k.Type()} }

// single is a document as it stood at a change number and has stood since.
type single struct {
	doc   *store.Doc
	since int64
}

// list is all current documents of a place, in key order, with their tokens.
type list struct {
	docs  []*store.Doc
	since int64
	size  int
}

// Shelf is shared by all Views of a process.
type Shelf struct {
	singles *otter.Cache[store.Key, single]
	lists   *otter.Cache[place, *list]

	mu         sync.Mutex
	follows    bool
	upto       int64 // change up to which the feed was followed
	generation int64 // of the index by which the lists' tokens were filed
	asked      map[place]bool
}

const (
	mostFollowed = 5000 // lines of the feed; beyond, everything is taken off
	mostAsked    = 20_000
	docOverhead  = 256 // a document beside its body and tokens, and its place here
)

// New makes a shelf that takes so many bytes of memory at most.
func New(most int) (*Shelf, error) {
	singles, err := otter.New(&otter.Options[store.Key, single]{
		MaximumWeight: uint64(most / 4),
		Weigher:       func(_ store.Key, s single) uint32 { return uint32(sizeOf(s.doc)) },
	})
	if err != nil {
		return nil, broken(err)
	}
	lists, err := otter.New(&otter.Options[place, *list]{
		MaximumWeight: uint64(most - most/4),
		Weigher:       func(_ place, l *list) uint32 { return uint32(l.size) },
	})
	if err != nil {
		return nil, broken(err)
	}
	return &Shelf{singles: singles, lists: lists, asked: map[place]bool{}}, nil
}

func broken(err error) error {
	return fault.Wrap(err, fault.Internal, "shelf.memory", "the memory of documents that were read lately cannot be made")
}

func sizeOf(d *store.Doc) int { return docOverhead + cap(d.Body) + cap(d.Tokens) }

// Reader stands in for a View's Reader, whose snapshot is at a change number.
// generation names the index by which tokens are filed now: lists of another
// are not used.
func (s *Shelf) Reader(ctx context.Context, r store.Reader, change, generation int64) (store.Reader, error) {
	own := &reader{Reader: r, shelf: s, change: change, generation: generation}
	if err := s.follow(ctx, own, change, generation); err != nil {
		return nil, err
	}
	return own, nil
}

// follow takes off what was written up to a change.
func (s *Shelf) follow(ctx context.Context, r *reader, change, generation int64) error {
	s.mu.Lock()
	if s.generation != generation {
		s.generation = generation
		s.clear()
	}
	upto := s.upto
	if !s.follows { // nothing lies here yet
		s.follows, s.upto, upto = true, change, change
	}
	s.mu.Unlock()
	if change <= upto {
		return nil
	}
	lines, err := r.Changes(ctx, upto, mostFollowed)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(lines) >= mostFollowed {
		s.clear()
	} else {
		for _, c := range lines {
			s.singles.Invalidate(c.Key)
			s.lists.Invalidate(placeOf(c.Key))
		}
	}
	s.upto = max(s.upto, change)
	return nil
}

func (s *Shelf) clear() {
	s.singles.InvalidateAll()
	s.lists.InvalidateAll()
	clear(s.asked)
}

// put lays documents down that a View at a change has read, if the feed was
// followed just so far: what was written since is not known to the View.
func (s *Shelf) put(change int64, docs []*store.Doc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upto != change || len(docs) == 0 {
		return
	}
	for _, d := range docs {
		s.singles.Set(d.Key, single{d, change})
	}
}

func (s *Shelf) putList(change, generation int64, p place, l *list) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upto == change && s.generation == generation {
		s.lists.Set(p, l)
	}
}

// again tells whether a place was asked for lately, and remembers that it is
// now: a list is made for who comes back.
func (s *Shelf) again(p place) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[p] {
		return true
	}
	if len(s.asked) >= mostAsked {
		clear(s.asked)
	}
	s.asked[p] = true
	return false
}

// listAt is the list of a place as it is at a change, nil when it is not here.
func (s *Shelf) listAt(p place, change int64) *list {
	if l, ok := s.lists.GetIfPresent(p); ok && l.since <= change {
		return l
	}
	return nil
}

// docAt is the current version of a document at a change, nil when it is not
// here.
func (s *Shelf) docAt(k store.Key, change int64) *store.Doc {
	if one, ok := s.singles.GetIfPresent(k); ok && one.since <= change {
		return one.doc
	}
	if l := s.listAt(placeOf(k), change); l != nil {
		return l.find(k)
	}
	return nil
}
