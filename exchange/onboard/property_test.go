package onboard

import (
	"context"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concord/demo/extract"
	"concord/demo/linked"
	"concord/record"
	"concord/standard/fhir"
)

// TestUndoIsTheIdentity: whatever the extract, wherever its load, the delta after it and
// their undo are cut, and whoever writes meanwhile: the record comes to what it is without
// them, what wards changed stays and is named, and to load again is to have it again.
func TestUndoIsTheIdentity(t *testing.T) {
	for seed := uint64(81); seed < 84; seed++ {
		w := newProperty(t, seed)
		w.run()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// property is one random course of a joining, beside a record without it.
type property struct {
	t             *testing.T
	rnd           *rand.Rand
	stage         *Stage
	with, without *record.Desk
	errand        *record.Errand
	traffic       []linked.Row
	taken         time.Time
	seed          uint64
}

func newProperty(t *testing.T, seed uint64) *property {
	w := &property{t: t, rnd: rand.New(rand.NewPCG(seed, 1)), stage: newStage(t, "R1K"), with: openDesk(t), without: openDesk(t), seed: seed, taken: at().Add(-48 * time.Hour)}
	w.stage.Zone, w.errand = londonZone(t), loaderOf(t, w.with, "R1K")
	for row := range linked.New(seed, linked.Frozen().Times(2)).Rows(200) {
		if s := row.Record.Numbers[0].Scope; s == "RYJ" || s == "RQM" {
			w.traffic = append(w.traffic, row)
		}
	}
	return w
}

// others lets some records of the live trusts arrive in both.
func (w *property) others(most int) {
	for range w.rnd.IntN(most + 1) {
		if len(w.traffic) == 0 {
			return
		}
		bring(w.t, w.with, w.traffic[0].Record)
		bring(w.t, w.without, w.traffic[0].Record)
		w.traffic = w.traffic[1:]
	}
}

// cutting does a step that is cut at random moments, with traffic in between.
func (w *property) cutting(step func(ctx context.Context, s *Stage, batch int) error) {
	w.t.Helper()
	for range 60 {
		ctx, stop := context.WithCancel(context.Background())
		var n atomic.Int64
		most, s, now := int64(2+w.rnd.IntN(25)), *w.stage, w.stage.Now
		s.Now = func() time.Time { // the clock is looked at around each transaction
			if n.Add(1) > most {
				stop()
			}
			return now()
		}
		err := step(ctx, &s, 1+w.rnd.IntN(40))
		stop()
		w.others(4)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			w.t.Fatal(err)
		}
	}
	if err := step(context.Background(), w.stage, 100); err != nil {
		w.t.Fatal(err)
	}
}

func (w *property) staged(faults extract.Faults) *Extract {
	w.t.Helper()
	w.taken = w.taken.Add(12 * time.Hour)
	dir, _ := madeUp(w.t, extract.Options{Trust: "R1K", Patients: 35 + w.rnd.IntN(20), Seed: w.seed, Faults: faults, Taken: w.taken})
	x, _ := profiled(w.t, w.stage, dir, Options{})
	if _, err := w.stage.GoOn(context.Background(), x, Options{}); err != nil {
		w.t.Fatal(err)
	}
	return x
}

func (w *property) load(x *Extract) (out *Loading) {
	w.t.Helper()
	w.cutting(func(ctx context.Context, s *Stage, batch int) (err error) {
		out, err = s.Load(ctx, x, w.errand, LoadOptions{Batch: batch})
		return err
	})
	return out
}

func (w *property) undo(x *Extract) (out *Undoing) {
	w.t.Helper()
	w.cutting(func(ctx context.Context, s *Stage, _ int) (err error) {
		out, err = s.Undo(ctx, x, w.errand, UndoOptions{})
		return err
	})
	return out
}

func (w *property) run() {
	w.others(len(w.traffic) / 2)
	base := w.staged(extract.Usual())
	first := w.load(base)
	loaded := content(shown(w.t, w.with), first.Load)
	others := content(shown(w.t, w.without), "")
	x := w.staged(extract.Faults{})
	w.load(x)
	if u := w.undo(x); len(u.Kept) > 0 {
		w.t.Errorf("an undo of the delta keeps %+v", u.Kept)
	}
	changed := w.wardChanges(first.Load)
	w.named(w.undo(base), changed)
	w.same()
	second := w.load(base)
	again, since := content(shown(w.t, w.with), second.Load), content(shown(w.t, w.without), "")
	if a, b := without(loaded, others), without(again, since); !slices.Equal(a, b) {
		w.t.Errorf("loaded again it is another: %d and %d resources, %v", len(a), len(b), onlyIn(a, b))
	}
}

// wardChanges changes some allergies of a load as a ward does.
func (w *property) wardChanges(load string) []string {
	w.t.Helper()
	ward := loaderNamed(w.t, w.with, "ward", "R1K")
	list := find(w.t, ward, "AllergyIntolerance", url.Values{"_tag": {LoadTag + "|" + load}})
	var refs []string
	for _, v := range list[:min(len(list), w.rnd.IntN(4))] {
		op := record.Op{Kind: record.Update, Type: v.Type(), ID: v.ID(), Resource: v.With("note", fhir.Arr(fhir.Obj("text", "changed by the ward")))}
		if _, err := ward.Transact(context.Background(), []record.Op{op}, record.Commit{}); err != nil {
			w.t.Fatal(err)
		}
		refs = append(refs, v.Type()+"/"+v.ID())
	}
	return refs
}

// named holds what an undo kept against what wards changed, and takes that away.
func (w *property) named(u *Undoing, changed []string) {
	w.t.Helper()
	var is, patients []string
	for _, k := range u.Kept {
		if k.Why == "needed" && strings.HasPrefix(k.Ref, "Patient/") {
			patients = append(patients, k.Ref)
			continue
		}
		is = append(is, k.Ref)
	}
	slices.Sort(is)
	slices.Sort(changed)
	if !slices.Equal(is, changed) || len(patients) > len(changed) || len(changed) > 0 && len(patients) == 0 {
		w.t.Errorf("kept %+v of %v", u.Kept, changed)
	}
	for _, ref := range append(is, patients...) {
		typ, id, _ := strings.Cut(ref, "/")
		if _, err := w.errand.Transact(context.Background(), []record.Op{{Kind: record.Delete, Type: typ, ID: id}}, record.Commit{}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// same holds the record against the one without the joiner.
func (w *property) same() {
	w.t.Helper()
	a, b := shown(w.t, w.with), shown(w.t, w.without)
	if x, y := persons(w.t, a), persons(w.t, b); !slices.Equal(x, y) {
		w.t.Errorf("the persons are %d and %d: %v, %v", len(x), len(y), onlyIn(x, y), onlyIn(y, x))
	}
	if a["conflicts"] != b["conflicts"] {
		w.t.Errorf("%s pairs wait for a steward, not %s", a["conflicts"], b["conflicts"])
	}
	if x, y := content(a, ""), content(b, ""); !slices.Equal(x, y) {
		w.t.Errorf("the record shows %d resources, not %d: %.600v", len(x), len(y), onlyIn(x, y))
	}
}

// without leaves out of a list, in order, each of another's once.
func without(list, others []string) []string {
	n := map[string]int{}
	for _, x := range others {
		n[x]++
	}
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool {
		n[x]--
		return n[x] >= 0
	})
}
