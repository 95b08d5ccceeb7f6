package record_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
)

// filed is one resource as the property test knows it.
type filed struct {
	ref, org, code string
	entry          int
	parts, stays   []string // references
}

// sealed is a standing seal as the property test knows it.
type sealed struct {
	org, code string
	label     access.Label
	plan      *record.MarkPlan
	entry     int
}

// TestStandingSealsProperty: whatever is written, sealed, taken back and joined in
// whatever order, each resource has in the end the label of the strictest seal that
// covers it, and none when none does.
func TestStandingSealsProperty(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { standingStory(t, rand.New(rand.NewPCG(seed, 4))) })
	}
}

func standingStory(t *testing.T, dice *rand.Rand) {
	s := newStage(t)
	orgs, codes := []string{"R1K", "RYJ"}, []string{"A", "B", "C"}
	pick := func(list []string) string { return list[dice.IntN(len(list))] }
	var entries, persons []string
	for i, name := range []string{"Okonkwo", "Lindqvist"} {
		entries = append(entries, s.create(s.client(orgs[i]), patient(orgs[i], fmt.Sprint(i), "", name, "Ann", fmt.Sprintf("19%d0-01-01", 4+i), "female")).ID)
		persons = append(persons, name)
	}
	joined := false
	same := func(a, b int) bool { return a == b || joined }
	var all []filed
	var seals []sealed
	among := func(entry int, org, typ string) []string {
		var out []string
		for _, f := range all {
			if f.entry == entry && f.org == org && strings.HasPrefix(f.ref, typ) {
				out = append(out, f.ref)
			}
		}
		return out
	}
	for range 60 {
		entry, org, code := dice.IntN(2), pick(orgs), pick(codes)
		f := filed{org: org, code: code, entry: entry}
		switch dice.IntN(10) {
		case 0, 1, 2:
			text := s.observation(entries[entry], code, "")
			if stays := among(entry, org, "Encounter"); len(stays) > 0 && dice.IntN(2) == 0 {
				f.stays = []string{pick(stays)}
				text = strings.Replace(text, `"status"`, `"encounter":{"reference":"`+f.stays[0]+`"},"status"`, 1)
			}
			f.ref = s.ref(s.client(org), text)
		case 3:
			if results := among(entry, org, "Observation"); len(results) > 0 {
				f.parts = []string{pick(results)}
			}
			f.ref = s.ref(s.client(org), reportJSON(entries[entry], code, f.parts...))
		case 4:
			f.ref = s.ref(s.client(org), stayOf(entries[entry], code))
		case 5, 6:
			x := sealed{org: pick(append(orgs, "QRV")), code: code, entry: entry, label: access.Sealed}
			do := record.Seal
			if dice.IntN(3) == 0 {
				do, x.label = record.SealAndLock, access.Locked
			}
			var err error
			if x.plan, err = s.guardian(x.org).Mark(s.ctx, record.MarkAsked{Patient: entries[entry], Do: do, Code: canary + code}, markWhy); err == nil {
				seals = append(seals, x)
			} else if codeOf(err) != "record.mark-same" {
				t.Fatal(err)
			}
		case 7:
			if len(seals) > 0 {
				i := dice.IntN(len(seals))
				s.mark(s.guardian(seals[i].org), record.MarkAsked{Patient: entries[seals[i].entry], Of: seals[i].plan.ID})
				seals = slices.Delete(seals, i, i+1)
			}
		case 8:
			if dice.IntN(6) == 0 && !joined {
				s.join(entries[0], entries[1])
				joined = true
			} else if dice.IntN(2) == 0 {
				s.carrySeals()
			}
		case 9:
			if obs := among(entry, org, "Observation"); len(obs) > 0 {
				was := all[slices.IndexFunc(all, func(x filed) bool { return x.ref == obs[0] })]
				text := s.observation(entries[entry], was.code, "")
				if len(was.stays) > 0 {
					text = strings.Replace(text, `"status"`, `"encounter":{"reference":"`+was.stays[0]+`"},"status"`, 1)
				}
				if _, err := s.rewrite(s.client(org), "Observation", strings.TrimPrefix(obs[0], "Observation/"), text); err != nil {
					t.Fatal(err)
				}
			}
		}
		if f.ref != "" {
			all = append(all, f)
		}
	}
	s.carrySeals()
	want := map[string]access.Label{}
	for _, x := range seals {
		covered := map[string]bool{}
		for more := true; more; {
			more = false
			for _, f := range all {
				hit := f.code == x.code || slices.ContainsFunc(f.stays, func(r string) bool { return covered[r] }) ||
					slices.ContainsFunc(all, func(y filed) bool { return covered[y.ref] && slices.Contains(y.parts, f.ref) })
				if !covered[f.ref] && hit && same(f.entry, x.entry) && (x.org == access.Domain || x.org == f.org) {
					covered[f.ref], more = true, true
					want[f.ref] = max(want[f.ref], x.label)
				}
			}
		}
	}
	for _, f := range all {
		typ, id, _ := strings.Cut(f.ref, "/")
		it, err := s.client(f.org).Read(s.ctx, typ, id)
		if err != nil {
			t.Fatal(err)
		}
		if got := access.MarksOf(typ, it.Resource.Path("meta.security")).Label; got != want[f.ref] {
			t.Errorf("%s of %s (%s, %s): %s, want %s; seals %+v, joined %v", f.ref, f.org, persons[f.entry], f.code, got, want[f.ref], seals, joined)
		}
	}
	s.clean()
}
