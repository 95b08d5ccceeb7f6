package harmonise

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"concord/exchange/onboard"
	"concord/fault"
)

// Verb is what was decided on a code.
type Verb string

// The verbs.
const (
	Map      Verb = "map"      // it is a code of the domain's
	Allow    Verb = "allow"    // it is loaded as sent for now: owner, reason, review date
	Variance Verb = "variance" // it stays as it is, on purpose: owner, reason
	Reopen   Verb = "open"     // nobody has decided after all
)

// Decision is what stands on one code.
type Decision struct {
	Kind Kind    `yaml:"kind" json:"kind"`
	Code string  `yaml:"code" json:"code"`
	Name string  `yaml:"name,omitempty" json:"name,omitempty"` // that the code had when it was decided on
	Verb Verb    `yaml:"verb" json:"verb"`
	To   *Target `yaml:"to,omitempty" json:"to,omitempty"` // of Map
	Made `yaml:",inline"`
	// Owner answers for what is not mapped; Until is the day on which it is looked
	// at again (YYYY-MM-DD).
	Owner string `yaml:"owner,omitempty" json:"owner,omitempty"`
	Until string `yaml:"until,omitempty" json:"until,omitempty"`
	// Before is what stood earlier, the newest last.
	Before []Past `yaml:"before,omitempty" json:"before,omitempty"`
}

// Target is the domain's code.
type Target struct {
	System string `yaml:"system" json:"system"`
	Code   string `yaml:"code" json:"code"`
	Name   string `yaml:"name,omitempty" json:"name,omitempty"` // that it had when it was decided on
}

// Made is who decided, when and why.
type Made struct {
	Who string    `yaml:"who" json:"who"` // organisation and account: "RAS/steward.okafor"
	At  time.Time `yaml:"at" json:"at"`
	Why string    `yaml:"why" json:"why"`
}

// Past is a decision that no longer stands.
type Past struct {
	Verb Verb    `yaml:"verb" json:"verb"`
	To   *Target `yaml:"to,omitempty" json:"to,omitempty"`
	Made `yaml:",inline"`
}

func (t *Target) coding() Coding { return Coding{t.System, t.Code} }

// Decisions are those of one organisation: build.yaml of its stage.
type Decisions struct {
	Org  string     `yaml:"org" json:"org"`
	List []Decision `yaml:"decisions" json:"decisions"`
}

const (
	decisionsFile = "build.yaml"
	maxWords      = 300
	maxBefore     = 50
	maxDecisions  = 200_000
)

// ParseDecisions reads a file of decisions. Codes: Invalid "build.yaml",
// "build.decision" when one is not whole, "build.two-targets" when a code is
// there twice, "build.cycle" and "build.chain" when a target is mapped itself.
func ParseDecisions(text []byte) (*Decisions, error) {
	var d Decisions
	if len(text) > maxFile {
		return nil, fault.New(fault.TooCostly, "build.large", "a file of decisions has at most %d MB", maxFile>>20)
	}
	if err := decode(text, &d); err != nil {
		return nil, fault.New(fault.Invalid, "build.yaml", "the file of decisions cannot be read")
	}
	return &d, d.check()
}

func (d *Decisions) check() error {
	if len(d.List) > maxDecisions {
		return fault.New(fault.TooCostly, "build.large", "there are more than %d decisions", maxDecisions)
	}
	seen := map[onboard.CodeKey]bool{}
	for i := range d.List {
		x := &d.List[i]
		if why := x.wrong(); why != "" {
			return fault.New(fault.Invalid, "build.decision", "%s %q: %s", x.Kind, clipped(x.Code), why)
		}
		k := onboard.CodeKey{Kind: x.Kind, Code: x.Code}
		if seen[k] {
			return fault.New(fault.Invalid, "build.two-targets", "%s %q is decided on twice", x.Kind, clipped(x.Code))
		}
		seen[k] = true
	}
	d.sort()
	return d.rounds()
}

