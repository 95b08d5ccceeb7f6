package record

import (
	"context"
	"fmt"
	"slices"
	"time"

	"concord/standard/fhir"
	"concord/store"
)

// maxFeed bounds how many lines of the change feed a search by _lastUpdated
// gathers at once.
const maxFeed = 5000

// feedStep is how many lines of it are read ahead for a page.
const feedStep = 128

// stretch is a part of the change feed: after one change number, up to another.
type stretch struct{ after, last int64 }

// updated finds candidates by when they were written: the change feed between
// the moments that the search allows. A page is read line by line, a whole
// answer gathered when there are not too many.
func (s *searching) updated(ctx context.Context, src *source) (done bool, err error) {
	since, until := s.q.UpdatedWithin()
	if since.IsZero() {
		return false, nil
	}
	part := stretch{last: s.now}
	if part.after, err = s.r.ChangeAt(ctx, since.Add(-time.Millisecond)); err != nil {
		return false, err
	}
	if !until.IsZero() { // what was written later is of a later version
		if part.last, err = s.r.ChangeAt(ctx, until.Add(time.Millisecond)); err != nil {
			return false, err
		}
	}
	if s.q.OnlyUpdated() && s.plainPage() {
		src.feed = &part
		s.tell(fmt.Sprintf("%s: read the change feed", src.typ))
		return true, nil
	}
	return s.gatherUpdated(ctx, src, part)
}

// gatherUpdated lists all that was written in a stretch, when that is not too
// much.
func (s *searching) gatherUpdated(ctx context.Context, src *source, part stretch) (done bool, err error) {
	changes, err := s.r.Changes(ctx, part.after, maxFeed)
	if err != nil {
		return false, err
	}
	changes = slices.DeleteFunc(changes, func(c store.Change) bool { return c.Change > part.last })
	if len(changes) >= maxFeed {
		return false, nil
	}
	n := fhir.R4().Number(src.typ)
	seen := map[store.Key]bool{}
	for _, c := range changes {
		if c.Key.Type() == n && !seen[c.Key] {
			seen[c.Key] = true
			src.keys = append(src.keys, c.Key)
		}
	}
	s.tell(fmt.Sprintf("%s: read the %d changed since then", src.typ, len(src.keys)))
	return true, nil
}

// plainPage tells a search that asks for no order and no count.
func (s *searching) plainPage() bool {
	return len(s.q.Sort) == 0 && s.asked.LastN == 0 && s.asksNoCount()
}

func (s *searching) asksNoCount() bool {
	return s.q.Count != 0 && s.q.Summary != "count" && s.q.Total != "accurate" && s.q.Total != "estimate"
}

// feedPage is a page of what was written in a stretch of the feed, in the
// order in which it was; it begins after so many lines of the commit that
// follows a change.
func (s *searching) feedPage(ctx context.Context, src *source, at pageToken) (*Found, error) {
	f := &Found{Total: -1}
	part := *src.feed
	if at.Feed {
		part.after = at.PK
	}
	next, err := s.eachChange(ctx, src, part, at.Offset, at.Change, func(doc *store.Doc) (bool, error) {
		it, err := s.hit(ctx, doc, src)
		if err != nil || it == nil {
			return true, err
		}
		if len(f.Matches) == s.size() {
			return false, nil
		}
		f.Matches = append(f.Matches, it)
		return true, nil
	})
	switch {
	case err != nil:
		return nil, err
	case next.Feed:
		next.Change = at.Change
		f.Next = s.token(next)
	case !at.Feed:
		f.Total = len(f.Matches)
	}
	return f, nil
}

// eachChange gives the documents that a stretch of the feed wrote and that
// are still as it wrote them, as of a change, until take wants no more; next
// is the place of the one that it did not want.
func (s *searching) eachChange(ctx context.Context, src *source, part stretch, skip int, asOf int64, take func(*store.Doc) (bool, error)) (next pageToken, err error) {
	typ := fhir.R4().Number(src.typ)
	for after := part.after; after < part.last; {
		lines, err := s.r.Changes(ctx, after, feedStep)
		if err != nil || len(lines) == 0 {
			return next, err
		}
		docs, err := s.changed(ctx, lines, typ, part.last)
		if err != nil {
			return next, err
		}
		place := 0 // within its commit
		for i, c := range lines {
			if place++; i == 0 || lines[i-1].Change != c.Change {
				place = 0
				if i > 0 {
					after, skip = lines[i-1].Change, 0
				}
			}
			if c.Change > part.last {
				return next, nil
			}
			doc := docs[c.Key]
			if doc == nil || place < skip {
				continue
			}
			if doc, err = s.then(ctx, doc, asOf); err != nil {
				return next, err
			}
			if doc == nil || doc.Version != c.Version {
				continue // written again since
			}
			if more, err := take(doc); err != nil || !more {
				return pageToken{Feed: true, PK: after, Offset: place}, err
			}
		}
		after, skip = lines[len(lines)-1].Change, 0
	}
	return next, nil
}

// changed reads the current versions of what some lines of the feed wrote.
func (s *searching) changed(ctx context.Context, lines []store.Change, typ uint16, last int64) (map[store.Key]*store.Doc, error) {
	var keys []store.Key
	docs := map[store.Key]*store.Doc{}
	for _, c := range lines {
		if _, known := docs[c.Key]; c.Key.Type() == typ && c.Change <= last && !known {
			keys, docs[c.Key] = append(keys, c.Key), nil
		}
	}
	if err := s.spend(len(keys)); err != nil {
		return nil, err
	}
	found, err := s.r.GetMany(ctx, keys)
	for _, doc := range found {
		docs[doc.Key] = doc
	}
	return docs, err
}
