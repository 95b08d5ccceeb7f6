package harmonise

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
)

// TestSuggestions: over the catalogues of two trusts, what is suggested first is
// right, but for two consultants of one name; what is nothing of the domain's has
// no suggestion; and most of what has a counterpart is found.
func TestSuggestions(t *testing.T) {
	for org, codes := range truth() {
		b := demoBuild(t, org, nil)
		for _, k := range []string{"mmol/l", "umol/l", "10^9/L", "x10^9/L", "mIU/L"} { // units are decided first
			if it := b.One(onboard.Units, k); it != nil {
				b.decisions.put(Decision{Kind: onboard.Units, Code: k, Verb: Map, To: &Target{unitSystem, it.Suggestions[0].Target.Code, ""}, Made: Made{"x", noon, "x"}})
			}
		}
		found, known := 0, 0
		for k, want := range codes {
			it := b.One(k.Kind, k.Code)
			if it == nil {
				t.Errorf("%s %s %s is not in the worklist", org, k.Kind, k.Code)
				continue
			}
			got := ""
			switch {
			case it.Target != nil:
				got = it.Target.Code
			case len(it.Suggestions) > 0:
				got = it.Suggestions[0].Target.Code
			}
			if want != "" {
				known++
			}
			switch {
			case got == want && want != "":
				found++
			case got != "" && got != want:
				t.Errorf("%s %s %s: %s is suggested, and it is %q", org, k.Kind, k.Code, got, want)
			}
		}
		if found*100 < known*95 {
			t.Errorf("%s: %d of %d are found", org, found, known)
		}
		t.Logf("%s: %d of %d found, none wrong", org, found, known)
	}
}

// TestTwoOfOneName: two consultants of one name are both suggested, and neither
// is taken by the policy.
func TestTwoOfOneName(t *testing.T) {
	it := demoBuild(t, "R1K", nil).One(onboard.Staff, "FERA")
	if it.State != Open || len(it.Suggestions) != 2 || it.Suggestions[0].Score != it.Suggestions[1].Score {
		t.Errorf("%+v", it)
	}
}

// drugBuild has one drug of the joiner's, and the domain's.
func drugBuild(name string, national Coding, domain ...Entry) *Build {
	for i := range domain {
		domain[i].Kind, domain[i].System = onboard.Drugs, "urn:concord:QRV:drug"
	}
	c := &Catalogue{Org: "RAS", Policy: Policy{SameNationalCode: []Kind{onboard.Drugs}},
		Entries: []Entry{{Kind: onboard.Drugs, Code: "X", Name: name, System: "urn:concord:RAS:drug", National: national}}}
	return New("RAS", Inputs{Catalogue: c, Domain: NewDomain(domain), Decisions: &Decisions{Org: "RAS"}, Now: noon,
		Used: &onboard.UsedCodes{Codes: []onboard.UsedCode{{Kind: onboard.Drugs, Code: "X", Name: name, Rows: 3}}}})
}

