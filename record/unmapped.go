package record

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Unmapped is a code that messages of an organisation have and on which nobody has
// decided what of the domain's it is.
type Unmapped struct {
	Org  string `json:"org"`
	Kind string `json:"kind"` // of catalogue, such as "results"
	Code string `json:"code"`
	Name string `json:"name,omitempty"` // as the newest message calls it
	// Unit is, of a result whose code is known, a unit of values that is not, or does
	// not convert.
	Unit     string    `json:"unit,omitempty"`
	Feed     string    `json:"feed"` // of the newest message
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Messages int64     `json:"messages"` // about: a crash may leave the last seconds out
}

func (u *Unmapped) key() string {
	parts := []string{u.Org, u.Kind, url.PathEscape(u.Code)}
	if u.Unit != "" {
		parts = append(parts, url.PathEscape(u.Unit))
	}
	return strings.Join(parts, "/")
}

const (
	unmappedSpace = "unmapped"
	// mostUnmapped bounds how many codes of an organisation are told of: beyond it a
	// feed sends something else where codes belong.
	mostUnmapped = 2000
)

// NoteUnmapped adds to what is known of codes that nobody has decided on: Messages
// are those since the last time. It names nobody. Beyond 2,000 codes of an
// organisation none is added.
func (e *Errand) NoteUnmapped(ctx context.Context, list []Unmapped) error {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return err
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		for i := range list {
			if err := noteUnmapped(ctx, tx, list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func noteUnmapped(ctx context.Context, tx store.Tx, u Unmapped) error {
	old, err := tx.GetKey(ctx, unmappedSpace, u.key())
	if err != nil {
		return err
	}
	u.First, u.Last = tx.Time(), tx.Time()
	if old != nil {
		var was Unmapped
		if err := json.Unmarshal(old, &was); err != nil {
			return fault.Wrap(err, fault.Internal, "record.unmapped", "what is known of a code cannot be read")
		}
		u.First, u.Messages = was.First, u.Messages+was.Messages
		if u.Name == "" {
			u.Name = was.Name
		}
	} else if all, err := tx.ListKeys(ctx, unmappedSpace, u.Org+"/", mostUnmapped); err != nil || len(all) == mostUnmapped {
		return err
	}
	text, err := json.Marshal(u)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "record.unmapped", "what is known of a code cannot be written")
	}
	return tx.SetKey(ctx, unmappedSpace, store.KeyValue{Key: u.key(), Value: text})
}

// Unmapped lists the codes of an organisation ("" = of all) on which nobody has
// decided, by kind and code. It leaves no audit entry, as it names nobody.
func (e *Errand) Unmapped(ctx context.Context, org string) ([]Unmapped, error) {
	if !e.May(access.WatchFeeds, "") && !e.May(access.WatchJoin, "") {
		return nil, e.Note(ctx, access.WatchFeeds, "unmapped codes", nil)
	}
	var out []Unmapped
	err := e.desk.engine.View(ctx, func(r store.Reader) (err error) {
		out, err = unmappedOf(ctx, r, org)
		return err
	})
	return out, err
}

func unmappedOf(ctx context.Context, r store.Reader, org string) ([]Unmapped, error) {
	prefix := ""
	if org != "" {
		prefix = org + "/"
	}
	list, err := r.ListKeys(ctx, unmappedSpace, prefix, 20*mostUnmapped)
	if err != nil {
		return nil, err
	}
	var out []Unmapped
	for _, kv := range list {
		var u Unmapped
		if err := json.Unmarshal(kv.Value, &u); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "record.unmapped", "what is known of a code cannot be read")
		}
		out = append(out, u)
	}
	return out, nil
}

// ForgetUnmapped forgets codes of an organisation that have been decided on.
func (e *Errand) ForgetUnmapped(ctx context.Context, org string, decided func(u *Unmapped) bool) error {
	if _, err := e.decide(ctx, access.Receive, ""); err != nil {
		return err
	}
	return e.desk.engine.Update(ctx, func(tx store.Tx) error {
		list, err := unmappedOf(ctx, tx, org)
		if err != nil {
			return err
		}
		for i := range list {
			if !decided(&list[i]) {
				continue
			}
			if err := tx.DeleteKey(ctx, unmappedSpace, list[i].key()); err != nil {
				return err
			}
		}
		return nil
	})
}
