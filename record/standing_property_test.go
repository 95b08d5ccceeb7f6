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

// sealTale is a story of two patients, told by dice.
type sealTale struct {
	*stage
	dice    *rand.Rand
	entries []string
	joined  bool // the two are one person
	all     []filed
	seals   []sealed
}

// TestStandingSealsProperty: whatever is written, sealed, taken back and joined in
// whatever order, each resource has in the end the label of the strictest seal that
// covers it, and none when none does.
func TestStandingSealsProperty(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			x := &sealTale{stage: newStage(t), dice: rand.New(rand.NewPCG(seed, 4))}
			for i, name := range []string{"Okonkwo", "Lindqvist"} {
				org := tellers()[i]
				x.entries = append(x.entries, x.create(x.client(org), patient(org, fmt.Sprint(i), "", name, "Ann", fmt.Sprintf("19%d0-01-01", 4+i), "female")).ID)
			}
			for range 60 {
				x.step()
			}
			x.carrySeals()
			x.compare()
			x.clean()
		})
	}
}

func tellers() []string { return []string{"R1K", "RYJ"} }

func (x *sealTale) pick(list ...string) string { return list[x.dice.IntN(len(list))] }

// among are the resources of a type that an organisation has filed of an entry.
func (x *sealTale) among(entry int, org, typ string) []string {
	var out []string
	for _, f := range x.all {
		if f.entry == entry && f.org == org && strings.HasPrefix(f.ref, typ) {
			out = append(out, f.ref)
		}
	}
	return out
}

func (x *sealTale) step() {
	f := filed{org: x.pick(tellers()...), code: x.pick("A", "B", "C"), entry: x.dice.IntN(2)}
	patient, by := x.entries[f.entry], x.client(f.org)
	switch x.dice.IntN(10) {
	case 0, 1, 2:
		if stays := x.among(f.entry, f.org, "Encounter"); len(stays) > 0 && x.dice.IntN(2) == 0 {
			f.stays = []string{x.pick(stays...)}
		}
		f.ref = x.ref(by, x.during(f))
	case 3:
		if results := x.among(f.entry, f.org, "Observation"); len(results) > 0 {
			f.parts = []string{x.pick(results...)}
		}
		f.ref = x.ref(by, reportJSON(patient, f.code, f.parts...))
	case 4:
		f.ref = x.ref(by, stayOf(patient, f.code))
	case 5, 6:
		x.seal(f.entry, f.code)
	case 7:
		if len(x.seals) > 0 {
			i := x.dice.IntN(len(x.seals))
			x.mark(x.guardian(x.seals[i].org), record.MarkAsked{Patient: x.entries[x.seals[i].entry], Of: x.seals[i].plan.ID})
			x.seals = slices.Delete(x.seals, i, i+1)
		}
	case 8:
		if x.dice.IntN(6) == 0 && !x.joined {
			x.join(x.entries[0], x.entries[1])
			x.joined = true
		} else if x.dice.IntN(2) == 0 {
			x.carrySeals()
		}
	case 9:
		if obs := x.among(f.entry, f.org, "Observation"); len(obs) > 0 {
			was := x.all[slices.IndexFunc(x.all, func(y filed) bool { return y.ref == obs[0] })]
			if _, err := x.rewrite(by, "Observation", strings.TrimPrefix(obs[0], "Observation/"), x.during(was)); err != nil {
				x.t.Fatal(err)
			}
		}
	}
	if f.ref != "" {
		x.all = append(x.all, f)
	}
}

// during is an observation, perhaps of a stay.
func (x *sealTale) during(f filed) string {
	text := x.observation(x.entries[f.entry], f.code, "")
	if len(f.stays) == 0 {
		return text
	}
	return strings.Replace(text, `"status"`, `"encounter":{"reference":"`+f.stays[0]+`"},"status"`, 1)
}

func (x *sealTale) seal(entry int, code string) {
	one := sealed{org: x.pick("R1K", "RYJ", "QRV"), code: code, entry: entry, label: access.Sealed}
	do := record.Seal
	if x.dice.IntN(3) == 0 {
		do, one.label = record.SealAndLock, access.Locked
	}
	var err error
	one.plan, err = x.guardian(one.org).Mark(x.ctx, record.MarkAsked{Patient: x.entries[entry], Do: do, Code: canary + code}, markWhy)
	switch {
	case err == nil:
		x.seals = append(x.seals, one)
	case codeOf(err) != "record.mark-same":
		x.t.Fatal(err)
	}
}

// covered are the resources that a seal covers: by their code, as part of a report and
// as recorded during a stay.
func (x *sealTale) covered(by sealed) map[string]bool {
	out := map[string]bool{}
	for more := true; more; {
		more = false
		for _, f := range x.all {
			hit := f.code == by.code || slices.ContainsFunc(f.stays, func(r string) bool { return out[r] }) ||
				slices.ContainsFunc(x.all, func(y filed) bool { return out[y.ref] && slices.Contains(y.parts, f.ref) })
			same := f.entry == by.entry || x.joined
			if !out[f.ref] && hit && same && (by.org == access.Domain || by.org == f.org) {
				out[f.ref], more = true, true
			}
		}
	}
	return out
}

func (x *sealTale) compare() {
	want := map[string]access.Label{}
	for _, by := range x.seals {
		for ref := range x.covered(by) {
			want[ref] = max(want[ref], by.label)
		}
	}
	for _, f := range x.all {
		typ, id, _ := strings.Cut(f.ref, "/")
		it, err := x.client(f.org).Read(x.ctx, typ, id)
		if err != nil {
			x.t.Fatal(err)
		}
		if got := access.MarksOf(typ, it.Resource.Path("meta.security")).Label; got != want[f.ref] {
			x.t.Errorf("%s of %s (entry %d, code %s): %s, want %s; seals %+v, joined %v", f.ref, f.org, f.entry, f.code, got, want[f.ref], x.seals, x.joined)
		}
	}
}
