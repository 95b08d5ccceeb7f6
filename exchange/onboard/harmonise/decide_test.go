package harmonise

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/exchange/onboard"
	"concord/fault"
)

func codeOf(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// resultBuild has one test of the joiner's, with rows in some units, and glucose
// of the domain's.
func resultBuild(t testing.TB, name string, d *Decisions, units ...string) *Build {
	t.Helper()
	u := onboard.UsedCode{Kind: onboard.Results, Code: "G", Name: name, Rows: 9}
	for _, x := range units {
		u.Units = append(u.Units, onboard.Counted{Value: x, Rows: 1})
	}
	if d == nil {
		d = &Decisions{Org: "R1K"}
	}
	return New("R1K", Inputs{Catalogue: &Catalogue{Org: "R1K", Policy: Policy{SameNationalCode: []Kind{onboard.Units}}}, Domain: NewDomain(catalogueOf(t, "QRV").Entries),
		Decisions: d, Used: &onboard.UsedCodes{Codes: []onboard.UsedCode{u}}, Now: noon})
}

var glucose = Coding{"urn:concord:QRV:code", "GLU"}

func mapping(code Coding) Ask {
	return Ask{Kind: onboard.Results, Code: "G", Verb: Map, To: code, Why: "the same test", Who: "R1K/s"}
}

// TestUnitsOfAMapping: a test is mapped only when all its values convert, the
// mapping carries the factor, and a unit that comes later opens it again.
func TestUnitsOfAMapping(t *testing.T) {
	for unit, code := range map[string]string{"mmol/L": "", "mg/dL": "", "umol/L": "", "g/L": "", "10*9/L": "build.unit", "%": "build.unit", "mg/24h": "build.unit", "U/L": "build.unit", "": ""} {
		if _, err := resultBuild(t, "Glucose", nil, unit).Decide(mapping(glucose), noon); codeOf(err) != code {
			t.Errorf("%q: %v", unit, err)
		}
	}
	b := resultBuild(t, "Glucose", nil, "mg/dL", "mmol/L")
	d, err := b.Decide(mapping(glucose), noon)
	if err != nil {
		t.Fatal(err)
	}
	b.decisions.put(*d)
	m := b.Mapping()
	to := m.Codes[onboard.CodeKey{Kind: onboard.Results, Code: "G"}]
	if len(m.Open) != 0 || to.Code != "GLU" || to.NationalCode != "14749-6" || to.Units["mmol/L"].Factor != nil || to.Units["mg/dL"].Factor == nil || to.Units["mg/dL"].Code != "mmol/L" {
		t.Errorf("%+v", m)
	}
	if f, _ := to.Units["mg/dL"].Factor.Float64(); f < 0.055507 || f > 0.055508 {
		t.Errorf("the factor is %v", f)
	}
	later := resultBuild(t, "Glucose", b.decisions, "mg/dL", "%")
	if it := later.One(onboard.Results, "G"); it.State != Open || !it.Blocks || !strings.Contains(it.Why, "does not convert") || it.Target != nil {
		t.Errorf("%+v", it)
	}
	if m := later.Mapping(); len(m.Open) != 1 || len(m.Codes) != 0 {
		t.Errorf("%+v", m)
	}
}

// TestReopened: a decision whose grounds have changed does not stand, and says
// so.
func TestReopened(t *testing.T) {
	made := Made{"R1K/s", noon.AddDate(0, -1, 0), "checked"}
	to := &Target{glucose.System, glucose.Code, "Glucose"}
	for why, d := range map[string]Decision{
		"meaning has changed":    {Name: "Glucose (CSF)", Verb: Map, To: to},
		"no longer runs":         {Name: "Glucose", Verb: Map, To: &Target{glucose.System, "GONE", "Glucose"}},
		"means something else":   {Name: "Glucose", Verb: Map, To: &Target{glucose.System, glucose.Code, "Galactose"}},
		"allowed until":          {Name: "Glucose", Verb: Allow, Owner: "lab", Until: "2026-11-25"},
		"opened again: mistaken": {Name: "Glucose", Verb: Reopen},
	} {
		d.Kind, d.Code, d.Made = onboard.Results, "G", made
		if d.Verb == Reopen {
			d.Why = "mistaken"
		}
		it := resultBuild(t, "Glucose", &Decisions{Org: "R1K", List: []Decision{d}}, "mmol/L").One(onboard.Results, "G")
		if it.State != Open || !it.Blocks || !strings.Contains(it.Why, why) || it.Decision == nil {
			t.Errorf("%s: %+v", why, it)
		}
	}
	for state, d := range map[State]Decision{
		Mapped:  {Name: "GLUCOSE", Verb: Map, To: to}, // written otherwise, the same
		Allowed: {Name: "Glucose", Verb: Allow, Owner: "lab", Until: "2026-11-26"},
		Stays:   {Name: "Glucose", Verb: Variance, Owner: "lab"},
	} {
		d.Kind, d.Code, d.Made = onboard.Results, "G", made
		if it := resultBuild(t, "Glucose", &Decisions{Org: "R1K", List: []Decision{d}}, "mmol/L").One(onboard.Results, "G"); it.State != state || it.Blocks {
			t.Errorf("%s: %+v", state, it)
		}
	}
}

// TestDecidingAgainstTheRules: what lacks a reason, an owner or a day is no
// decision, nor is one on a code that somebody else has decided on meanwhile.
func TestDecidingAgainstTheRules(t *testing.T) {
	b := resultBuild(t, "Glucose", nil, "mmol/L")
	for what, c := range map[string]struct {
		ask  func(*Ask)
		code string
	}{
		"no reason":         {func(a *Ask) { a.Why = " " }, "build.decision"},
		"too long a reason": {func(a *Ask) { a.Why = strings.Repeat("x", 301) }, "build.decision"},
		"no target":         {func(a *Ask) { a.To = Coding{} }, "build.target"},
		"unknown code":      {func(a *Ask) { a.Code = "NONE" }, "build.unknown"},
		"unknown verb":      {func(a *Ask) { a.Verb = "guess" }, "build.decision"},
		"no owner":          {func(a *Ask) { a.Verb, a.Until = Allow, "2026-12-24" }, "build.decision"},
		"no day":            {func(a *Ask) { a.Verb, a.Owner = Allow, "lab" }, "build.decision"},
		"a day gone by":     {func(a *Ask) { a.Verb, a.Owner, a.Until = Allow, "lab", "2026-11-25" }, "build.decision"},
		"too far a day":     {func(a *Ask) { a.Verb, a.Owner, a.Until = Allow, "lab", "2028-01-01" }, "build.decision"},
		"a variance of all": {func(a *Ask) { a.Verb = Variance }, "build.decision"},
		"seen otherwise":    {func(a *Ask) { a.Seen = noon }, "build.changed"},
	} {
		ask := mapping(glucose)
		c.ask(&ask)
		if _, err := b.Decide(ask, noon); codeOf(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestDecisionsAreKept: decisions go into the stage, the earlier ones stay with
// who, when and why, and one that was made on an older view is refused.
func TestDecisionsAreKept(t *testing.T) {
	s := &onboard.Stage{Dir: t.TempDir(), Trust: "R1K", Now: func() time.Time { return noon }}
	b := resultBuild(t, "Glucose", nil, "mmol/L")
	first, err := b.Decide(mapping(glucose), noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(s, first); err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(s, first); codeOf(err) != "build.changed" {
		t.Errorf("the same view decides twice: %v", err)
	}
	d, err := DecisionsOf(s)
	if err != nil {
		t.Fatal(err)
	}
	b = resultBuild(t, "Glucose", d, "mmol/L")
	second, err := b.Decide(Ask{Kind: onboard.Results, Code: "G", Verb: Variance, Owner: "Head of biochemistry", Why: "another method", Who: "R1K/t", Seen: first.At}, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(s, second); err != nil {
		t.Fatal(err)
	}
	d, err = DecisionsOf(s)
	if err != nil || len(d.List) != 1 || d.List[0].Verb != Variance || len(d.List[0].Before) != 1 || d.List[0].Before[0].Who != "R1K/s" || d.List[0].Before[0].To.Code != "GLU" {
		t.Fatalf("%+v %v", d, err)
	}
	text, err := d.Text()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Take(s, text); n != 0 || err != nil {
		t.Errorf("its own decisions are new to it: %d %v", n, err)
	}
	if _, err := Take(s, []byte(strings.Replace(string(text), "org: R1K", "org: RAS", 1))); codeOf(err) != "build.org" {
		t.Errorf("another trust's are taken: %v", err)
	}
}

// TestBadDecisions: a file in which a code has two targets, or goes round, is
// refused whole.
func TestBadDecisions(t *testing.T) {
	one := func(kind, code, system, to string) string {
		return "  - {kind: " + kind + ", code: '" + code + "', verb: map, to: {system: '" + system + "', code: '" + to + "'}, who: x, at: 2026-11-01T00:00:00Z, why: y}\n"
	}
	own := "urn:concord:R1K:code"
	for code, text := range map[string]string{
		"build.two-targets": one("results", "A", "s", "1") + one("results", "A", "s", "2"),
		"build.cycle":       one("results", "A", own, "B") + one("results", "B", own, "C") + one("results", "C", own, "A"),
		"build.chain":       one("results", "A", own, "B") + one("results", "B", "s", "1"),
		"build.decision":    one("shoes", "A", "s", "1"),
		"build.yaml":        "  - {kind: results, colour: red}\n",
		"":                  one("results", "A", own, "A") + one("results", "B", own, "A") + one("wards", "A", "s", "1") + one("staff", "C9999999", "s", "2"),
	} {
		if _, err := ParseDecisions([]byte("org: R1K\ndecisions:\n" + text)); codeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, text := range []string{"{kind: results, code: A, verb: map, who: x, at: 2026-11-01T00:00:00Z, why: y}", "{kind: results, code: A, verb: allow, owner: z, who: x, at: 2026-11-01T00:00:00Z, why: y}",
		"{kind: results, code: A, verb: variance, who: x, at: 2026-11-01T00:00:00Z, why: y}", "{kind: results, code: A, verb: variance, owner: z, who: x, why: y}", "{kind: results, code: '', verb: open, who: x, at: 2026-11-01T00:00:00Z, why: y}"} {
		if _, err := ParseDecisions([]byte("org: R1K\ndecisions: [" + text + "]\n")); codeOf(err) != "build.decision" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestDecisionsReadAsWritten: what is written is read as it was, whatever is in
// it.
func TestDecisionsReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &Decisions{Org: "R1K"}
		for range rapid.IntRange(1, 8).Draw(t, "n") {
			word := rapid.StringMatching(`[ -~£µé]{1,20}[a-z:#"'\-]`)
			x := Decision{Kind: rapid.SampledFrom(Kinds()).Draw(t, "kind"), Code: word.Draw(t, "code"), Name: word.Draw(t, "name"), Verb: Allow, Owner: word.Draw(t, "owner"), Until: "2026-12-24",
				Made: Made{word.Draw(t, "who"), noon, "x" + word.Draw(t, "why")}}
			d.put(x)
			if rapid.Bool().Draw(t, "again") {
				x.Verb, x.Until = Variance, ""
				d.put(x)
			}
		}
		text, err := d.Text()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseDecisions(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !slices.EqualFunc(d.List, back.List, func(a, b Decision) bool {
			return a.Kind == b.Kind && a.Code == b.Code && a.Name == b.Name && a.Made == b.Made && a.Owner == b.Owner && len(a.Before) == len(b.Before)
		}) {
			t.Fatalf("%+v\n%+v", d.List, back.List)
		}
	})
}

func FuzzParseDecisions(f *testing.F) {
	f.Add([]byte("org: R1K\ndecisions:\n  - {kind: results, code: A, verb: map, to: {system: s, code: '1'}, who: x, at: 2026-11-01T00:00:00Z, why: y}\n"))
	f.Add([]byte("decisions: [&a {kind: *a}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := ParseDecisions(text)
		if err != nil {
			return
		}
		out, err := d.Text()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseDecisions(out); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