// wrong says what a decision lacks.
func (x *Decision) wrong() string {
	switch {
	case !slices.Contains(Kinds(), x.Kind):
		return "there is no such kind"
	case x.Code == "" || len(x.Code) > maxText || len(x.Name) > maxText:
		return "the code is missing, or too long"
	case x.Who == "" || x.At.IsZero() || strings.TrimSpace(x.Why) == "":
		return "who, when and why are needed"
	case len(x.Why) > 4*maxWords || len(x.Owner) > maxWords || len(x.Before) > maxBefore:
		return "it says too much"
	case (x.Verb == Map) != (x.To != nil):
		return "what is mapped has a target, and nothing else has"
	case x.To != nil && (x.To.System == "" || x.To.Code == ""):
		return "the target has a system and a code"
	case (x.Verb == Allow || x.Verb == Variance) && x.Owner == "":
		return "what is not mapped has an owner"
	case x.Verb == Allow && !isDay(x.Until):
		return "what is allowed has a day on which it is looked at again"
	case !slices.Contains([]Verb{Map, Allow, Variance, Reopen}, x.Verb):
		return "there is no such decision"
	}
	return ""
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// rounds refuses targets that are themselves codes of the source's that are
// mapped elsewhere.
func (d *Decisions) rounds() error {
	to := map[CodingOf]CodingOf{}
	for i := range d.List {
		if x := &d.List[i]; x.Verb == Map {
			from := CodingOf{x.Kind, Coding{systemOf(d.Org, x.Kind, x.Code), x.Code}}
			if next := (CodingOf{x.Kind, x.To.coding()}); next != from {
				to[from] = next
			}
		}
	}
	for from, next := range to {
		if _, on := to[next]; !on {
			continue
		}
		for range len(to) {
			if next = to[next]; next == from {
				return fault.New(fault.Invalid, "build.cycle", "%s %q is mapped in a circle", from.Kind, clipped(from.Code))
			}
		}
		return fault.New(fault.Invalid, "build.chain", "%s %q is mapped to a code that is mapped on itself", from.Kind, clipped(from.Code))
	}
	return nil
}

func (d *Decisions) sort() {
	slices.SortFunc(d.List, func(a, b Decision) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Code, b.Code))
	})
}

// find gives what stands on a code, nil if nothing was decided.
func (d *Decisions) find(kind Kind, code string) *Decision {
	i, ok := slices.BinarySearchFunc(d.List, Decision{Kind: kind, Code: code}, func(a, b Decision) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Code, b.Code))
	})
	if !ok {
		return nil
	}
	return &d.List[i]
}

// put makes a decision the one that stands, and keeps what stood before.
func (d *Decisions) put(x Decision) {
	if was := d.find(x.Kind, x.Code); was != nil {
		x.Before = append(slices.Clone(was.Before), Past{was.Verb, was.To, was.Made})
		x.Before = x.Before[max(0, len(x.Before)-maxBefore):]
		*was = x
		return
	}
	d.List = append(d.List, x)
	d.sort()
}

// DecisionsOf are those of the stage's organisation.
func DecisionsOf(s *onboard.Stage) (*Decisions, error) {
	text, err := s.Kept(decisionsFile)
	if err != nil {
		return nil, err
	}
	return decisionsIn(s.Trust, text)
}

func decisionsIn(org string, text []byte) (*Decisions, error) {
	if text == nil {
		return &Decisions{Org: org}, nil
	}
	d, err := ParseDecisions(text)
	if err != nil {
		return nil, err
	}
	if d.Org != org {
		return nil, fault.New(fault.Invalid, "build.org", "the decisions are of %s, not of %s", clipped(d.Org), org)
	}
	return d, nil
}

// Take takes decisions in that were made elsewhere, such as in a rehearsal: of
// two on one code the newer stands. It tells how many are new here. Errors: those of
// ParseDecisions; Invalid "build.org".
func Take(s *onboard.Stage, text []byte) (taken int, err error) {
	next, err := decisionsIn(s.Trust, text)
	if err != nil {
		return 0, err
	}
	return taken, s.Keep(decisionsFile, func(old []byte) ([]byte, error) {
		d, err := decisionsIn(s.Trust, old)
		if err != nil {
			return nil, err
		}
		for _, x := range next.List {
			if was := d.find(x.Kind, x.Code); was == nil || was.At.Before(x.At) {
				d.put(x)
				taken++
			}
		}
		if err := d.check(); err != nil {
			return nil, err
		}
		return d.Text()
	})
}
