package access

import (
	"slices"

	"github.com/cedar-policy/cedar-go"
)

// Spoke is a policy that had a say.
type Spoke struct {
	ID     string `json:"id"`
	Effect string `json:"effect"` // "permit" or "forbid"
	Says   string `json:"says"`
}

// Change is one fact that would turn the outcome.
type Change struct {
	If   string `json:"if"`   // in words
	Then string `json:"then"` // "allowed" or "refused"
	Rule string `json:"rule"`
}

// Explanation tells why an access is allowed or refused.
type Explanation struct {
	Allowed bool     `json:"allowed"`
	Known   bool     `json:"known"` // refused, and it may be said that something is there
	Rule    string   `json:"rule"`
	Spoke   []Spoke  `json:"spoke"`
	Facts   []Fact   `json:"facts"`
	Changes []Change `json:"changes"`
}

// Fact is one thing that the policies were told.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Explain tells what the policies say of one requester, reason, action and
// document, and which single facts would turn it. It asks Cedar itself, not
// what was kept of its answers.
func (p *Policies) Explain(who Requester, why Reason, act Action, typ string, t Target) Explanation {
	a := ask{who.Role, why.Purpose, act, inside(who.Org), unseals(who), why.Text != ""}
	scope := true
	if who.Role == System {
		letter, _ := act.letter()
		scope = who.Scopes.allows(letter, typ)
	}
	if !a.purpose.Beyond() {
		t.OptedOut = false
	}
	t = t.normal()
	allowed, diag := diagnose(p.set, a.role, a.action, t.Kind, contextOf(a, t, scope))
	e := Explanation{Allowed: allowed && len(diag.Errors) == 0, Spoke: []Spoke{}, Changes: []Change{}, Facts: factsOf(a, t, scope)}
	_, e.Rule = p.authorize(p.set, a, t, scope)
	for _, r := range diag.Reasons {
		id := string(r.PolicyID)
		effect := "permit"
		if p.set.Get(r.PolicyID).Effect() == cedar.Forbid {
			effect = "forbid"
		}
		e.Spoke = append(e.Spoke, Spoke{id, effect, p.says[id]})
	}
	slices.SortFunc(e.Spoke, func(a, b Spoke) int { return p.number[a.ID] - p.number[b.ID] })
	if !e.Allowed {
		k := a
		k.action = knowOf
		e.Known, _ = p.authorize(p.set, k, t, scope)
	}
	e.Changes = p.changes(a, t, scope, e.Allowed)
	return e
}

func factsOf(a ask, t Target, scope bool) []Fact {
	yes := func(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }
	return []Fact{
		{"role", string(a.role)}, {"purpose", a.purpose.Words()}, {"action", string(a.action)},
		{"kind of resource", t.Kind.String()}, {"relationship with the patient", t.Tie.String()}, {"glass broken", yes(t.Glass)},
		{"label", t.Label.String()}, {"of the label's team", yes(t.Team)}, {"controlled by", t.Origin.String()},
		{"restricted patient", yes(t.Restricted)}, {"objects to the shared record", yes(t.Objects)},
		{"GP dissent", yes(t.Dissents)}, {"opted out of other use", yes(t.OptedOut)}, {"watched record", yes(t.Watched)},
		{"organisation of this care system", yes(a.inside)}, {"may unseal (B0083)", yes(a.unseals)}, {"token's scopes cover it", yes(scope)},
	}
}

// changes tries each other value of each fact by itself.
func (p *Policies) changes(a ask, t Target, scope, allowed bool) []Change {
	out := []Change{}
	try := func(words string, change func(a *ask, t *Target)) {
		a, x := a, t
		change(&a, &x)
		x = x.normal()
		ok, rule := p.authorize(p.set, a, x, scope)
		if ok != allowed {
			out = append(out, Change{words, map[bool]string{true: "allowed", false: "refused"}[ok], rule})
		}
	}
	for _, tie := range []Tie{Standing, Claimed, NoTie} {
		if tie != t.Tie {
			try("the relationship with the patient were "+tie.String(), func(_ *ask, x *Target) { x.Tie = tie })
		}
	}
	for _, l := range []Label{Normal, Sensitive, Sealed, Locked} {
		if l != t.Label {
			try("the label were "+l.String(), func(_ *ask, x *Target) { x.Label = l })
		}
	}
	for _, o := range []Origin{Own, Other, Practice} {
		if o != t.Origin {
			try("it were controlled by: "+o.String(), func(_ *ask, x *Target) { x.Origin = o })
		}
	}
	not := func(b bool) string { return map[bool]string{true: " not", false: ""}[b] }
	try("the glass were"+not(t.Glass)+" broken", func(_ *ask, x *Target) { x.Glass = !x.Glass })
	try("the glass were broken by somebody who may unseal (B0083)", func(a *ask, x *Target) { x.Glass, a.unseals = true, true })
	try("they were"+not(t.Team)+" of the label's team", func(_ *ask, x *Target) { x.Team = !x.Team })
	try("the patient were"+not(t.Restricted)+" restricted", func(_ *ask, x *Target) { x.Restricted = !x.Restricted })
	try("the patient did"+not(t.Objects)+" object to the shared record", func(_ *ask, x *Target) { x.Objects = !x.Objects })
	try("the GP record's dissent were"+not(t.Dissents)+" there", func(_ *ask, x *Target) { x.Dissents = !x.Dissents })
	try("the patient had"+not(t.OptedOut)+" opted out", func(a *ask, x *Target) { x.OptedOut = !x.OptedOut && a.purpose.Beyond() })
	for _, purpose := range Purposes() {
		if purpose != a.purpose {
			try("the purpose were "+purpose.Words(), func(a *ask, _ *Target) { a.purpose = purpose })
		}
	}
	return out
}
