package profile

import (
	"math"

	"concord/standard/fhir"
)

// Profile is one profile, or the definition of an extension.
type Profile struct {
	URL      string
	Version  string
	Type     string    // what it constrains: "Patient", "Extension", "HumanName"
	Contexts []Context // where an extension may stand
	Modifier bool      // an extension that changes the meaning of what it stands in
	Root     *Node
}

// Context is one place where an extension may stand
// (https://hl7.org/fhir/R4/valueset-extension-context-type.html).
type Context struct{ Type, Expression string }

// Unbounded is Node.Max for *; Unset is Min and Max of a node that says nothing.
const (
	Unbounded = math.MaxInt32
	Unset     = -1
)

// Node is what is said of an element, or of a slice of it.
type Node struct {
	ID          string // "Patient.identifier:nhsNumber.value"
	Name        string // of the element, without [x]; at the root the type
	Choice      bool   // value[x]
	Slice       string // name of the slice; "" for all values of the element
	Min, Max    int
	Types       []Type // nil: as in the type itself
	Fixed       *fhir.Value
	Pattern     *fhir.Value
	MaxLength   int // 0 for none
	Least       *fhir.Value
	Most        *fhir.Value
	Binding     Binding
	Constraints []Constraint
	Slicing     *Slicing
	Slices      []*Node
	Children    []*Node

	structure *fhir.Structure // of the values; nil when there may be several
	opened    bool            // Children has what the profile of its type says
	short     bool            // Types are those that this differential names in short
}

// Type is a type that an element may have, with the profiles that its values
// (or what its references lead to) have to meet, one of them at least.
type Type struct {
	Code     string
	Profiles []string
	Targets  []string
}

// Binding names a value set; Strength is "" where nothing is said.
type Binding struct{ Strength, ValueSet string }

// Constraint is a condition in FHIRPath.
type Constraint struct{ Key, Severity, Human, Expression string }

// Slicing says how the values of an element are told apart
// (https://hl7.org/fhir/R4/profiling.html#slicing).
type Slicing struct {
	Discriminators []Discriminator
	Rules          string // open, closed, openAtEnd
	Ordered        bool
}

// Discriminator is one way to tell slices apart.
type Discriminator struct{ Type, Path string }

// Says tells whether the node holds anything to check values against.
func (n *Node) Says() bool {
	return n.Min > 0 || n.Max != Unset || n.Types != nil || n.Fixed != nil || n.Pattern != nil ||
		n.MaxLength > 0 || n.Least != nil || n.Most != nil || n.Binding.Strength != "" ||
		n.Constraints != nil || n.Slices != nil || n.Children != nil
}

// Tells tells whether the node holds something that values can be told apart by.
func (n *Node) Tells() bool {
	if n.Fixed != nil || n.Pattern != nil || n.Binding.Strength == "required" {
		return true
	}
	for _, c := range n.Children {
		if c.Tells() {
			return true
		}
	}
	for _, s := range n.Slices {
		if s.Min > 0 && s.Tells() {
			return true
		}
	}
	return false
}

// Child finds what is said of an element below; nil for nothing.
func (n *Node) Child(name string) *Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// SliceNamed finds a slice; nil when there is none.
func (n *Node) SliceNamed(name string) *Node {
	for _, s := range n.Slices {
		if s.Slice == name {
			return s
		}
	}
	return nil
}

// clone copies the tree, so that a derived profile can add to it.
func (n *Node) clone() *Node {
	out := *n
	out.short = false
	out.Constraints = append([]Constraint(nil), n.Constraints...)
	out.Slices, out.Children = cloneAll(n.Slices), cloneAll(n.Children)
	if n.Slicing != nil {
		s := *n.Slicing
		out.Slicing = &s
	}
	return &out
}

func cloneAll(nodes []*Node) []*Node {
	var out []*Node
	for _, n := range nodes {
		out = append(out, n.clone())
	}
	return out
}

// size counts the nodes of the tree.
func (n *Node) size() int {
	total := 1
	for _, list := range [...][]*Node{n.Slices, n.Children} {
		for _, c := range list {
			total += c.size()
		}
	}
	return total
}

func newNode(id, name string) *Node { return &Node{ID: id, Name: name, Min: Unset, Max: Unset} }