// TestDrugsThatLookAlike: a drug whose name looks like another's is never
// suggested for it, is told, and is mapped to it only by somebody who confirms
// it; another strength or release is never mapped.
func TestDrugsThatLookAlike(t *testing.T) {
	for _, c := range []struct{ own, other, code string }{
		{"Hydroxyzine 25mg tablets", "Hydralazine 25mg tablets", "build.look-alike"},
		{"Carbimazole 20mg tablets", "Carbamazepine 20mg tablets", "build.look-alike"},
		{"Prednisone 5mg tablets", "Prednisolone 5mg tablets", "build.look-alike"},
		{"Chlorpromazine 25mg tablets", "Chlorpropamide 25mg tablets", "build.look-alike"},
		{"Clonidine 25microgram tablets", "Clonazepam 25mcg tabs", "build.look-alike"},
		{"Vinblastine 10mg injection", "Vincristine 10mg injection", "build.look-alike"},
		{"Co-codamol 30mg/500mg tablets", "Paracetamol 500mg tablets", "build.product"},
		{"Morphine 10mg tablets", "Morphine sulfate 10mg modified-release tablets", "build.product"},
		{"Methotrexate 10mg tablets", "Methotrexate 2.5mg tablets", "build.product"},
		{"Digoxin 62.5microgram tablets", "Digoxin 0.25mg tablets", "build.product"},
		{"Morphine oral solution 10mg/5ml", "Morphine oral solution 20mg/ml", "build.product"},
		{"Prednisolone 5mg gastro-resistant tablets", "Prednisolone 5mg tablets", "build.look-alike"},
		{"Amoxicillin 250mg capsules", "Amoxicillin 250mg suspension", "build.look-alike"},
	} {
		b := drugBuild(c.own, Coding{}, Entry{Code: "Y", Name: c.other})
		it := b.One(onboard.Drugs, "X")
		if len(it.Suggestions) > 0 {
			t.Errorf("%s is suggested for %s: %+v", c.other, c.own, it.Suggestions)
		}
		ask := Ask{Kind: onboard.Drugs, Code: "X", Verb: Map, To: Coding{"urn:concord:QRV:drug", "Y"}, Why: "the same", Who: "RAS/s"}
		if _, err := b.Decide(ask, noon); codeOf(err) != c.code {
			t.Errorf("%s → %s: %v, not %s", c.own, c.other, err, c.code)
		}
		ask.Sure = true
		if _, err := b.Decide(ask, noon); (err == nil) != (c.code == "build.look-alike") {
			t.Errorf("%s → %s, confirmed: %v", c.own, c.other, err)
		}
	}
	it := drugBuild("Hydroxyzine 25mg tablets", Coding{}, Entry{Code: "Y", Name: "Hydralazine 25mg tablets"}).One(onboard.Drugs, "X")
	if !slices.Equal(it.LookAlikes, []string{"Hydralazine 25mg tablets"}) {
		t.Errorf("look-alikes %v", it.LookAlikes)
	}
}

// TestSameProductWrittenOtherwise: what two systems write in two ways is one.
func TestSameProductWrittenOtherwise(t *testing.T) {
	for own, other := range map[string]string{
		"ATORVASTATIN TABS 20 mg":              "Atorvastatin 20mg tablets",
		"Metformin M/R 0.5g tabs":              "Metformin 500mg modified-release tablets",
		"Levothyroxine 50mcg tablets":          "Levothyroxine sodium 50microgram tablets",
		"Amlodipine (besilate) 5 mg tab":       "Amlodipine 5mg tablets",
		"Morphine oral soln 10mg/5ml":          "Morphine 2mg/ml oral solution",
		"Insulin glargine 100 units/mL inj":    "Insulin glargine 100units/ml injection",
		"Sodium chloride 0.9% infusion":        "Sodium chloride 0.9% infusion",
		"Salbutamol inhaler 100microgram/dose": "Salbutamol 0.1mg/dose inhaler",
	} {
		if it := drugBuild(own, Coding{}, Entry{Code: "Y", Name: other}).One(onboard.Drugs, "X"); len(it.Suggestions) != 1 {
			t.Errorf("%s is not suggested for %s", other, own)
		}
	}
}

