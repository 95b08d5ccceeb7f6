package main

import (
	"io/fs"
	"os"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/validate"
	"concord/standard/validate/pack"
)

// rules are what resources are held against beyond R4's own rules.
type rules struct {
	Profiles      []string `help:"Folders of implementation guides (profiles, value sets, code systems; JSON or XML)." placeholder:"DIR"`
	MatchModel    string   `help:"Model file by which arriving records are matched, instead of the one that ships (concord link replay tells what would change)." placeholder:"FILE"`
	ProfilePolicy []string `help:"What an organisation does with resources that break the profiles which they name: ODS=reject, ODS=warn or ODS=off; *=… for all others." placeholder:"ODS=CHOICE"`
	deciding
}

// vocabulary answers what codes mean from the definitions that are loaded.
type vocabulary struct{ pack *pack.Pack }

func (v vocabulary) Knows(valueSet string) bool { return v.pack.Find("ValueSet", valueSet) != nil }

func (v vocabulary) In(valueSet, system, code string) (in, known bool) {
	answer := v.pack.MemberOf(valueSet, system, code)
	return answer == pack.In, answer != pack.Unknown
}

func (v vocabulary) Subsumes(system, a, b string) (yes, known bool) {
	return v.pack.Subsumes(system, a, b)
}

func (v vocabulary) Meant(set, code string) string { return validate.Meant(set, code) }

// load reads the folders and the policy.
func (r rules) load() (*validate.Validator, func(string, *fhir.Value) (record.Strictness, []fhir.Issue), vocabulary, error) {
	v := validate.Base()
	words := vocabulary{pack.Core()}
	if len(r.Profiles) > 0 {
		open, err := folders(r.Profiles)
		if err != nil {
			return nil, nil, words, err
		}
		profiles, err := validate.Load(open...)
		if err != nil {
			return nil, nil, words, err
		}
		v, words = v.With(profiles), vocabulary{profiles.Definitions()}
	}
	policy, err := r.policy()
	if err != nil || len(policy) == 0 {
		return v, nil, words, err
	}
	return v, func(org string, resource *fhir.Value) (record.Strictness, []fhir.Issue) {
		choice, named := policy[org]
		if !named {
			choice = policy["*"]
		}
		if choice == record.Off || resource.Path("meta.profile") == nil {
			return record.Off, nil
		}
		return choice, v.Validate(resource, validate.Options{})
	}, words, nil
}

func folders(names []string) ([]fs.FS, error) {
	out := make([]fs.FS, len(names))
	for i, n := range names {
		var err error
		if out[i], err = openFolder(n); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r rules) policy() (map[string]record.Strictness, error) {
	out := map[string]record.Strictness{}
	for _, p := range r.ProfilePolicy {
		org, choice, ok := strings.Cut(p, "=")
		s, err := record.ParseStrictness(choice)
		if !ok || err != nil {
			return nil, fault.New(fault.Invalid, "cli.profile-policy", "%s is not ODS=reject, ODS=warn or ODS=off", p)
		}
		out[strings.ToUpper(org)] = s
	}
	return out, nil
}

// model reads the file that records are matched by; nil is the one that ships.
func (r rules) model() (*match.Model, error) {
	if r.MatchModel == "" {
		return nil, nil
	}
	text, err := os.ReadFile(r.MatchModel)
	if err != nil {
		return nil, err
	}
	return match.ParseModel(text)
}
