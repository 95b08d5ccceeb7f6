package profile

import (
	"slices"
	"strings"
	"sync"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/validate/pack"
)

// Library makes profiles of the definitions in a pack, each once.
type Library struct {
	pack *pack.Pack
	made sync.Map // canonical → *Profile
}

// NewLibrary is a library of the pack's definitions.
func NewLibrary(p *pack.Pack) *Library { return &Library{pack: p} }

// canonicalBase is where R4's own types and profiles are.
const canonicalBase = "http://hl7.org/fhir/StructureDefinition/"

// maxBases bounds how long a chain of profiles may be.
const maxBases = 32

// Profile finds a profile by canonical URL. A type of R4 is a profile that adds
// nothing.
//
// Errors: NotFound profile.unknown, also for one that it derives from (At names
// which); Invalid profile.circle and profile.type.
func (l *Library) Profile(canonical string) (*Profile, error) { return l.profile(canonical, nil) }

// profile makes a profile for those of the trail, which are being made.
func (l *Library) profile(canonical string, trail []string) (*Profile, error) {
	if p, ok := l.made.Load(canonical); ok {
		return p.(*Profile), nil
	}
	if name, ok := strings.CutPrefix(strings.TrimSuffix(canonical, "|4.0.1"), canonicalBase); ok {
		if s := fhir.StructureOf(name); s != nil {
			root := newNode(name, name)
			root.structure = s
			return &Profile{URL: canonicalBase + name, Type: name, Root: root}, nil
		}
	}
	d := l.pack.Find("StructureDefinition", canonical)
	if d == nil {
		return nil, fault.New(fault.NotFound, "profile.unknown", "no definition of this profile is loaded").In(canonical)
	}
	if len(trail) > maxBases || slices.Contains(trail, canonical) {
		return nil, fault.New(fault.Invalid, "profile.circle", "the profile derives from itself").In(canonical)
	}
	p, err := l.derive(d, append(trail[:len(trail):len(trail)], canonical))
	if err != nil {
		return nil, err
	}
	made, _ := l.made.LoadOrStore(canonical, p)
	return made.(*Profile), nil
}

func (l *Library) derive(d *fhir.Value, trail []string) (*Profile, error) {
	p := &Profile{URL: d.StrAt("url"), Version: d.StrAt("version"), Type: d.StrAt("type")}
	if fhir.StructureOf(p.Type) == nil || d.StrAt("derivation") == "specialization" {
		return nil, fault.New(fault.Invalid, "profile.type", "not a profile of a type of FHIR R4").In(p.URL)
	}
	base, err := l.profile(d.StrAt("baseDefinition"), trail)
	if err != nil {
		return nil, err
	}
	p.Root = base.Root.clone()
	m := maker{profile: p, ids: map[string]string{}, size: p.Root.size(), typed: func(url string) *Node {
		of, err := l.profile(url, trail)
		if err != nil {
			return nil
		}
		return of.Root
	}}
	p.Root.ID, p.Root.Name, p.Root.structure = p.Type, p.Type, fhir.StructureOf(p.Type)
	p.Contexts = base.Contexts
	if list := d.Get("context"); list != nil {
		p.Contexts = nil
		for c := range list.Each() {
			p.Contexts = append(p.Contexts, Context{c.StrAt("type"), c.StrAt("expression")})
		}
	}
	elements := d.Path("differential.element")
	if elements.Len() == 0 {
		elements = d.Path("snapshot.element")
	}
	for e := range elements.Each() {
		m.element(e)
	}
	p.Modifier = base.Modifier || m.modifier
	return p, nil
}
