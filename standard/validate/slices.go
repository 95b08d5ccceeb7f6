package validate

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/validate/pack"
	"concord/standard/validate/profile"
)

// slices sorts the values of an element into its slices, and holds each slice
// against what is said of it (https://hl7.org/fhir/R4/profiling.html#slicing).
func (c *check) slices(n *profile.Node, list []instance) {
	members := make([][]instance, len(n.Slices))
	last, tail := -1, false
	for _, in := range list {
		if c.done() {
			return
		}
		c.at(n, in)
		i := c.sliceOf(n, in)
		if i < 0 {
			c.unsliced(n, in)
			tail = true
			continue
		}
		switch {
		case tail && n.Slicing != nil && n.Slicing.Rules == "openAtEnd":
			c.report(RuleSlice, "what belongs to no slice comes last")
		case n.Slicing != nil && n.Slicing.Ordered && i < last:
			c.report(RuleSlice, "the slices of the profile come in its order")
		}
		last = max(last, i)
		members[i] = append(members[i], in)
	}
	for i, s := range n.Slices {
		c.whole()
		c.count(s, len(members[i]))
		for _, in := range members[i] {
			c.at(n, in)
			c.conform(s, in)
		}
		if s.Slices != nil {
			c.slices(s, members[i])
		}
	}
}

// unsliced judges a value that belongs to no slice.
func (c *check) unsliced(n *profile.Node, in instance) {
	if n.Slicing != nil && n.Slicing.Rules == "closed" {
		c.report(RuleSlice, "the profile allows only its slices here")
		return
	}
	// A relative url has its meaning from the extension around it alone.
	if url := in.value.StrAt("url"); n.Name == "extension" && url != "" && strings.IndexByte(url, ':') < 0 {
		c.report(RuleExtension, "the definition of the extension has no such part")
	}
}

// sliceOf finds the slice that a value belongs to, or -1.
func (c *check) sliceOf(n *profile.Node, in instance) int {
	discriminators := discriminatorsOf(n)
	for i, s := range n.Slices {
		if c.belongs(discriminators, s, in) {
			return i
		}
	}
	return -1
}

// discriminatorsOf are those said, or those that are always meant: extensions
// are told apart by url, choices by type.
func discriminatorsOf(n *profile.Node) []profile.Discriminator {
	switch {
	case n.Slicing != nil && len(n.Slicing.Discriminators) > 0:
		return n.Slicing.Discriminators
	case n.Name == "extension" || n.Name == "modifierExtension":
		return []profile.Discriminator{{Type: "value", Path: "url"}}
	case n.Choice:
		return []profile.Discriminator{{Type: "type", Path: "$this"}}
	}
	return nil
}

// belongs tells whether a value is of a slice. Without a discriminator, what
// meets the slice belongs to it.
func (c *check) belongs(discriminators []profile.Discriminator, s *profile.Node, in instance) bool {
	if len(discriminators) == 0 {
		return s.Says() && c.quietly(func() { c.conform(s, in) })
	}
	for _, d := range discriminators {
		if !c.discriminate(d, s, in) {
			return false
		}
	}
	return true
}

// discriminate applies one discriminator.
func (c *check) discriminate(d profile.Discriminator, s *profile.Node, in instance) bool {
	if d.Path == "url" && in.typ != nil && in.typ.Name == "Extension" {
		if url := extensionURL(s); url != "" {
			return in.value.StrAt("url") == url
		}
	}
	steps, ok := parsePath(d.Path)
	if !ok {
		return false
	}
	nodes, values := []*profile.Node{s}, []instance{in}
	for _, st := range steps {
		nodes, values = c.descend(nodes, st), c.follow(values, st)
	}
	switch d.Type {
	case "exists":
		return existsAs(nodes, len(values) > 0)
	case "type":
		return anyInstance(values, func(v instance) bool { return typeAmong(nodes, v) })
	case "profile":
		return anyInstance(values, func(v instance) bool { return c.profileAmong(nodes, v) })
	}
	for _, n := range nodes {
		if n.Tells() && !anyInstance(values, func(v instance) bool { return c.told(n, v) == yes }) {
			return false
		}
	}
	return anyTells(nodes)
}

