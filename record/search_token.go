package record

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/store"
)

// pageLife is how long the links to further pages hold.
const pageLife = 30 * time.Minute

const pageSpace = "search-page"

// pageToken is what a next link carries: a place in a kept list, or where a
// walk stands. It is good for the requester and the search that it was made
// for, and no other.
type pageToken struct {
	List   string `json:"s,omitempty"`
	Offset int    `json:"o,omitempty"`
	Walk   bool   `json:"w,omitempty"`
	Lazy   bool   `json:"y,omitempty"` // the list holds candidates
	Feed   bool   `json:"f,omitempty"` // a place in the change feed: after the change PK, and Offset lines
	// Ordered: a page of a search in the order of the index begins at Date,
	// after Offset of its matches or, in a date whose order is any, after PK
	// and LID.
	Ordered bool  `json:"d,omitempty"`
	Date    int64 `json:"m,omitempty"`
	Type    int   `json:"t,omitempty"`
	PK      int64 `json:"p,omitempty"`
	LID     int64 `json:"l,omitempty"`
	Change  int64 `json:"c"`
	Until   int64 `json:"u"`
}

// token writes a page token with a keyed check.
func (s *searching) token(t pageToken) string {
	if t.Until == 0 {
		t.Until = s.desk.now().Add(pageLife).Unix()
	}
	text, _ := json.Marshal(t)
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + s.seal(body)
}

func (s *searching) seal(body string) string {
	names := make([]string, 0, len(s.asked.Form))
	for n := range s.asked.Form {
		names = append(names, n)
	}
	slices.Sort(names)
	parts := []string{"page", s.who, s.asked.Compartment, s.asked.Owner, strings.Join(s.asked.Types, ","), body}
	for _, n := range names {
		parts = append(parts, n)
		parts = append(parts, s.asked.Form[n]...)
	}
	return strconv.FormatUint(s.desk.searches().extract.Hash(parts...), 36)
}

func expired() error {
	return fault.New(fault.Gone, "search.page-expired", "this page is no longer kept; search again").In("_page")
}

// pageOf reads a page token as it stands, whoever wrote it.
func pageOf(page string) (t pageToken, ok bool) {
	body, _, _ := strings.Cut(page, ".")
	text, err := base64.RawURLEncoding.DecodeString(body)
	return t, err == nil && json.Unmarshal(text, &t) == nil
}

// open reads a page token.
func (s *searching) open() (pageToken, error) {
	t, ok := pageOf(s.asked.Page)
	body, check, _ := strings.Cut(s.asked.Page, ".")
	if !ok || check != s.seal(body) {
		return t, fault.New(fault.Invalid, "search.page", "the page's link is not one that was given for this search").In("_page")
	}
	if s.desk.now().Unix() > t.Until {
		return t, expired()
	}
	return t, nil
}

// resume answers a later page.
func (s *searching) resume(ctx context.Context, types []string) (*Found, error) {
	t, err := s.open()
	if err != nil {
		return nil, err
	}
	if t.Walk {
		return s.walkPage(ctx, types, cursor{typ: t.Type, after: store.Key{PK: t.PK, LID: t.LID}, change: t.Change})
	}
	if t.Ordered && len(types) == 1 {
		src := s.plain(types[0])
		if src.lookup.Ordered == nil {
			return nil, expired()
		}
		return s.orderedPage(ctx, src, t)
	}
	if t.Feed && len(types) == 1 {
		src := s.plain(types[0])
		if done, err := s.updated(ctx, src); !done || err != nil || src.feed == nil {
			return nil, cmp.Or(err, expired())
		}
		return s.feedPage(ctx, src, t)
	}
	blob, err := s.desk.pages.find(ctx, s.r, t.List)
	if err != nil {
		return nil, err
	}
	if blob == nil {
		return nil, expired()
	}
	all, err := unpackVersions(blob)
	if err != nil {
		return nil, err
	}
	if t.Lazy && len(types) == 1 {
		keys := make([]store.Key, len(all))
		for i, v := range all {
			keys[i] = v.Key
		}
		return s.keysPage(ctx, &source{typ: types[0], reads: s.q.Reads(types[0])}, keys, min(t.Offset, len(keys)), t.Change, t.List)
	}
	f := &Found{Total: len(all)}
	from := min(max(t.Offset, 0), len(all))
	to := min(from+s.size(), len(all))
	docs, err := s.r.GetVersions(ctx, all[from:to])
	if err != nil {
		return nil, err
	}
	if f.Matches, err = s.v.showAll(ctx, docs, true); err != nil {
		return nil, err
	}
	if to < len(all) {
		next := t
		next.Offset = to
		f.Next = s.token(next)
	}
	if from > 0 {
		before := t
		before.Offset = max(0, from-s.size())
		f.Previous = s.token(before)
	}
	return f, nil
}

// versionsOf are the versions of some matches.
func versionsOf(hits []*Item) []store.VersionKey {
	out := make([]store.VersionKey, len(hits))
	for i, it := range hits {
		out[i] = store.VersionKey{Key: it.key, Version: it.Version}
	}
	return out
}

// keepList keeps the versions of all matches for later pages.
func (s *searching) keepList(all []store.VersionKey) (string, error) {
	return s.desk.pages.keep(packVersions(all), s.desk.now().Add(pageLife))
}

// packVersions writes keys and versions as varints, each key less the one
// before it.
func packVersions(all []store.VersionKey) []byte {
	out := make([]byte, 0, 8*len(all))
	var last store.Key
	for _, v := range all {
		out = binary.AppendVarint(out, v.PK-last.PK)
		out = binary.AppendVarint(out, v.LID-last.LID)
		out = binary.AppendVarint(out, v.Version)
		last = v.Key
	}
	return bytes.Clone(out) // it is kept: what was too much of the room is not
}

func unpackVersions(blob []byte) ([]store.VersionKey, error) {
	var out []store.VersionKey
	var last store.Key
	for len(blob) > 0 {
		var v [3]int64
		for i := range v {
			n := 0
			if v[i], n = binary.Varint(blob); n <= 0 {
				return nil, fault.New(fault.Internal, "search.page", "a kept page cannot be read")
			}
			blob = blob[n:]
		}
		last.PK += v[0]
		last.LID += v[1]
		out = append(out, store.VersionKey{Key: last, Version: v[2]})
	}
	return out, nil
}
