package record

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// AskedHistory narrows a history (https://hl7.org/fhir/R4/http.html#history).
type AskedHistory struct {
	Type, ID string    // both empty = of the system, ID empty = of the type
	Since    time.Time // versions written at or after
	From, To time.Time // versions that stood at some time in [From, To); zero = no such condition
	Count    int       // page size, 0 = DefaultCount
	Page     string    // token of a next link
}

// Past is a page of versions, newest first.
type Past struct {
	Versions []*Item
	Total    int // -1 when not known
	Next     string
}

// pastToken is where a history goes on: below a change, after so many of its
// versions.
type pastToken struct {
	Change int64 `json:"c"`
	Skip   int   `json:"n"`
}

// maxPast bounds the lines of the change feed that one page looks at; a page
// that meets the bound is short, and its next link goes on from there.
const maxPast = 20_000

// History lists versions, newest first, deletions included. Errors: NotFound,
// Denied, Invalid "history.page".
func (e *Errand) History(ctx context.Context, a AskedHistory) (*Past, error) {
	if a.Count <= 0 {
		a.Count = DefaultCount
	}
	a.Count = min(a.Count, MaxCount)
	from, err := e.desk.openPast(a)
	if err != nil {
		return nil, err
	}
	var out *Past
	err = e.read(ctx, access.Read, a.Type, func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{a.Type + "/" + a.ID + "/_history"}
		var err error
		if a.ID != "" {
			out, err = e.instance(ctx, r, v, t, a, from)
		} else {
			out, err = e.desk.feed(ctx, r, v, a, from)
		}
		if err != nil {
			return err
		}
		t.count = len(out.Versions)
		keys := make([]store.Key, len(out.Versions))
		for i, it := range out.Versions {
			keys[i] = it.key
		}
		t.records = e.desk.recordIDs(keys...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ReadVersion returns one version. Errors as for Read, NotFound
// "record.version".
func (e *Errand) ReadVersion(ctx context.Context, typ, id string, version int64) (*Item, error) {
	var out *Item
	err := e.read(ctx, access.Read, typ, func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{typ + "/" + id + "/_history/" + strconv.FormatInt(version, 10)}
		k, err := e.desk.locate(ctx, r, typ, id)
		if err != nil {
			return err
		}
		t.records = e.desk.recordIDs(k)
		docs, err := r.GetVersions(ctx, []store.VersionKey{{Key: k, Version: version}})
		if err != nil {
			return err
		}
		if len(docs) == 0 {
			return fault.New(fault.NotFound, "record.version", "there is no such version")
		}
		out, err = e.admit(ctx, v, t, docs[0], typ, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// instance is the history of one resource.
func (e *Errand) instance(ctx context.Context, r store.Reader, v *sight, t *trace, a AskedHistory, from pastToken) (*Past, error) {
	k, err := e.desk.locate(ctx, r, a.Type, a.ID)
	if err != nil {
		return nil, err
	}
	docs, err := r.Versions(ctx, k)
	if err != nil || len(docs) == 0 {
		return nil, unknown(a.Type)
	}
	if o, err := v.look(ctx, docs[0], false); err != nil || !o.Shown {
		return nil, cmp.Or(err, withheldHere(a.Type))
	}
	out := &Past{}
	for i, doc := range docs {
		var until time.Time // when the next version came
		if i > 0 {
			until = docs[i-1].Updated
		}
		if !a.covers(doc.Updated, until) {
			continue
		}
		if o, err := v.look(ctx, doc, true); err != nil {
			return nil, err
		} else if !o.Shown {
			continue
		}
		if out.Total++; from.Change != 0 && doc.Change >= from.Change {
			continue
		}
		if len(out.Versions) == a.Count {
			if out.Next == "" {
				out.Next = e.desk.sealPast(a, pastToken{Change: out.Versions[a.Count-1].Change})
			}
			continue
		}
		it, err := v.show(ctx, doc, true)
		if err != nil {
			return nil, err
		}
		it.ID = a.ID // a tombstone has no body that could tell a client's own id
		out.Versions = append(out.Versions, it)
	}
	return out, nil
}

// covers tells whether a version that stood from one moment to another (zero:
// it stands) is asked for.
func (a AskedHistory) covers(from, until time.Time) bool {
	if !a.Since.IsZero() && from.Before(a.Since) {
		return false
	}
	if !a.To.IsZero() && !from.Before(a.To) {
		return false
	}
	return a.From.IsZero() || until.IsZero() || until.After(a.From)
}

// feed is the history of a type or of the system: the change feed backwards.
func (d *Desk) feed(ctx context.Context, r store.Reader, v *sight, a AskedHistory, from pastToken) (*Past, error) {
	const step = 500
	out := &Past{Total: -1}
	looked, skip := 0, from.Skip
	before := from.Change
	if before != 0 {
		before++ // the commit named was not finished
	}
	for {
		changes, err := r.ChangesBefore(ctx, before, step)
		if err != nil || len(changes) == 0 {
			return out, err
		}
		place := pastToken{Change: changes[0].Change}
		for _, c := range changes {
			if c.Change != place.Change {
				place, skip = pastToken{Change: c.Change}, 0
			}
			if place.Skip++; place.Skip <= skip {
				continue
			}
			if !a.Since.IsZero() && c.At.Before(a.Since) {
				return out, nil
			}
			if looked++; len(out.Versions) == a.Count || looked > maxPast {
				place.Skip--
				out.Next = d.sealPast(a, place)
				return out, nil
			}
			it, err := d.pastVersion(ctx, r, v, a, c)
			if err != nil {
				return nil, err
			}
			if it != nil {
				out.Versions = append(out.Versions, it)
			}
		}
		before, skip = place.Change, 0
	}
}

// pastVersion reads a version that the change feed names: nil when it is not
// asked for, or may not be seen.
func (d *Desk) pastVersion(ctx context.Context, r store.Reader, v *sight, a AskedHistory, c store.Change) (*Item, error) {
	typ := fhir.R4().Name(c.Key.Type())
	if a.Type != "" && typ != a.Type || !v.Filter.Type(typ) {
		return nil, nil
	}
	asked := []store.VersionKey{{Key: c.Key, Version: c.Version}}
	if !a.From.IsZero() {
		asked = append(asked, store.VersionKey{Key: c.Key, Version: c.Version + 1})
	}
	docs, err := r.GetVersions(ctx, asked)
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	var until time.Time
	if len(docs) > 1 {
		until = docs[1].Updated
	}
	if !a.covers(docs[0].Updated, until) {
		return nil, nil
	}
	it, err := v.show(ctx, docs[0], true)
	if err != nil || it == nil || !it.Deleted {
		return it, err
	}
	last, err := d.bodyBefore(ctx, r, c.Key)
	if err == nil && last.ID() != "" {
		it.ID = last.ID()
	}
	return it, err
}

func (d *Desk) sealPast(a AskedHistory, t pastToken) string {
	text, _ := json.Marshal(t)
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + d.pastCheck(a, body)
}

func (d *Desk) pastCheck(a AskedHistory, body string) string {
	return strconv.FormatUint(d.searches().extract.Hash("history", a.Type, a.ID, a.Since.String(), a.From.String(), a.To.String(), body), 36)
}

func (d *Desk) openPast(a AskedHistory) (pastToken, error) {
	var t pastToken
	if a.Page == "" {
		return t, nil
	}
	body, check, _ := strings.Cut(a.Page, ".")
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || check != d.pastCheck(a, body) || json.Unmarshal(text, &t) != nil {
		return t, fault.New(fault.Invalid, "history.page", "the page's link is not one that was given for this history").In("_page")
	}
	return t, nil
}
