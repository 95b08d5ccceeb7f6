package access

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/cedar-policy/cedar-go"
)

// reach is the head of a policy: whom, which actions and which kinds it can
// speak of at all; "" and nil = any. What lies outside need not be evaluated.
type reach struct {
	role    string
	actions map[string]bool
	kind    string
	permits bool
	asks    bool            // its conditions speak of the action
	facts   map[string]bool // of the context, of which its conditions speak
}

var attribute = regexp.MustCompile(`"attr":"(\w+)"`)

// reachOf reads the head from the policy's JSON
// (https://docs.cedarpolicy.com/policies/json-format.html). What it does not
// understand counts as any.
func reachOf(p *cedar.Policy) reach {
	type entity struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	}
	type scope struct {
		Op       string   `json:"op"`
		Entity   entity   `json:"entity"`
		Entities []entity `json:"entities"`
	}
	var head struct{ Principal, Action, Resource scope }
	text, err := p.MarshalJSON()
	r := reach{permits: p.Effect() == cedar.Permit, asks: bytes.Contains(text, []byte(`"Var":"action"`))}
	r.facts = map[string]bool{}
	for _, m := range attribute.FindAllSubmatch(text, -1) {
		r.facts[string(m[1])] = true
	}
	if err != nil || json.Unmarshal(text, &head) != nil {
		return r
	}
	if head.Principal.Op == "==" {
		r.role = head.Principal.Entity.ID
	}
	if head.Resource.Op == "==" {
		r.kind = head.Resource.Entity.ID
	}
	switch {
	case head.Action.Op == "==":
		r.actions = map[string]bool{head.Action.Entity.ID: true}
	case head.Action.Op == "in" && len(head.Action.Entities) > 0:
		r.actions = map[string]bool{}
		for _, e := range head.Action.Entities {
			r.actions[e.ID] = true
		}
	}
	return r
}

func (r reach) covers(role Role, act Action) bool {
	return (r.role == "" || r.role == string(role)) && (r.actions == nil || r.actions[string(act)])
}

// within are the policies that can speak of a role's action; opens tells that
// one of them may permit it on a kind.
func (p *Policies) within(role Role, act Action) cedar.PolicyMap {
	out := cedar.PolicyMap{}
	for id, policy := range p.set.All() {
		if p.reach[string(id)].covers(role, act) {
			out[id] = policy
		}
	}
	return out
}

func (p *Policies) opens(role Role, act Action, k Kind) bool {
	for _, r := range p.reach {
		if r.permits && r.covers(role, act) && (r.kind == "" || r.kind == k.String()) {
			return true
		}
	}
	return false
}
