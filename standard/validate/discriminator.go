package validate

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/validate/profile"
)

// pathStep is one step of a discriminator's path
// (https://hl7.org/fhir/R4/profiling.html#discriminator).
type pathStep struct {
	name string // of an element, or "resolve", "ofType", "extension"
	call bool
	arg  string
}

// parsePath reads the part of FHIRPath that discriminators may use.
func parsePath(path string) ([]pathStep, bool) {
	var out []pathStep
	for path != "" {
		i := strings.IndexAny(path, ".(")
		var name string
		switch {
		case i < 0:
			name, path = path, ""
		case path[i] == '.':
			name, path = path[:i], path[i+1:]
		default:
			end := strings.IndexByte(path, ')')
			if end < i {
				return nil, false
			}
			st := pathStep{name: strings.TrimSpace(path[:i]), call: true, arg: strings.Trim(path[i+1:end], " '\"")}
			path = strings.TrimPrefix(path[end+1:], ".")
			if st.name == "as" {
				st.name = "ofType"
			}
			if st.name != "resolve" && st.name != "ofType" && st.name != "extension" {
				return nil, false
			}
			out = append(out, st)
			continue
		}
		if name = strings.TrimSuffix(strings.TrimSpace(name), "[x]"); name != "$this" && name != "" {
			out = append(out, pathStep{name: name})
		}
	}
	return out, true
}

// follow takes a step from values.
func (c *check) follow(values []instance, st pathStep) []instance {
	var out []instance
	for _, v := range values {
		switch {
		case v.typ == nil:
		case !st.call:
			out = append(out, gather(v, st.name)...)
		case st.name == "resolve":
			ref := v.value.Str()
			if v.typ.Name == "Reference" {
				ref = v.value.Get("reference").Str()
			}
			if r := c.resolve(ref); r.Kind() == fhir.Object {
				out = append(out, instance{value: r, typ: fhir.StructureOf(r.Type()), index: -1})
			} else if typ := c.leadsTo(v.value); typ != "" {
				// What cannot be had is known by its type alone.
				out = append(out, instance{value: fhir.Obj("resourceType", typ), typ: fhir.StructureOf(typ), index: -1})
			}
		case st.name == "ofType":
			if isA(v.typ, st.arg) {
				out = append(out, v)
			}
		default:
			for _, e := range gather(v, "extension") {
				if e.value.StrAt("url") == st.arg {
					out = append(out, e)
				}
			}
		}
	}
	return out
}

// descend takes the same step in what the profile says, and in the profiles of
// types on the way.
func (c *check) descend(nodes []*profile.Node, st pathStep) []*profile.Node {
	var out []*profile.Node
	for _, n := range c.withProfiles(nodes) {
		switch {
		case !st.call:
			if child := n.Child(st.name); child != nil {
				out = append(out, child)
			}
		case st.name == "resolve":
			out = append(out, c.targets(n)...)
		case st.name == "ofType":
			out = append(out, n)
			for _, s := range n.Slices {
				if len(s.Types) == 1 && s.Types[0].Code == st.arg {
					out = append(out, s)
				}
			}
		default:
			if child := n.Child("extension"); child != nil {
				for _, s := range child.Slices {
					if extensionURL(s) == st.arg {
						out = append(out, c.withProfiles([]*profile.Node{s})...)
					}
				}
			}
		}
	}
	return out
}

// withProfiles adds the trees of the profiles that the nodes' types name.
func (c *check) withProfiles(nodes []*profile.Node) []*profile.Node {
	library := c.v.profiles.shelf().library
	out := append([]*profile.Node(nil), nodes...)
	for _, n := range nodes {
		for _, t := range n.Types {
			for _, url := range t.Profiles {
				if p, err := library.Profile(url); err == nil {
					out = append(out, p.Root)
				}
			}
		}
	}
	return out
}

// targets are the trees of the profiles that a reference may lead to.
func (c *check) targets(n *profile.Node) []*profile.Node {
	library := c.v.profiles.shelf().library
	var out []*profile.Node
	for _, t := range n.Types {
		for _, url := range t.Targets {
			if p, err := library.Profile(url); err == nil {
				out = append(out, p.Root)
			}
		}
	}
	return out
}
