package record

import (
	"context"
	"encoding/json"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Joining decides on an act about the joining of one organisation, and leaves one
// audit entry: an act of those that need no resource, by somebody of that
// organisation or of the domain. what tells more, without patient data. Errors:
// Denied, also "access.other-organisation"; Busy "audit.unavailable".
func (e *Errand) Joining(ctx context.Context, act access.Action, org, what string) error {
	if act != access.WatchTotals && !e.who.Controls(org) {
		other := fault.New(fault.Denied, "access.other-organisation", "this is another organisation's")
		if err := e.Note(ctx, act, what, other); err != nil {
			return err
		}
		return other
	}
	return e.Note(ctx, act, what, nil)
}

// MayJoin tells whether an act about an organisation's joining could be allowed.
func (e *Errand) MayJoin(act access.Action, org string) bool {
	return (act == access.WatchTotals || e.who.Controls(org)) && e.May(act, "")
}

// Held says that the messages of an organisation's feeds wait: they are kept as
// they come, and none is applied until they are released.
type Held struct {
	Org   string    `json:"org"`
	Since time.Time `json:"since"`
	By    string    `json:"by"`
	Why   string    `json:"why"`
}

// heldSpace is where the organisations lie whose feeds are held.
const heldSpace = "feeds-held"

// HoldFeeds holds the feeds of an organisation, or releases them: then what has
// waited is applied in the order in which it came. To hold what is held changes
// nothing. Errors: Denied.
func (e *Errand) HoldFeeds(ctx context.Context, org, why string, hold bool) error {
	what := "feeds of " + org + " released"
	if hold {
		what = "feeds of " + org + " held"
	}
	if !e.who.Controls(org) {
		return e.Joining(ctx, access.Join, org, what)
	}
	v, err := e.decide(ctx, access.Join, "", what)
	if err != nil {
		return err
	}
	return e.auditedUpdate(ctx, access.Join, v, func(tx store.Tx, t *trace) error {
		t.what = []string{what}
		old, err := tx.GetKey(ctx, heldSpace, org)
		if err != nil {
			return err
		}
		if !hold {
			return tx.DeleteKey(ctx, heldSpace, org)
		}
		if len(old) > 0 {
			return nil
		}
		text, err := json.Marshal(Held{org, tx.Time(), e.who.ID, why})
		if err != nil {
			return fault.Wrap(err, fault.Internal, "record.held", "the hold cannot be written")
		}
		return tx.SetKey(ctx, heldSpace, store.KeyValue{Key: org, Value: text})
	})
}

// FeedsHeld gives the organisations whose feeds are held. It names nobody and
// leaves no audit entry: whoever applies messages asks it all the time.
func (e *Errand) FeedsHeld(ctx context.Context) (map[string]Held, error) {
	if !e.May(access.Receive, "") && !e.May(access.WatchJoin, "") {
		return nil, e.Note(ctx, access.WatchJoin, "feeds held", nil)
	}
	out := map[string]Held{}
	err := e.desk.engine.View(ctx, func(r store.Reader) error {
		clear(out)
		list, err := r.ListKeys(ctx, heldSpace, "", 1000)
		if err != nil {
			return err
		}
		for _, kv := range list {
			var h Held
			if err := json.Unmarshal(kv.Value, &h); err != nil {
				return fault.Wrap(err, fault.Internal, "record.held", "what is held cannot be read")
			}
			out[h.Org] = h
		}
		return nil
	})
	return out, err
}
