package access

import (
	"bytes"
	"embed"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"

	"concord/fault"
)

//go:embed policies/*.cedar
var embedded embed.FS

// Policies is everything that decides: Cedar policies
// (https://docs.cedarpolicy.com) and the answers that they gave.
type Policies struct {
	set    *cedar.PolicySet
	rules  []string       // ids; 0 is "default", for what no policy speaks of
	number map[string]int // place in rules
	says   map[string]string
	reach  map[string]reach
	tables sync.Map // ask → *table
}

var standard = sync.OnceValue(func() *Policies {
	p, err := Load(nil)
	if err != nil {
		panic(err) // the files are part of the program, and a test reads them
	}
	return p
})

// Standard are the policies that come with the program.
func Standard() *Policies { return standard() }

// Load reads the policies that come with the program and those of an
// operator's folder; nil = none. A file there of the name of one of ours takes
// its place; any other may hold forbids alone. Errors: Invalid
// "access.policies", with the file: nothing is decided by what cannot be read.
func Load(own fs.FS) (*Policies, error) {
	files, err := fs.Glob(embedded, "policies/*.cedar")
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "access.policies", "the policies are missing")
	}
	texts, named := map[string][]byte{}, map[string]bool{}
	for _, f := range files {
		name := strings.TrimPrefix(f, "policies/")
		if texts[name], err = embedded.ReadFile(f); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "access.policies", "the policies are missing")
		}
		named[name] = true
	}
	if own != nil {
		if err := readOwn(own, texts); err != nil {
			return nil, err
		}
	}
	p := &Policies{set: cedar.NewPolicySet(), rules: []string{"default"}, number: map[string]int{"default": 0}, says: map[string]string{}, reach: map[string]reach{}}
	for _, name := range sorted(texts) {
		if err := p.add(name, texts[name], !named[name]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func sorted(texts map[string][]byte) []string {
	var names []string
	for n := range texts {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// readOwn lays an operator's files over ours.
func readOwn(own fs.FS, texts map[string][]byte) error {
	list, err := fs.ReadDir(own, ".")
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "access.policies", "the folder of policies cannot be read")
	}
	found := false
	for _, f := range list {
		if f.IsDir() || !strings.HasSuffix(f.Name(), ".cedar") {
			continue
		}
		text, err := fs.ReadFile(own, f.Name())
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "access.policies", "a file of policies cannot be read").In(f.Name())
		}
		texts[f.Name()], found = text, true
	}
	if !found {
		return fault.New(fault.Invalid, "access.policies", "the folder of policies holds no .cedar file")
	}
	return nil
}

// add takes the policies of one file, each with a name of its own.
func (p *Policies) add(name string, text []byte, onlyForbids bool) error {
	list, err := cedar.NewPolicyListFromBytes(name, text)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "access.policies", "a file of policies is not Cedar").In(name)
	}
	if len(list) == 0 && len(bytes.TrimSpace(text)) == 0 {
		return fault.New(fault.Invalid, "access.policies", "a file of policies is empty").In(name)
	}
	for _, policy := range list {
		id := string(policy.Annotations()["id"])
		switch {
		case id == "" || id == "default":
			return fault.New(fault.Invalid, "access.policies", "each policy needs an @id").In(name)
		case p.number[id] != 0:
			return fault.New(fault.Invalid, "access.policies", "two policies are called %s", id).In(name)
		case onlyForbids && policy.Effect() != cedar.Forbid:
			return fault.New(fault.Invalid, "access.policies", "%s permits: a file of your own may only forbid, or take the place of one of ours by its name", id).In(name)
		}
		p.number[id] = len(p.rules)
		p.rules = append(p.rules, id)
		p.says[id] = string(policy.Annotations()["says"])
		p.reach[id] = reachOf(policy)
		p.set.Add(cedar.PolicyID(id), policy)
	}
	return nil
}

func (p *Policies) table(a ask) *table {
	if t, ok := p.tables.Load(a); ok {
		return t.(*table)
	}
	fresh := &table{policies: p, ask: a, sets: map[Action]cedar.PolicyMap{}}
	for _, act := range []Action{a.action, knowOf, seeContact, unalerted} {
		fresh.sets[act] = p.within(a.role, act)
	}
	t, _ := p.tables.LoadOrStore(a, fresh)
	return t.(*table)
}

// authorize asks Cedar one question and gives the policy that decided. An error
// within a policy is a refusal: a forbid that cannot be evaluated must not open.
func (p *Policies) authorize(set cedar.PolicyIterator, a ask, x Target, scope bool) (bool, string) {
	return p.decide(set, a.role, a.action, x.Kind, contextOf(a, x, scope))
}

func (p *Policies) decide(set cedar.PolicyIterator, role Role, act Action, k Kind, facts cedar.Record) (bool, string) {
	ok, diag := diagnose(set, role, act, k, facts)
	if len(diag.Errors) > 0 {
		return false, string(diag.Errors[0].PolicyID)
	}
	rule := "default"
	for _, r := range diag.Reasons { // the first by the order of the files
		if id := string(r.PolicyID); rule == "default" || p.number[id] < p.number[rule] {
			rule = id
		}
	}
	return ok, rule
}

func diagnose(set cedar.PolicyIterator, role Role, act Action, k Kind, facts cedar.Record) (bool, cedar.Diagnostic) {
	decision, diag := cedar.Authorize(set, cedar.EntityMap{}, cedar.Request{
		Principal: cedar.NewEntityUID("Role", cedar.String(role)), Action: cedar.NewEntityUID("Action", cedar.String(act)),
		Resource: cedar.NewEntityUID("Kind", cedar.String(k.String())), Context: facts,
	})
	return bool(decision), diag
}

// contextOf is what the policies are told.
func contextOf(a ask, x Target, scope bool) cedar.Record {
	flag := func(b bool) cedar.Value { return cedar.Boolean(b) }
	return cedar.NewRecord(cedar.RecordMap{
		"purpose": cedar.String(a.purpose), "inside": flag(a.inside), "unseals": flag(a.unseals), "reasoned": flag(a.reasoned),
		"scope": flag(scope), "label": cedar.String(x.Label.String()), "team": flag(x.Team), "origin": cedar.String(x.Origin.String()),
		"relationship": cedar.String(x.Tie.String()), "breakglass": flag(x.Glass), "restricted": flag(x.Restricted),
		"objects": flag(x.Objects), "dissents": flag(x.Dissents), "optedout": flag(x.OptedOut), "watched": flag(x.Watched),
	})
}

// Says is what a policy means, in plain English; "" when it is not known.
func (p *Policies) Says(id string) string { return p.says[id] }
