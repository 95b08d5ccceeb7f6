package access

import (
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go"
)

// Property is a sentence about the policies that must hold for everybody and
// every document. Breaks tells whether one shown case breaks it.
type Property struct {
	ID, Says string
	Breaks   func(c Case) bool
	Marks    bool // about who marks, instead of about who reads and writes
}

// Case is one point of the finite space: who asks what, why, of which document.
type Case struct {
	Role      Role
	Purpose   Purpose
	Action    Action
	Inside    bool
	Unseals   bool
	Shown     bool // the document itself
	Known     bool // that it is there
	Contact   bool // the address and more
	Unalerted bool
	Target
}

// Properties are the sentences that hold of the policies, whatever an operator
// adds or puts in their place.
func Properties() []Property {
	person := func(c Case) bool { return c.Role != Operator }
	return []Property{
		{ID: "reception-no-clinical", Says: "No path leads from reception to clinical text.",
			Breaks: func(c Case) bool { return c.Role == Receptionist && c.Kind != Demographics && (c.Shown || c.Known) }},
		{ID: "insurer-nothing", Says: "No insurer's credential reaches any resource.",
			Breaks: func(c Case) bool { return c.Role == Insurer && (c.Shown || c.Known) }},
		{ID: "no-patient-data", Says: "Engineers, administrators, commissioners and patients' accounts reach no resource.",
			Breaks: func(c Case) bool {
				return (c.Role == Engineer || c.Role == Administrator || c.Role == Commissioner || c.Role == Patient || c.Role == "") && (c.Shown || c.Known)
			}},
		{ID: "dissent-stands", Says: "A GP dissent is never overridden, not even by breaking the glass.",
			Breaks: func(c Case) bool { return person(c) && c.Dissents && c.Origin == Practice && c.Shown }},
		{ID: "locked-invisible", Says: "What is sealed and locked is invisible outside its team.",
			Breaks: func(c Case) bool { return person(c) && c.Label == Locked && !c.Team && (c.Shown || c.Known) }},
		{ID: "sealed-by-activity", Says: "What is sealed is opened outside its team only by breaking the glass, with B0083.",
			Breaks: func(c Case) bool {
				return person(c) && c.Label == Sealed && !c.Team && c.Shown && !(c.Glass && c.Unseals)
			}},
		{ID: "relationship-needed", Says: "A clinician sees no clinical text of a patient without a relationship, a claim or a broken glass.",
			Breaks: func(c Case) bool {
				return c.Role == Clinician && c.Kind == Clinical && c.Tie == NoTie && !c.Glass && (c.Shown || c.Known)
			}},
		{ID: "direct-care", Says: "A clinician sees clinical text for direct care alone.",
			Breaks: func(c Case) bool {
				return c.Role == Clinician && c.Purpose != DirectCare && c.Kind != Directory && (c.Shown || c.Known)
			}},
		{ID: "objection-holds", Says: "An objection to the shared record is overridden only by breaking the glass.",
			Breaks: func(c Case) bool {
				return person(c) && c.Objects && c.Kind == Clinical && c.Origin != Own && !c.Glass && c.Shown
			}},
		{ID: "opt-out-holds", Says: "An opt-out holds for every use beyond the patient's own care.",
			Breaks: func(c Case) bool { return person(c) && c.OptedOut && c.Purpose.Beyond() && c.Shown }},
		{ID: "restricted-outside", Says: "A restricted patient is not found by systems outside this care system.",
			Breaks: func(c Case) bool { return person(c) && c.Restricted && !c.Inside && (c.Shown || c.Known) }},
		{ID: "restricted-contact", Says: "Nobody is shown where a restricted patient lives but who sends it.",
			Breaks: func(c Case) bool {
				return person(c) && c.Restricted && c.Shown && c.Contact && !(c.Role == System && c.Origin == Own)
			}},
		{ID: "nobody-deletes", Says: "No person deletes; systems do within their scopes.",
			Breaks: func(c Case) bool { return c.Action == Delete && c.Role != System && c.Shown }},
		{ID: "nobody-exports", Says: "No person at the pages exports.",
			Breaks: func(c Case) bool { return c.Action == Export && c.Role != System && c.Role != Operator && c.Shown }},
		{ID: "watched-alerts", Says: "No person sees a watched record without an alert.",
			Breaks: func(c Case) bool {
				return c.Role != System && c.Role != Operator && c.Watched && c.Shown && c.Unalerted
			}},
		{ID: "marks-by-officer-or-team", Says: "Nobody but a privacy officer marks, and a clinician who looks after the patient what their own organisation recorded; a seal is taken away by its team.",
			Breaks: func(c Case) bool {
				team := c.Kind == Clinical && c.Tie == Standing && c.Origin == Own && (c.Label < Sealed || c.Team)
				return c.Shown && c.Role != Privacy && !(c.Role == Clinician && team)
			}, Marks: true},
	}
}

// Broken is a property with the first case that breaks it.
type Broken struct {
	Property Property
	Case     Case
}

func (b Broken) String() string {
	return fmt.Sprintf("%s: %s Broken by %+v", b.Property.ID, b.Property.Says, b.Case)
}