func anyTells(nodes []*profile.Node) bool {
	for _, n := range nodes {
		if n.Tells() {
			return true
		}
	}
	return false
}

// told says whether a value has what a node's values are told apart by.
type told uint8

const (
	neither told = iota // nothing that speaks for or against it
	yes
	no
)

// told looks at fixed values, patterns and required codes only: a value may be
// of a slice and wrong in other ways.
func (c *check) told(n *profile.Node, v instance) told {
	answer := neither
	if n.Fixed != nil || n.Pattern != nil {
		if n.Fixed != nil && !fhir.Equal(n.Fixed, v.value) || n.Pattern != nil && !matches(n.Pattern, v.value) {
			return no
		}
		answer = yes
	}
	if b := n.Binding; b.Strength == "required" && b.ValueSet != "" && v.typ != nil && codable[v.typ.Name] {
		if c.judge(&binding{valueSet: b.ValueSet, required: true}, v.typ.Name, v.value) == pack.Out {
			return no
		}
		answer = yes
	}
	for _, child := range n.Children {
		switch c.partTold(child, gather(v, child.Name)) {
		case no:
			return no
		case yes:
			answer = yes
		}
	}
	return answer
}

// partTold: one of several values is enough; an optional one may be absent.
func (c *check) partTold(child *profile.Node, values []instance) told {
	if !child.Tells() {
		return neither
	}
	if len(values) == 0 {
		if child.Min > 0 {
			return no
		}
		return neither
	}
	for _, s := range child.Slices {
		if s.Min > 0 && s.Tells() && !anyInstance(values, func(v instance) bool { return c.told(s, v) == yes }) {
			return no
		}
	}
	if !anyInstance(values, func(v instance) bool { return c.told(child, v) != no }) {
		return no
	}
	return yes
}

// extensionURL is the url that a slice of extensions stands for: the one that
// it fixes, that of its profile, or else its own name, as parts of an extension
// are named.
func extensionURL(s *profile.Node) string {
	if u := s.Child("url"); u != nil && u.Fixed != nil {
		return u.Fixed.Str()
	}
	for _, t := range s.Types {
		if len(t.Profiles) > 0 {
			return unversioned(t.Profiles[0])
		}
	}
	return s.Slice
}

func anyInstance(values []instance, f func(instance) bool) bool {
	for _, v := range values {
		if f(v) {
			return true
		}
	}
	return false
}

func existsAs(nodes []*profile.Node, exists bool) bool {
	for _, n := range nodes {
		if n.Max == 0 && exists || n.Min > 0 && !exists {
			return false
		}
	}
	return true
}

// typeAmong: the type is one that a node names. A slice that names none cannot
// be told apart by type; nothing belongs to it.
func typeAmong(nodes []*profile.Node, v instance) bool {
	for _, n := range nodes {
		for _, t := range n.Types {
			if isA(v.typ, t.Code) {
				return true
			}
		}
		if n.Types == nil && v.typ != nil && v.typ.Form == fhir.ResourceType && isA(v.typ, n.Name) {
			return true // the root of a profile that a reference is to meet
		}
	}
	return false
}

func (c *check) profileAmong(nodes []*profile.Node, v instance) bool {
	library := c.v.profiles.shelf().library
	for _, n := range nodes {
		for _, t := range n.Types {
			for _, url := range t.Profiles {
				p, err := library.Profile(url)
				if err == nil && v.typ != nil && isA(v.typ, p.Type) && c.quietly(func() { c.conform(p.Root, v) }) {
					return true
				}
			}
		}
		if n.Types == nil && v.typ != nil && isA(v.typ, n.Name) && c.quietly(func() { c.conform(n, v) }) {
			return true
		}
	}
	return false
}
