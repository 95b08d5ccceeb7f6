package profile

import (
	"strings"

	"concord/standard/fhir"
)

// maker applies the elements of a differential to a tree.
type maker struct {
	profile  *Profile
	ids      map[string]string      // the id last given to a path
	modifier bool                   // the root says that it modifies
	size     int                    // of the tree, in nodes
	typed    func(url string) *Node // the tree of a type's profile, or nil
}

// Bounds of what one profile may say.
const (
	maxPath  = 40
	maxNodes = 20_000
)

func (m *maker) element(e *fhir.Value) {
	path := e.StrAt("path")
	if path == "" || m.size > maxNodes {
		return
	}
	id := m.idOf(e, path)
	m.note(path, id)
	steps := strings.Split(id, ".")
	if steps[0] != m.profile.Type || len(steps) > maxPath {
		return
	}
	n := m.profile.Root
	for _, s := range steps[1:] {
		if n = m.step(n, s); n == nil {
			return
		}
	}
	if n == m.profile.Root {
		m.modifier = m.modifier || e.Get("isModifier").Bool()
	}
	n.apply(e)
}

// idOf is the id of an element as the specification forms it: the path with the
// names of slices. One that does not fit its path is formed anew.
// (https://hl7.org/fhir/R4/elementdefinition.html#id)
func (m *maker) idOf(e *fhir.Value, path string) string {
	if id := e.StrAt("id"); fits(id, path) {
		return id
	}
	id := path
	if i := strings.LastIndexByte(path, '.'); i > 0 {
		id = m.known(path[:i]) + path[i:]
	}
	if slice := e.StrAt("sliceName"); slice != "" {
		id += ":" + slice
	}
	return id
}

// known is the id that stands for a path at this point of the differential.
func (m *maker) known(path string) string {
	if id, ok := m.ids[path]; ok {
		return id
	}
	if i := strings.LastIndexByte(path, '.'); i > 0 {
		return m.known(path[:i]) + path[i:]
	}
	return path
}

// note remembers the id, and forgets those below it: they were another slice's.
func (m *maker) note(path, id string) {
	old, known := m.ids[path]
	if old == id {
		return
	}
	for p := range m.ids {
		if known && strings.HasPrefix(p, path+".") {
			delete(m.ids, p)
		}
	}
	m.ids[path] = id
}

func fits(id, path string) bool {
	ids, names := strings.Split(id, "."), strings.Split(path, ".")
	if len(ids) != len(names) {
		return false
	}
	for i := range ids {
		name, _, _ := strings.Cut(ids[i], ":")
		choice, isChoice := strings.CutSuffix(name, "[x]")
		if name != names[i] && !(isChoice && strings.HasPrefix(names[i], choice)) {
			return false
		}
	}
	return true
}

// step goes to the node of a step such as "identifier:nhsNumber", "value[x]" or
// "valueQuantity", and makes it when it is not there.
func (m *maker) step(n *Node, text string) *Node {
	m.open(n)
	name, slice, _ := strings.Cut(text, ":")
	name, choice := strings.CutSuffix(name, "[x]")
	if s := n.structure; s != nil {
		e := elementOf(s, name)
		if e == nil {
			// valueQuantity is short for value[x] that is a Quantity.
			slot, ok := s.Slot(name)
			if !ok || slice != "" && slice != name {
				return nil
			}
			c := m.child(n, slot.Element.Name, true)
			c.only(slot.Type.Name)
			return m.slice(c, name)
		}
		choice = e.Choice
	}
	c := m.child(n, name, choice)
	if slice == "" {
		return c
	}
	return m.slice(c, slice)
}

// open brings in what the profile of the node's type says of its parts: a
// differential that goes on below adds to that.
func (m *maker) open(n *Node) {
	if n.opened || len(n.Types) != 1 || len(n.Types[0].Profiles) != 1 {
		return
	}
	n.opened = true
	root := m.typed(n.Types[0].Profiles[0])
	if root == nil {
		return
	}
	for _, c := range root.Children {
		if n.Child(c.Name) == nil && m.size < maxNodes {
			n.Children = append(n.Children, m.copied(c))
		}
	}
}

func elementOf(s *fhir.Structure, name string) *fhir.Element {
	for i := range s.Elements {
		if s.Elements[i].Name == name {
			return &s.Elements[i]
		}
	}
	return nil
}

func (m *maker) copied(n *Node) *Node {
	m.size += n.size()
	return n.clone()
}

func (m *maker) copiedAll(nodes []*Node) []*Node {
	var out []*Node
	for _, n := range nodes {
		if m.size < maxNodes {
			out = append(out, m.copied(n))
		}
	}
	return out
}

func (m *maker) child(n *Node, name string, choice bool) *Node {
	if c := n.Child(name); c != nil {
		return c
	}
	id := n.ID + "." + name
	if choice {
		id += "[x]"
	}
	c := newNode(id, name)
	c.Choice = choice
	if n.structure != nil {
		if e := elementOf(n.structure, name); e != nil && len(e.Types) == 1 {
			c.structure = e.Types[0]
		}
	}
	m.size++
	n.Children = append(n.Children, c)
	return c
}

// slice goes to a slice; "a/b" is the slice b of the slice a.
func (m *maker) slice(n *Node, name string) *Node {
	if outer, _, nested := strings.Cut(name, "/"); nested && n.SliceNamed(outer) != nil {
		return m.subslice(n.SliceNamed(outer), name)
	}
	if s := n.SliceNamed(name); s != nil {
		return s
	}
	s := newNode(n.ID+":"+name, n.Name)
	s.Choice, s.Slice, s.structure = n.Choice, name, n.structure
	// What is said of the parts of every value is said of the slice's too; it may
	// be what tells the slice apart.
	s.Children = m.copiedAll(n.Children)
	if n.Choice {
		if typ := typeNamed(n.Name, name); typ != "" {
			s.Types = []Type{{Code: typ}}
			s.structure = fhir.StructureOf(typ)
		}
	}
	m.size++
	n.Slices = append(n.Slices, s)
	return s
}

func (m *maker) subslice(n *Node, name string) *Node {
	if s := n.SliceNamed(name); s != nil {
		return s
	}
	s := newNode(n.ID+"/"+name, n.Name)
	s.Slice, s.structure, s.Children = name, n.structure, m.copiedAll(n.Children)
	m.size++
	n.Slices = append(n.Slices, s)
	return s
}

// typeNamed is the type that a slice name such as "valueQuantity" tells.
func typeNamed(element, slice string) string {
	rest, ok := strings.CutPrefix(slice, element)
	if !ok || rest == "" {
		return ""
	}
	if fhir.StructureOf(rest) != nil {
		return rest
	}
	if rest = strings.ToLower(rest[:1]) + rest[1:]; fhir.StructureOf(rest) != nil {
		return rest
	}
	return ""
}