// Check holds every property against every case, and says how many there were;
// it ends when each is broken. It asks Cedar, not what was kept of its answers.
func (p *Policies) Check(properties []Property) (cases int, broken []Broken) {
	found := map[string]bool{}
	for _, g := range everyone() {
		groups := p.alike(g)
		for k := Demographics; k < Service; k++ {
			eachTarget(k, func(t Target) bool {
				if t.OptedOut && !g.purpose.Beyond() {
					return true // it is not asked for
				}
				for _, q := range groups {
					cases += len(q.actions)
					c := p.caseOf(q, g, t)
					for _, property := range properties {
						if !found[property.ID] && slices.ContainsFunc(q.actions, func(act Action) bool {
							c.Action = act
							return property.Marks == (act == Mark || act == SeeMarks) && property.Breaks(c)
						}) {
							found[property.ID] = true
							broken = append(broken, Broken{property, c})
						}
					}
				}
				return len(found) < len(properties)
			})
		}
	}
	return cases, broken
}

// question is a role with the actions to which the same policies speak, and
// those policies.
type question struct {
	role    Role
	actions []Action
	sets    map[Action]cedar.PolicyMap
	known   map[asked]bool // by what the policies look at
	masks   map[Action][15]bool
}

// asked is one question by the facts that its policies look at; the others make
// no difference, and are zero.
type asked struct {
	act   Action
	kind  Kind
	facts [15]byte
}

// factNames are the facts of the context in the order of values.
func factNames() [15]string {
	return [15]string{"purpose", "inside", "unseals", "reasoned", "scope", "label", "team", "origin", "relationship", "breakglass",
		"restricted", "objects", "dissents", "optedout", "watched"}
}

func values(g ask, t Target) [15]byte {
	b := func(x bool) byte { return byte(1 + bit(x)) }
	return [15]byte{byte(1 + slices.Index(Purposes(), g.purpose)), b(g.inside), b(g.unseals), b(g.reasoned), 1, byte(1 + t.Label), b(t.Team),
		byte(1 + t.Origin), byte(1 + t.Tie), b(t.Glass), b(t.Restricted), b(t.Objects), b(t.Dissents), b(t.OptedOut), b(t.Watched)}
}

// looksAt are the facts of which a set of policies speaks.
func (p *Policies) looksAt(set cedar.PolicyMap) (mask [15]bool) {
	for id := range set {
		for i, name := range factNames() {
			mask[i] = mask[i] || p.reach[string(id)].facts[name]
		}
	}
	return mask
}

// alike puts together the actions of each role that the same policies answer,
// none of which looks at the action beyond its head.
func (p *Policies) alike(g ask) []*question {
	var out []*question
	for _, role := range append(Roles(), "") {
		if !g.inside && role != System || g.unseals && role != Clinician {
			continue // only systems come from outside, only clinicians have activities that count
		}
		names := map[string]*question{}
		for _, act := range patientActions() {
			set, name := p.within(role, act), ""
			for _, id := range p.rules {
				if _, ok := set[cedar.PolicyID(id)]; ok {
					name += id + " "
					if p.reach[id].asks {
						name += string(act) + " "
					}
				}
			}
			if q := names[name]; q != nil {
				q.actions = append(q.actions, act)
				continue
			}
			q := &question{role, []Action{act}, map[Action]cedar.PolicyMap{act: set}, map[asked]bool{}, map[Action][15]bool{act: p.looksAt(set)}}
			for _, side := range []Action{knowOf, seeContact, unalerted} {
				q.sets[side] = p.within(role, side)
				q.masks[side] = p.looksAt(q.sets[side])
			}
			names[name], out = q, append(out, q)
		}
	}
	return out
}

// caseOf answers one point. What no policy can permit is not asked.
func (p *Policies) caseOf(q *question, g ask, t Target) Case {
	c := Case{Role: q.role, Purpose: g.purpose, Action: q.actions[0], Inside: g.inside, Unseals: g.unseals, Target: t}
	facts := values(g, t)
	ask := func(act Action) bool {
		if !p.opens(q.role, act, t.Kind) {
			return false
		}
		key := asked{act, t.Kind, facts}
		for i, looked := range q.masks[act] {
			if !looked {
				key.facts[i] = 0
			}
		}
		ok, known := q.known[key]
		if !known {
			ok, _ = p.decide(q.sets[act], q.role, act, t.Kind, contextOf(g, t, true))
			q.known[key] = ok
		}
		return ok
	}
	if c.Shown = ask(c.Action); c.Shown {
		c.Contact, c.Unalerted = ask(seeContact), ask(unalerted)
	} else {
		c.Known = ask(knowOf)
	}
	return c
}

// patientActions are those that are about a patient's data.
func patientActions() []Action {
	return []Action{Read, Search, FindPeople, Export, Create, Update, Delete, Links, SeeMarks, Mark}
}

// everyone is every way to ask, but for role and action.
func everyone() []ask {
	var out []ask
	for _, purpose := range Purposes() {
		for _, n := range []int{0, 1, 2} {
			out = append(out, ask{purpose: purpose, inside: n != 1, unseals: n == 2, reasoned: true})
		}
	}
	return out
}
