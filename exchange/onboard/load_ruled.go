package onboard

import (
	"context"
	"errors"
	"fmt"
	"os"

	"concord/fault"
	"concord/record"
	"concord/record/person"
)

// RulingProgress is how far the rulings of the rehearsal are carried out, and
// what became of them.
type RulingProgress struct {
	Done int64            `json:"done"` // in order of the stage's rulings
	Out  map[string]int64 `json:"out"`  // by what became of them
}

// What became of a ruling.
const (
	ruledDone    = "done"
	ruledStood   = "stood-already" // the record says so without it
	ruledSource  = "changed-source"
	ruledEntry   = "changed-entry" // what the entry says of who it is
	ruledPerson  = "changed-person"
	ruledNobody  = "not-loaded"       // the patient was refused, or is in no row of this extract
	ruledMerged  = "merged-at-source" // the source has merged the number into another since: that one is decided on
	ruledGone    = "entry-gone"
	ruledRefused = "refused" // the record refuses it: a steward decides anew
)

const ruledTable = "ruled.csv"

// rulings carries out what stewards decided in the rehearsal, by errands of
// theirs, when the patients are in. A ruling whose grounds have changed is not:
// its pair waits in the stewards' queue as the record's own matching has it, and
// ruled.csv says why.
func (ld *loader) rulings(ctx context.Context) error {
	if ld.opt.Ruler == nil {
		return nil
	}
	list, err := ld.stage.Rulings()
	if err != nil || len(list) == 0 {
		return err
	}
	said, err := ld.saidOf(list)
	if err != nil {
		return err
	}
	p := ld.loading.Rulings
	if p == nil {
		p = &RulingProgress{Out: map[string]int64{}}
		ld.loading.Rulings = p
	}
	out, err := os.OpenFile(ld.extract.path(ruledTable), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return unstaged(err)
	}
	defer out.Close()
	merges, err := ld.extract.Survivors(asKey)
	if err != nil {
		return err
	}
	for i := p.Done; i < int64(len(list)); i++ {
		r := &list[i]
		what, err := ld.ruling(ctx, r, said[r.Key])
		if _, merged := merges[r.Key]; merged && what == ruledNobody {
			what = ruledMerged
		}
		if err != nil {
			return err
		}
		p.Done, p.Out[what] = i+1, p.Out[what]+1
		if _, err := fmt.Fprintf(out, "%s,%s,%s,%s\n", quoted([]byte(r.Key)), r.Entry, r.Verb, what); err != nil {
			return unstaged(err)
		}
		if err := ld.keep(); err != nil {
			return err
		}
	}
	return unstaged(errors.Join(out.Sync(), out.Close()))
}

// saidOf is what the rows of this extract say of the patients on whom something
// was ruled.
func (ld *loader) saidOf(list []PairRuling) (map[string]string, error) {
	want := map[string]bool{}
	for _, r := range list {
		want[r.Key] = true
	}
	p, err := ld.extract.patients()
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for fields, err := range p.rows() {
		if err != nil {
			return nil, err
		}
		if want[string(fields[0])] {
			out[string(fields[0])] = SaidOf(p.record(fields))
		}
	}
	return out, nil
}

// ruling carries out one ruling and says what became of it.
func (ld *loader) ruling(ctx context.Context, r *PairRuling, said string) (string, error) {
	if said == "" || ld.others[keyOf([]byte(r.Key))] {
		return ruledNobody, nil
	}
	if r.changed(said, r.Person) != "" {
		return ruledSource, nil
	}
	loaded, err := ld.patient(ctx, r.Key)
	if err != nil {
		return "", err
	}
	if loaded == "" {
		return ruledNobody, nil
	}
	ruler := ld.opt.Ruler(r.Who)
	if what, err := ld.grounds(ctx, ruler, r, loaded); what != "" || err != nil {
		return what, err
	}
	_, err = ruler.Rule(ctx, record.IdentityRuling{Verb: r.Verb, A: loaded, B: r.Entry, Why: r.Why})
	switch f := fault.Of(err); {
	case err == nil:
		return ruledDone, nil
	case f.Code == "person.one" && r.Verb == person.Join:
		return ruledStood, nil
	case ofTheRow(err):
		return ruledRefused, nil
	}
	return "", err
}

// grounds tells whether the entry is what it was when the ruling was made. The
// load itself may have made its person another: the patient joined it.
func (ld *loader) grounds(ctx context.Context, ruler *record.Errand, r *PairRuling, loaded string) (string, error) {
	mine, err := ruler.Foresee(ctx, []record.AskedPair{{Entry: r.Entry}, {Entry: loaded}})
	if err != nil {
		return "", err
	}
	switch entry, own := mine[0], mine[1]; {
	case entry == nil:
		return ruledGone, nil
	case SaidOf(entry.Record) != r.Live:
		return ruledEntry, nil
	case entry.Person != r.Person && (own == nil || own.Person != entry.Person):
		return ruledPerson, nil
	}
	return "", nil
}
