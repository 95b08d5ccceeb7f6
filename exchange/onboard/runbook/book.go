package runbook

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"concord/fault"
)

// Book is a runbook.
type Book struct {
	Title string `yaml:"title" json:"title"`
	Steps []Step `yaml:"steps" json:"steps"`
	Go    []Rule `yaml:"go" json:"go"`
}

// Step is one step of a run.
type Step struct {
	ID      string   `yaml:"id" json:"id"`
	Title   string   `yaml:"title" json:"title"`
	Owner   string   `yaml:"owner" json:"owner"`
	Minutes float64  `yaml:"minutes" json:"minutes"` // as planned
	After   []string `yaml:"after,omitempty" json:"after,omitempty"`
	// Do is what the product does by itself: one of Deeds. "" = somebody does it,
	// and ticks it off.
	Do string `yaml:"do,omitempty" json:"do,omitempty"`
	// Check must hold before the step is done.
	Check []Rule `yaml:"check,omitempty" json:"check,omitempty"`
	// Public is what staff are told on the timeline when it is done; "" = nothing.
	Public string `yaml:"public,omitempty" json:"public,omitempty"`
}

// Rule is a bound on a figure.
type Rule struct {
	Figure string   `yaml:"figure" json:"figure"`
	Least  *float64 `yaml:"least,omitempty" json:"least,omitempty"`
	Most   *float64 `yaml:"most,omitempty" json:"most,omitempty"`
	Why    string   `yaml:"why,omitempty" json:"why,omitempty"`
}

// Deeds are what a step may have done by itself.
func Deeds() []string {
	return []string{"take-in", "profile", "match", "load", "reconcile", "sign", "hold-feeds", "release-feeds", "decide"}
}

// Decide is the deed of the step at which go or no-go is said, by the rules.
const Decide = "decide"

//go:embed standard.yaml
var standard []byte

// Standard is the runbook that ships; its text is an example to copy.
func Standard() (*Book, error) { return Parse(standard) }

// StandardText is its text.
func StandardText() []byte { return slices.Clone(standard) }

const maxSteps = 200

// Parse reads a runbook. Error: Invalid "runbook.form", "runbook.step",
// "runbook.after", "runbook.rule".
func Parse(text []byte) (*Book, error) {
	var b Book
	if len(text) > 1<<20 {
		return nil, fault.New(fault.Invalid, "runbook.form", "a runbook has at most a megabyte")
	}
	if err := yaml.UnmarshalWithOptions(text, &b, yaml.Strict()); err != nil {
		return nil, fault.New(fault.Invalid, "runbook.form", "the runbook cannot be read: %s", yaml.FormatError(err, false, false))
	}
	if b.Title == "" || len(b.Steps) == 0 || len(b.Steps) > maxSteps {
		return nil, fault.New(fault.Invalid, "runbook.form", "a runbook has a title and 1 to %d steps", maxSteps)
	}
	seen := map[string]bool{}
	for i := range b.Steps {
		if err := b.Steps[i].check(i, seen); err != nil {
			return nil, err
		}
		seen[b.Steps[i].ID] = true
	}
	return &b, rules("go", b.Go)
}

func (s *Step) check(i int, seen map[string]bool) error {
	bad := func(code, format string, args ...any) error {
		return fault.New(fault.Invalid, code, "step %d: %s", i+1, fmt.Sprintf(format, args...))
	}
	switch {
	case !plain(s.ID):
		return bad("runbook.step", "the id is small letters, digits and hyphens")
	case seen[s.ID]:
		return bad("runbook.step", "the id %s is there twice", s.ID)
	case s.Title == "" || s.Owner == "":
		return bad("runbook.step", "title and owner are needed")
	case s.Minutes < 0 || s.Minutes > 7*24*60:
		return bad("runbook.step", "the minutes are 0 to those of a week")
	case s.Do != "" && !slices.Contains(Deeds(), s.Do):
		return bad("runbook.step", "nothing called %s is done by itself", s.Do)
	}
	for _, a := range s.After {
		if !seen[a] { // so that no circle can be written either
			return bad("runbook.after", "it waits for %s, which is no step before it", a)
		}
	}
	return rules("step "+s.ID, s.Check)
}

func rules(where string, list []Rule) error {
	for _, r := range list {
		if r.Figure == "" || r.Least == nil && r.Most == nil {
			return fault.New(fault.Invalid, "runbook.rule", "%s: a rule names a figure, and least or most", where)
		}
	}
	return nil
}

func plain(id string) bool {
	if id == "" || len(id) > 40 {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// step finds a step, nil if there is none.
func (b *Book) step(id string) *Step {
	for i := range b.Steps {
		if b.Steps[i].ID == id {
			return &b.Steps[i]
		}
	}
	return nil
}

// Figures are what rules refer to, by name.
type Figures map[string]float64

// Outcome is how a rule stands.
type Outcome struct {
	Rule
	Value float64 `json:"value"`
	Known bool    `json:"known"` // there is such a figure
	Holds bool    `json:"holds"`
}

// Hold holds rules against figures: a figure that is not known holds nothing.
func Hold(list []Rule, f Figures) (out []Outcome, all bool) {
	all = true
	for _, r := range list {
		v, known := f[r.Figure]
		o := Outcome{Rule: r, Value: v, Known: known}
		o.Holds = known && (r.Least == nil || v >= *r.Least) && (r.Most == nil || v <= *r.Most)
		all = all && o.Holds
		out = append(out, o)
	}
	return out, all
}

// Words tells a rule.
func (r Rule) Words() string {
	text := r.Figure
	switch {
	case r.Least != nil && r.Most != nil:
		text += fmt.Sprintf(" from %g to %g", *r.Least, *r.Most)
	case r.Least != nil:
		text += fmt.Sprintf(" at least %g", *r.Least)
	case r.Most != nil:
		text += fmt.Sprintf(" at most %g", *r.Most)
	}
	return text
}
