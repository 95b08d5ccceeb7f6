package person

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/store"
)

const alarmSpace = "person-alarm" // by ID: Alarm

// Alarm is a finding as it is kept for the stewards. It names entries and
// resources, never a value of the patient's.
type Alarm struct {
	ID      string    `json:"id"`
	Kind    AlarmKind `json:"k"`
	Entries []int64   `json:"e"`
	Refs    []string  `json:"r"`
	Found   time.Time `json:"at"`
	// Settled by a steward, who found an explanation: it does not come again.
	Who  string    `json:"who,omitempty"`
	Why  string    `json:"why,omitempty"`
	When time.Time `json:"when,omitzero"`
}

// Open tells whether it waits for a steward.
func (a *Alarm) Open() bool { return a.Who == "" }

func alarmID(f Finding) string {
	refs := slices.Sorted(slices.Values(f.Refs))
	return string(f.Kind) + "~" + strings.ReplaceAll(strings.Join(refs, "~"), "/", ".")
}

// Raise keeps findings that are not known yet, and tells how many those were.
func Raise(ctx context.Context, tx store.Tx, findings []Finding) (fresh int, err error) {
	for _, f := range findings {
		a := Alarm{ID: alarmID(f), Kind: f.Kind, Entries: f.Entries, Refs: f.Refs, Found: tx.Time()}
		if have, err := tx.GetKey(ctx, alarmSpace, a.ID); err != nil {
			return fresh, err
		} else if have != nil {
			continue
		}
		if err := keepAlarm(ctx, tx, &a); err != nil {
			return fresh, err
		}
		fresh++
	}
	return fresh, nil
}

func keepAlarm(ctx context.Context, tx store.Tx, a *Alarm) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return tx.SetKey(ctx, alarmSpace, store.KeyValue{Key: a.ID, Value: text})
}

// Alarms lists what was raised, at most limit.
func Alarms(ctx context.Context, r store.Keys, limit int) ([]Alarm, error) {
	kvs, err := r.ListKeys(ctx, alarmSpace, "", limit)
	if err != nil {
		return nil, err
	}
	out := make([]Alarm, len(kvs))
	for i, kv := range kvs {
		if err := json.Unmarshal(kv.Value, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SettleAlarm keeps a steward's explanation. Errors: NotFound "person.alarm",
// Conflict "person.settled".
func SettleAlarm(ctx context.Context, tx store.Tx, id, who, why string) (*Alarm, error) {
	text, err := tx.GetKey(ctx, alarmSpace, id)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, fault.New(fault.NotFound, "person.alarm", "no such alarm is known")
	}
	var a Alarm
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, err
	}
	if !a.Open() {
		return nil, fault.New(fault.Conflict, "person.settled", "somebody has explained this already")
	}
	a.Who, a.Why, a.When = who, why, tx.Time()
	return &a, keepAlarm(ctx, tx, &a)
}
