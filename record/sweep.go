package record

import (
	"context"
	"encoding/json"
	"errors"

	"concord/fault"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
	"concord/store"
)

// sweepSpace holds, by the name of a batch linkage, how far its pairs are decided:
// Sweep. It is written with them.
const sweepSpace = "person-sweep"

// Sweep is how far a batch linkage over the whole index has come, and what became
// of the pairs that it found.
type Sweep struct {
	Name  string                `json:"name"`
	Model string                `json:"model"` // by which the pairs are decided
	Next  int64                 `json:"next"`  // how many were looked at
	Fates map[person.Fate]int64 `json:"fates"`
	Done  bool                  `json:"done"`
}

// SweepMode says what a batch linkage does with a pair that is certain.
type SweepMode string

// The modes.
const (
	SweepTry     SweepMode = "try"     // nothing is written
	SweepPropose SweepMode = "propose" // a steward is asked
	SweepJoin    SweepMode = "join"    // it is joined, as on arrival
)

// IndexBasis is what the index is matched by now. Mark tells this store from
// others.
type IndexBasis struct {
	Name, Mark string
	Model      *match.Model
	Counts     *match.Frequencies // nil = names were not counted
}

// IndexBasis gives the model that arrivals are matched by.
func (d *Desk) IndexBasis() IndexBasis {
	m := d.matcher()
	out := IndexBasis{Name: m.Name, Mark: d.ids.encodePK(d.secretTrace())}
	out.Model, out.Counts = m.Basis()
	return out
}

// SweepEntries hands over what every entry of the index is matched by, with its
// record key, for a batch linkage. It may run beside everything else: each step is
// of a snapshot of its own.
func (e *Errand) SweepEntries(ctx context.Context, yield func(pk int64, r match.Record) error) (n int64, err error) {
	v, err := e.decide(ctx, access.Verify, "", person.BatchLinkage)
	if err != nil {
		return 0, err
	}
	err = e.desk.eachEntry(ctx, func(_ store.Reader, one person.Entry) error {
		n++
		return yield(one.Key.PK, person.RecordOf(one.Patient))
	})
	if aerr := e.audit(ctx, access.Verify, v, trace{what: []string{person.BatchLinkage}, count: int(n), failure: err}); aerr != nil {
		return n, aerr
	}
	return n, err
}

// SweepOf tells how far a batch linkage of that name has come; the zero Sweep when
// nothing was decided by it yet.
func (e *Errand) SweepOf(ctx context.Context, name string) (Sweep, error) {
	var out Sweep
	v, err := e.decide(ctx, access.Verify, "", person.BatchLinkage)
	if err != nil {
		return out, err
	}
	err = e.desk.engine.View(ctx, func(r store.Reader) error {
		out, err = readSweep(ctx, r, name)
		return err
	})
	if aerr := e.audit(ctx, access.Verify, v, trace{what: []string{person.BatchLinkage}, failure: err}); aerr != nil {
		return out, aerr
	}
	return out, err
}

func readSweep(ctx context.Context, r store.Keys, name string) (Sweep, error) {
	out := Sweep{Name: name, Fates: map[person.Fate]int64{}}
	text, err := r.GetKey(ctx, sweepSpace, name)
	if err != nil || text == nil {
		return out, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fault.Wrap(err, fault.Internal, "record.sweep", "how far a batch linkage has come cannot be read")
	}
	return out, nil
}

// errTried makes a transaction that only tries come to nothing.
var errTried = errors.New("tried")

