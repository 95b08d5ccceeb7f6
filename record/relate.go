package record

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/record/review"
	"concord/store"
)

// What people take upon themselves (claims and broken glasses) are small keys:
// they outlive a restart, and every process on the store sees them.
const (
	takenSpace = "access-taken"
	mostTaken  = 500 // of one user at a time
)

// Claim files that the requester has to do with a patient, for a reason in
// words; the privacy officer is told. Errors: Invalid "access.reason", NotFound,
// Denied.
func (e *Errand) Claim(ctx context.Context, id, reason string) (access.Taken, error) {
	return e.take(ctx, access.Claim, id, "", reason)
}

// BreakGlass opens a patient's record for access.GlassLife, for a lawful reason
// by its code and words of the requester's; the privacy officer is told. Errors:
// Invalid "access.reason", "access.lawful", NotFound, Denied.
func (e *Errand) BreakGlass(ctx context.Context, id, code, reason string) (access.Taken, error) {
	return e.take(ctx, access.BreakGlass, id, code, reason)
}

func (e *Errand) take(ctx context.Context, act access.Action, id, code, reason string) (access.Taken, error) {
	t, err := access.Take(e.who, code, reason, act == access.BreakGlass, e.desk.now())
	if err != nil {
		return t, err
	}
	said := &Errand{desk: e.desk, who: e.who, why: access.Reason{Purpose: e.why.Purpose, Text: t.Reason}}
	v, err := said.decide(ctx, act, "Patient", "Patient/"+id)
	if err != nil {
		return t, err
	}
	err = said.auditedUpdate(ctx, act, v, func(tx store.Tx, tr *trace) error {
		tr.what = []string{"Patient/" + id}
		if t.Code != "" {
			tr.what = append(tr.what, t.Code)
		}
		n, err := e.desk.whose(ctx, tx, id, time.Time{})
		if err != nil {
			return err
		}
		t.Person = e.desk.ids.person(n.person)
		tr.records = []string{e.desk.ids.encodePK(n.person)}
		if err := setTaken(ctx, tx, t); err != nil {
			return err
		}
		c := review.Case{At: tx.Time(), Kind: review.Claimed, User: e.who.ID, Role: e.who.Role, Org: e.who.Org, Person: t.Person, Code: t.Code, Reason: t.Reason}
		if t.Glass {
			c.Kind = review.BreakGlass
		}
		c.ID = review.NewID(c.At, c.Kind, c.User, c.Person)
		_, err = review.File(ctx, tx, c)
		return err
	})
	return t, err
}

func takenKey(user, person string, glass bool) string {
	kind := "claim"
	if glass {
		kind = "glass"
	}
	return user + "|" + person + "|" + kind
}

func setTaken(ctx context.Context, tx store.Tx, t access.Taken) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "access.taken", "a claim cannot be written")
	}
	return tx.SetKey(ctx, takenSpace, store.KeyValue{Key: takenKey(t.User, t.Person, t.Glass) + "|" + t.Org + "|" + string(t.Role), Value: text, Expires: t.Until})
}

// CloseGlass ends what BreakGlass opened before its time. It is no error when
// nothing is open.
func (e *Errand) CloseGlass(ctx context.Context, id string) error {
	said := &Errand{desk: e.desk, who: e.who, why: access.Reason{Purpose: e.why.Purpose, Text: "closed by who opened it"}}
	v, err := said.decide(ctx, access.CloseGlass, "Patient", "Patient/"+id)
	if err != nil {
		return err
	}
	return said.auditedUpdate(ctx, access.CloseGlass, v, func(tx store.Tx, tr *trace) error {
		tr.what = []string{"Patient/" + id}
		all, err := e.desk.humanOf(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, pk := range all {
			person := e.desk.ids.person(pk)
			tr.records = append(tr.records, e.desk.ids.encodePK(pk))
			key := takenKey(e.who.ID, person, true) + "|" + e.who.Org + "|" + string(e.who.Role)
			if err := tx.DeleteKey(ctx, takenSpace, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// humanOf lists the records of the human whom an id names.
func (d *Desk) humanOf(ctx context.Context, r store.Reader, id string) ([]int64, error) {
	n, err := d.whose(ctx, r, id, time.Time{})
	if err != nil {
		return nil, err
	}
	all, _, err := sameHuman(ctx, r, n.person)
	return all, err
}

// takenOf reads what the requester has taken upon themselves for one human.
// Their rows are listed once; those of other people are not looked into.
func (s *sight) takenOf(ctx context.Context, pks []int64) ([]access.Taken, error) {
	if !s.asked {
		var err error
		if s.rows, err = s.r.ListKeys(ctx, takenSpace, s.who.ID+"|", mostTaken); err != nil {
			return nil, err
		}
		s.asked = true
	}
	var out []access.Taken
	for _, kv := range s.rows {
		rest, _ := strings.CutPrefix(kv.Key, s.who.ID+"|")
		name, _, _ := strings.Cut(rest, "|")
		pk, _, ok := s.desk.ids.decode(name)
		if !ok || !slices.Contains(pks, pk) {
			continue
		}
		var t access.Taken
		if err := json.Unmarshal(kv.Value, &t); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "access.taken", "a claim cannot be read")
		}
		if t.Holds(s.who, s.now) {
			out = append(out, t)
		}
	}
	return out, nil
}
