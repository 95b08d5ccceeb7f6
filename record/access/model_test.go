package access

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cedar-policy/cedar-go"
)

// TestModel holds every property against every case of the finite space.
func TestModel(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole space takes some seconds")
	}
	n, broken := Standard().Check(Properties())
	t.Logf("%d cases, %d properties", n, len(Properties()))
	for _, b := range broken {
		t.Error(b)
	}
}

// mutant takes a piece of one of our files away, or puts another in its place.
func mutant(t *testing.T, file, old, with string) *Policies {
	t.Helper()
	text, err := embedded.ReadFile("policies/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	p, err := Load(fstest.MapFS{file: {Data: []byte(strings.Replace(string(text), old, with, 1))}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestModelFindsMutants: each property is broken by a policy gone wrong.
func TestModelFindsMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole space, several times")
	}
	for property, m := range map[string][3]string{
		"reception-no-clinical": {"10-work.cedar", `resource == Kind::"demographics")
when { [Role::"receptionist"`, `resource)
when { [Role::"receptionist"`},
		"insurer-nothing":          {"60-systems.cedar", `principal == Role::"system",` + "\n  action in [Action::\"read\"", `principal,` + "\n  action in [Action::\"read\""},
		"dissent-stands":           {"50-objections.cedar", `context.origin == "practice"`, `context.origin == "practice" && !context.breakglass`},
		"locked-invisible":         {"30-labels.cedar", `, Action::"know-of"`, ``},
		"sealed-by-activity":       {"30-labels.cedar", `context.breakglass && context.unseals`, `context.breakglass`},
		"relationship-needed":      {"20-relationship.cedar", ` && context.relationship == "standing"`, ``},
		"direct-care":              {"20-relationship.cedar", `context.purpose == "TREAT" && context.breakglass`, `context.breakglass`},
		"objection-holds":          {"50-objections.cedar", `context.objects && context.origin != "own"`, `context.objects && context.origin == "practice"`},
		"opt-out-holds":            {"50-objections.cedar", `["HRESCH", "POPHLTH"]`, `["HRESCH"]`},
		"restricted-outside":       {"40-restricted.cedar", `context.restricted && !context.inside`, `false`},
		"restricted-contact":       {"40-restricted.cedar", `when { !context.restricted };`, `;`},
		"watched-alerts":           {"70-alerts.cedar", `when { !context.watched };`, `;`},
		"marks-by-officer-or-team": {"35-marks.cedar", `context.origin == "own" && context.reasoned`, `context.reasoned`},
	} {
		at := slices.IndexFunc(Properties(), func(q Property) bool { return q.ID == property })
		_, broken := mutant(t, m[0], m[1], m[2]).Check(Properties()[at : at+1])
		found := false
		for _, b := range broken {
			found = found || b.Property.ID == property
		}
		if !found {
			t.Errorf("%s stands although %s says otherwise", property, m[0])
		}
	}
}

// TestFilterIsCedar: for every role, purpose and action, and every seventh kind
// of document (seven divides no dimension, so that all values meet), the compiled
// filter says what Cedar says of all policies together, and a type that the scopes
// do not cover is what Cedar refuses.
func TestFilterIsCedar(t *testing.T) {
	p, n := Standard(), 0
	for _, g := range everyone() {
		if testing.Short() && g.purpose != DirectCare {
			continue
		}
		groups := p.alike(g)
		for k := Demographics; k < Service; k++ {
			eachTarget(k, func(x Target) bool {
				if x.OptedOut && !g.purpose.Beyond() || testing.Short() && x.Watched {
					return true
				}
				if x.index()%7 != 0 {
					return true
				}
				facts, unscoped := contextOf(g, x, true), contextOf(g, x, false)
				for _, q := range groups {
					for _, act := range q.actions {
						n++
						p.same(t, g, q.role, act, x, facts)
						if shown, _ := p.decide(p.set, q.role, act, k, unscoped); shown && q.role == System {
							t.Fatalf("%+v: %s without a scope", x, act)
						}
					}
				}
				return true
			})
		}
	}
	t.Logf("%d questions", n)
}