// SweepPairs decides on the pairs from number from on that a batch linkage found,
// and keeps in the same transaction how far it has come, so that no pair is lost or
// counted twice, whenever it is stopped. Pairs on which a decision stands are told
// apart on a snapshot. last says that no pair comes after these. Errors: Conflict
// "record.sweep" when this is not where it had come to: another process is at it.
func (e *Errand) SweepPairs(ctx context.Context, s Sweep, pairs []person.Found, last bool, mode SweepMode, told func(person.Swept, SweptPair)) (Sweep, error) {
	v, err := e.decide(ctx, access.Verify, "", person.BatchLinkage)
	if err != nil {
		return s, err
	}
	swept, open, err := e.desk.standing(ctx, pairs)
	if err != nil {
		return s, err
	}
	var fresh []person.Swept
	next := s
	err = e.auditedSweep(ctx, v, mode, func(tx store.Tx, t *trace) error {
		if err := e.desk.atSweep(ctx, tx, s, mode); err != nil {
			return err
		}
		if fresh, err = e.desk.persons().Sweep(ctx, tx, open, mode == SweepPropose); err != nil {
			return err
		}
		next = s.with(append(fresh, swept...))
		next.Done, next.Model = last, e.desk.matcher().Name
		t.what, t.count, t.records = []string{person.BatchLinkage}, len(pairs), e.desk.linkedBy(fresh)
		text, err := json.Marshal(next)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "record.sweep", "how far a batch linkage has come cannot be written")
		}
		return tx.SetKey(ctx, sweepSpace, store.KeyValue{Key: s.Name, Value: text})
	})
	if err != nil {
		return s, err
	}
	if mode != SweepTry {
		e.desk.guard.forget()
	}
	for _, p := range fresh {
		told(p, e.desk.sweptPair(p))
	}
	return next, nil
}

// auditedSweep is auditedUpdate, or an Update that comes to nothing; of a trial the
// reading of the index is in the audit log.
func (e *Errand) auditedSweep(ctx context.Context, v access.Verdict, mode SweepMode, f func(store.Tx, *trace) error) error {
	if mode != SweepTry {
		return e.auditedUpdate(ctx, access.Verify, v, f)
	}
	err := e.desk.engine.Update(ctx, func(tx store.Tx) error {
		if err := f(tx, &trace{}); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}

// standing parts pairs into those on which a decision stands and the others.
func (d *Desk) standing(ctx context.Context, pairs []person.Found) (swept []person.Swept, open []person.Found, err error) {
	err = d.engine.View(ctx, func(r store.Reader) error {
		swept, open = nil, nil
		for _, f := range pairs {
			s, err := f.Stands(ctx, r)
			if err != nil {
				return err
			}
			if s.Fate == "" {
				open = append(open, f)
			} else {
				swept = append(swept, s)
			}
		}
		return nil
	})
	return swept, open, err
}

// atSweep refuses to go on where another process has gone on. A trial keeps nothing,
// so that there is nothing to hold it against.
func (d *Desk) atSweep(ctx context.Context, tx store.Tx, s Sweep, mode SweepMode) error {
	if mode == SweepTry {
		return nil
	}
	have, err := readSweep(ctx, tx, s.Name)
	if err != nil {
		return err
	}
	if have.Next != s.Next || have.Done {
		return fault.New(fault.Conflict, "record.sweep", "another process goes on with this batch linkage")
	}
	return nil
}

func (s Sweep) with(swept []person.Swept) Sweep {
	out := s
	out.Next += int64(len(swept))
	out.Fates = map[person.Fate]int64{}
	for k, n := range s.Fates {
		out.Fates[k] = n
	}
	for _, p := range swept {
		out.Fates[p.Fate]++
	}
	return out
}

// linkedBy are the entries that were joined, for the audit entry.
func (d *Desk) linkedBy(swept []person.Swept) []string {
	var out []string
	for _, s := range swept {
		if s.Fate == person.Linked {
			out = append(out, d.ids.encodePK(s.A), d.ids.encodePK(s.B))
		}
	}
	return out
}

// SweptPair is a pair in words: ids of entries, no value.
type SweptPair struct {
	A, B      string
	Waterfall match.Waterfall
}

func (d *Desk) sweptPair(s person.Swept) SweptPair {
	return SweptPair{d.ids.encode(person.PatientKey(s.A)), d.ids.encode(person.PatientKey(s.B)), d.matcher().Recall(s.Decision.Verdict())}
}