// TestPolicyTakesTheSameNationalCodeAlone: nothing is mapped without a decision
// but an entry of the same national code, one of its kind, of which nothing
// speaks against it, where the policy says so.
func TestPolicyTakesTheSameNationalCodeAlone(t *testing.T) {
	dmd := Coding{crosswalk.DMD, "39732311000001104"}
	b := drugBuild("Amlodipine 5mg tabs", dmd, Entry{Code: "Y", Name: "Amlodipine 5mg tablets", National: dmd})
	if it := b.One(onboard.Drugs, "X"); it.State != ByRule || it.Target.Code != "Y" || it.Blocks {
		t.Errorf("%+v", it)
	}
	b.catalogue.Policy.SameNationalCode = nil
	if it := b.One(onboard.Drugs, "X"); it.State != Open || !it.Blocks || it.Suggestions[0].Target.Code != "Y" {
		t.Errorf("without a policy: %+v", it)
	}
	for why, other := range map[string][]Entry{
		"two of one code":           {{Code: "Y", Name: "Amlodipine 5mg tablets", National: dmd}, {Code: "Z", Name: "Amlodipine 5mg tablets", National: dmd}},
		"another strength":          {{Code: "Y", Name: "Amlodipine 10mg tablets", National: dmd}},
		"another drug of that code": {{Code: "Y", Name: "Amiloride 5mg tablets", National: dmd}},
		"the same name alone":       {{Code: "Y", Name: "Amlodipine 5mg tabs"}},
	} {
		if it := drugBuild("Amlodipine 5mg tabs", dmd, other...).One(onboard.Drugs, "X"); it.State != Open {
			t.Errorf("%s: %s, %+v", why, it.State, it.Target)
		}
	}
}

// TestNamesDoNotMix: what one letter, number or specimen tells apart is not
// suggested by its name.
func TestNamesDoNotMix(t *testing.T) {
	for own, other := range map[string]string{"Troponin T": "Troponin I", "Vitamin B6": "Vitamin B12", "Sodium (urine)": "Sodium", "Free T4": "T4", "Glucose fasting": "Glucose", "Hepatitis B antibody": "Hepatitis C antibody",
		"Haemoglobin A1c": "Haemoglobin", "CSF protein": "Protein", "Ionised calcium": "Adjusted calcium"} {
		c := &Catalogue{Org: "RAS"}
		b := New("RAS", Inputs{Catalogue: c, Domain: NewDomain([]Entry{{Kind: onboard.Results, Code: "Y", Name: other, System: "s"}}), Decisions: &Decisions{Org: "RAS"}, Now: noon,
			Used: &onboard.UsedCodes{Codes: []onboard.UsedCode{{Kind: onboard.Results, Code: "X", Name: own, Rows: 3}}}})
		if it := b.One(onboard.Results, "X"); len(it.Suggestions) > 0 {
			t.Errorf("%s is suggested for %s: %+v", other, own, it.Suggestions[0])
		}
	}
}

// TestAlikeIsSymmetric: to compare names has no direction, stays within 0 and 1,
// and a name is wholly like itself.
func TestAlikeIsSymmetric(t *testing.T) {
	w, r := readWords(), rarityOf(catalogueOf(t, "QRV").Entries)
	word := rapid.SampledFrom(strings.Fields("haemoglobin haemoglobinn sodium sodum platelets clinic cardiology crick ward b12 t4 white cell count"))
	rapid.Check(t, func(t *rapid.T) {
		a := w.tokens(onboard.Results, strings.Join(rapid.SliceOfN(word, 1, 4).Draw(t, "a"), " "))
		b := w.tokens(onboard.Results, strings.Join(rapid.SliceOfN(word, 1, 4).Draw(t, "b"), " "))
		x, y := r.alike(a, b), r.alike(b, a)
		if x < 0 || x > 1.0000001 || r.alike(a, a) < 0.999 {
			t.Fatalf("%v and %v: %v, itself %v", a, b, x, r.alike(a, a))
		}
		if x-y > 0.15 || y-x > 0.15 { // which of two spellings is met first may differ
			t.Fatalf("%v and %v: %v and %v", a, b, x, y)
		}
	})
}

func FuzzDrug(f *testing.F) {
	w := readWords()
	for _, s := range []string{"Amlodipine 5mg tablets", "Morphine 10mg/5ml", "0/0ml", "1,5 g", "999999999999999999999999mg/0ml", "mr xl 5 %"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		a, b := w.drugOf(name), w.drugOf(name)
		if why, grave := a.differs(b); why != "" || grave || a.looksLike(b) {
			t.Errorf("%q is not itself: %s", name, why)
		}
	})
}
