package onboard

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"concord/fault"
)

func takenAt(t *testing.T, dir, taken string) string {
	t.Helper()
	if err := os.WriteFile(dir+"/extract.yaml", []byte("trust: R1K\nsource: PAS\ntaken: "+taken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if f := fault.Of(err); f == nil || f.Code != code {
		t.Errorf("%v, not %s", err, code)
	}
}

// TestNewerIsADelta: while a load stands, a later extract is loaded as a delta of it
// or not at all, however it was profiled: else what changed would be taken for there
// already.
func TestNewerIsADelta(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	s := newStage(t, "R1K")
	before, after := deltaFiles(t)
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	if made, err := s.GoOn(ctx, base, Options{}); err != nil || made != nil {
		t.Fatalf("the first extract is a delta: %+v %v", made, err)
	}
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	x, _ := profiled(t, s, after, Options{})
	_, err := s.Load(ctx, x, e, LoadOptions{})
	wantCode(t, err, "onboard.not-delta")
	for range 2 { // profiled again on the way, it is a delta of the same
		if _, err := s.Profile(ctx, x, Options{}); err != nil {
			t.Fatal(err)
		}
		if made, err := s.GoOn(ctx, x, Options{}); err != nil || made.Base != base.ID {
			t.Fatalf("%+v %v", made, err)
		}
		l, err := s.Load(ctx, x, e, LoadOptions{})
		if err != nil || l.Classes["alerts"].Created != 2 || l.Classes["medicines"].Created != 2 || l.Classes["medicines"].There != 0 {
			t.Errorf("%+v %v", l, err)
		}
	}
	all := strings.Join(content(shown(t, d), ""), "\n")
	if strings.Count(all, "10 mg") != 2 || !strings.Contains(all, `"severity":"severe"`) {
		t.Error("what changed at the source is not in the record")
	}
	_, err = s.Undo(ctx, base, e, UndoOptions{})
	wantCode(t, err, "onboard.later-loaded")
	for _, one := range []*Extract{x, base} {
		if u, err := s.Undo(ctx, one, e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
			t.Errorf("%+v %v", u, err)
		}
	}
	if left := content(shown(t, d), ""); len(left) > 0 {
		t.Errorf("%d resources are left", len(left))
	}
}

// TestHalfALoadStandsAlone: while a load is neither done nor taken back, no other
// extract is loaded and its own is not dropped.
func TestHalfALoadStandsAlone(t *testing.T) {
	d := openDesk(t)
	s := newStage(t, "R1K")
	before, after := deltaFiles(t)
	base, _ := profiled(t, s, before, Options{})
	e := loaderOf(t, d, "R1K")
	ctx, stop := context.WithCancel(context.Background())
	cut := *s
	cut.Progress = nil
	n := 0
	now := s.Now
	cut.Now = func() time.Time {
		if n++; n > 4 {
			stop()
		}
		return now()
	}
	if _, err := cut.Load(ctx, base, e, LoadOptions{Batch: 1}); err == nil {
		t.Fatal("the load was not stopped")
	}
	ctx = context.Background()
	x, _ := profiled(t, s, after, Options{})
	if made, err := s.GoOn(ctx, x, Options{}); err != nil || made != nil {
		t.Fatalf("a delta of a half: %+v %v", made, err)
	}
	_, err := s.Load(ctx, x, e, LoadOptions{})
	wantCode(t, err, "onboard.half-loaded")
	wantCode(t, s.Drop(base), "onboard.half-loaded")
	if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if made, err := s.GoOn(ctx, x, Options{}); err != nil || made == nil {
		t.Fatalf("%+v %v", made, err)
	}
	if _, err := s.Load(ctx, x, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestMendedAfterTheLoad: a row that is mended after its extract was loaded comes into
// the record, whether it was refused before or loaded with a wrong value, whether the
// extract is whole or a delta, and however often the load of it is stopped; and to
// undo it all is the identity.
func TestMendedAfterTheLoad(t *testing.T) {
	const head = "key,patient,kind,text,severity,status\n"
	for name, delta := range map[string]bool{"whole": false, "delta": true} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			d := openDesk(t)
			s := newStage(t, "R1K")
			s.Zone = londonZone(t)
			e := loaderOf(t, d, "R1K")
			patients := people + "L1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,1962-02-02,M,\n"
			list := []*Extract{}
			if delta {
				base, _ := profiled(t, s, folder(t, "", map[string]string{"patients.csv": patients,
					"alerts.csv": head + "A1,L1,allergy,Penicillin,mild,active\nA2,L2,allergy,Nuts,,active\nA3,L1,allergy,Eggs,,active\n"}), Options{})
				if _, err := s.Load(ctx, base, e, LoadOptions{}); err != nil {
					t.Fatal(err)
				}
				list = append(list, base)
			}
			x, _ := profiled(t, s, takenAt(t, folder(t, "", map[string]string{"patients.csv": patients,
				"alerts.csv": head + "A1,L1,allergy,Penicillin,severe,wrong\nA2,L2,allergy,Nuts,mild,active\nA3,L1,allergy,Eggs,,active\n"}), "2026-11-25T20:00:00Z"), Options{})
			list = append(list, x)
			load := func(how func() *Loading) *Loading {
				t.Helper()
				if _, err := s.Profile(ctx, x, Options{}); err != nil {
					t.Fatal(err)
				}
				if made, err := s.GoOn(ctx, x, Options{}); err != nil || (made != nil) != delta {
					t.Fatalf("%+v %v", made, err)
				}
				return how()
			}
			plain := func() *Loading {
				l, err := s.Load(ctx, x, e, LoadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return l
			}
			first := load(plain)
			before := shown(t, d)
			var err error
			if x, err = s.Mend(ctx, x, folder(t, "", map[string]string{"alerts.csv": head + "A1,L1,allergy,Penicillin,severe,active\nA2,L2,allergy,Nuts,moderate,active\n"})); err != nil {
				t.Fatal(err)
			}
			list[len(list)-1] = x
			second := load(func() *Loading { return loadCut(t, s, x, e) })
			if second.Load != first.Load {
				t.Errorf("loads %s and %s", first.Load, second.Load)
			}
			all := strings.Join(content(shown(t, d), ""), "\n")
			if !strings.Contains(all, `"severity":"severe"`) || !strings.Contains(all, `"severity":"moderate"`) || strings.Contains(all, `"severity":"mild"`) {
				t.Errorf("what was mended is not in the record: %s", all)
			}
			if n := len(differences(before, shown(t, d))); n == 0 || n > 4 {
				t.Errorf("%d differences", n)
			}
			for i := len(list) - 1; i >= 0; i-- {
				if u, err := s.Undo(ctx, list[i], e, UndoOptions{}); err != nil || len(u.Kept) > 0 {
					t.Errorf("%+v %v", u, err)
				}
			}
			if left := content(shown(t, d), ""); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestMadeAnewAtTheSameTime: an extract that was made anew, or is read in another way,
// under the time of one whose load stands is not loaded beside it: rows that differ
// would be taken for there already.
func TestMadeAnewAtTheSameTime(t *testing.T) {
	ctx := context.Background()
	s := newStage(t, "R1K")
	e := loaderOf(t, openDesk(t), "R1K")
	rows := map[string]string{"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-30,F,\n"}
	first, _ := profiled(t, s, folder(t, "", rows), Options{})
	if _, err := s.Load(ctx, first, e, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	anew, _ := profiled(t, s, folder(t, "", map[string]string{"patients.csv": people + "L1,EXAMPLE,Ada,1961-04-03,F,\n"}), Options{})
	if made, err := s.GoOn(ctx, anew, Options{}); err != nil || made != nil {
		t.Fatalf("%+v %v", made, err)
	}
	_, err := s.Load(ctx, anew, e, LoadOptions{})
	wantCode(t, err, "onboard.same-time-loaded")
	if _, err := s.Undo(ctx, first, e, UndoOptions{}); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Load(ctx, anew, e, LoadOptions{}); err != nil || l.Classes["patients"].Created != 1 {
		t.Errorf("%+v %v", l, err)
	}
}