// same holds the compiled filter against all of Cedar's policies.
func (p *Policies) same(t *testing.T, g ask, role Role, act Action, x Target, facts cedar.Record) {
	t.Helper()
	a := g
	a.role, a.action = role, act
	o := Filter{table: p.table(a)}.table.look(x)
	shown, rule := p.decide(p.set, role, act, x.Kind, facts)
	if o.Shown != shown || o.Rule != rule || shown && p.table(a).best(x.Kind) == "" {
		t.Fatalf("%s %s %+v: %+v, Cedar says %v by %s", role, act, x, o, shown, rule)
	}
	if shown {
		return
	}
	if known, _ := p.decide(p.set, role, knowOf, x.Kind, facts); known != o.Known {
		t.Fatalf("%s %s %+v: %+v, known %v", role, act, x, o, known)
	}
}

// TestPoliciesFailClosed: a file that cannot be read, or that opens what it may
// not, is refused when it is loaded.
func TestPoliciesFailClosed(t *testing.T) {
	permit := `@id("mine") permit (principal, action, resource);`
	for name, files := range map[string]fstest.MapFS{
		"no file":            {"readme.txt": {Data: []byte("x")}},
		"not Cedar":          {"mine.cedar": {Data: []byte("forbid everything")}},
		"a permit":           {"mine.cedar": {Data: []byte(permit)}},
		"no id":              {"mine.cedar": {Data: []byte(`forbid (principal, action, resource);`)}},
		"an id twice":        {"mine.cedar": {Data: []byte(`@id("locked") forbid (principal, action, resource);`)}},
		"the name of none":   {"mine.cedar": {Data: []byte(`@id("default") forbid (principal, action, resource);`)}},
		"ours, broken":       {"30-labels.cedar": {Data: []byte("forbid (")}},
		"ours, with nothing": {"30-labels.cedar": {Data: []byte("  \n")}},
	} {
		if p, err := Load(files); err == nil || p != nil {
			t.Errorf("%s is taken", name)
		}
	}
	closed, err := Load(fstest.MapFS{"mine.cedar": {Data: []byte(`@id("night") @says("Closed.") forbid (principal == Role::"clinician", action, resource);`)}})
	if err != nil {
		t.Fatal(err)
	}
	if v := closed.Decide(Requester{ID: "u", Role: Clinician}, Reason{Purpose: DirectCare}, Read, "Patient"); v.Allowed {
		t.Errorf("a forbid of one's own does nothing: %+v", v)
	}
	wrong, err := Load(fstest.MapFS{"mine.cedar": {Data: []byte(`@id("odd") forbid (principal, action, resource) when { context.nowhere };`)}})
	if err != nil {
		t.Fatal(err)
	}
	if v := wrong.Decide(Requester{ID: "u", Role: Operator}, Reason{Purpose: Integrity}, Read, "Patient"); v.Allowed {
		t.Errorf("a forbid that cannot be evaluated opens: %+v", v)
	}
}

// TestExplainAgrees: an explanation says what the filter does, and each change
// that it names turns the outcome.
func TestExplainAgrees(t *testing.T) {
	p := Standard()
	who := Requester{ID: "u", Role: Clinician, Org: "RQM"}
	why := Reason{Purpose: DirectCare}
	eachTarget(Clinical, func(x Target) bool {
		e := p.Explain(who, why, Read, "Observation", x)
		o := p.Decide(who, why, Read, "Observation").Filter.Look("Observation", x)
		if e.Allowed != o.Shown || e.Known != o.Known || e.Rule != o.Rule {
			t.Fatalf("%+v: %+v and %+v", x, e, o)
		}
		if e.Allowed && (e.Rule == "default" || len(e.Spoke) == 0) {
			t.Fatalf("%+v: %+v", x, e)
		}
		return true
	})
	e := p.Explain(who, why, Read, "Observation", Target{Kind: Clinical, Origin: Other})
	found := false
	for _, c := range e.Changes {
		found = found || strings.Contains(c.If, "standing") && c.Then == "allowed" && c.Rule == "relationship"
	}
	if !found || e.Allowed {
		t.Errorf("what would change it: %+v", e)
	}
}

// TestTargetsAreNumbered: no two targets share a cell.
func TestTargetsAreNumbered(t *testing.T) {
	seen := map[int]Target{}
	for k := Demographics; k <= Service; k++ {
		eachTarget(k, func(x Target) bool {
			n := x.index()
			if y, taken := seen[n]; taken || n < 0 || n >= targets {
				t.Fatalf("%+v and %+v are %d", x, y, n)
			}
			seen[n] = x
			return true
		})
	}
	t.Logf("%d targets", len(seen))
}
