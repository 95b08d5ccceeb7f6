package validate

import (
	"io/fs"
	"strings"
	"sync"

	"concord/standard/fhir"
	"concord/standard/validate/pack"
	"concord/standard/validate/profile"
)

// Profiles are the profiles, extensions, value sets and code systems of
// implementation guides, on top of R4's own.
type Profiles struct {
	shelf func() *shelf
}

// shelf is what is made of the definitions as it is needed.
type shelf struct {
	pack    *pack.Pack
	library *profile.Library
	rules   sync.Map // key and source of a constraint → *rule
}

func newShelf(p *pack.Pack) *shelf { return &shelf{pack: p, library: profile.NewLibrary(p)} }

// Load reads implementation guides from folders: see pack.Load for what it
// takes and which errors it gives.
func Load(folders ...fs.FS) (*Profiles, error) {
	p, err := pack.Load(folders...)
	if err != nil {
		return nil, err
	}
	s := newShelf(p)
	return &Profiles{shelf: func() *shelf { return s }}, nil
}

// coreProfiles are those of R4, unpacked when first needed.
func coreProfiles() *Profiles {
	return &Profiles{shelf: sync.OnceValue(func() *shelf { return newShelf(pack.Core()) })}
}

// Definitions gives access to what was loaded, with R4's own below it.
func (p *Profiles) Definitions() *pack.Pack { return p.shelf().pack }

// Of lists the loaded profiles of a resource type by canonical URL, R4's own
// left out.
func (p *Profiles) Of(resourceType string) []string {
	var out []string
	defs := p.Definitions()
	for _, url := range defs.Own("StructureDefinition") {
		d := defs.Find("StructureDefinition", url)
		if d.StrAt("type") == resourceType && d.StrAt("derivation") == "constraint" {
			out = append(out, url)
		}
	}
	return out
}

// Problems lists the loaded profiles that cannot be used, with the reason:
// what they derive from is missing, or is no type of R4.
func (p *Profiles) Problems() map[string]error {
	out := map[string]error{}
	s := p.shelf()
	for _, url := range s.pack.Own("StructureDefinition") {
		if s.pack.Find("StructureDefinition", url).StrAt("derivation") != "constraint" {
			continue
		}
		if _, err := s.library.Profile(url); err != nil {
			out[url] = err
		}
	}
	return out
}

// constraint is the rule that a constraint of a profile makes.
func (s *shelf) constraint(n *profile.Constraint) *rule {
	id := n.Key + "\t" + n.Severity + "\t" + n.Expression
	if r, ok := s.rules.Load(id); ok {
		return r.(*rule)
	}
	r, _ := s.rules.LoadOrStore(id, newRule(n.Key, n.Severity, n.Expression, n.Human))
	return r.(*rule)
}

// named checks a resource against the profiles that it claims
// (https://hl7.org/fhir/R4/resource-definitions.html#Meta.profile).
func (c *check) named(v *fhir.Value) {
	list := v.Path("meta.profile")
	for url := range list.Each() {
		c.claimed(v, url.Str(), "warning")
	}
}

// wanted checks the resource against the profiles that the caller names.
func (c *check) wanted(v *fhir.Value) {
	if v.Kind() != fhir.Object || fhir.R4().Number(v.Type()) == 0 {
		return
	}
	c.resourceAt = v
	if v.Type() == "Bundle" {
		c.bundleAt = v
	}
	for _, url := range c.options.Profiles {
		c.claimed(v, url, c.options.unknownProfiles())
	}
}

// claimed checks a resource against one profile; severity is that of a profile
// that is not known.
func (c *check) claimed(v *fhir.Value, url, severity string) {
	if url == "" || c.done() {
		return
	}
	p, err := c.v.profiles.shelf().library.Profile(url)
	if err != nil {
		c.add(severity, RuleProfile, "the profile "+shown(url)+" cannot be checked: its definition is not loaded")
		return
	}
	if !c.v.profiles.Definitions().HasVersion("StructureDefinition", url) {
		c.add("warning", RuleProfile, "the profile "+url+" is checked in its version "+p.Version)
	}
	if !isA(fhir.StructureOf(v.Type()), p.Type) {
		c.report(RuleProfile, "the profile "+url+" is for "+p.Type)
		return
	}
	c.conform(p.Root, instance{value: v, typ: fhir.StructureOf(v.Type())})
}

// shown is a canonical URL as a text may repeat it: a resource may hold anything
// in its place.
func shown(url string) string {
	if len(url) > 256 || strings.IndexByte(url, ':') <= 0 || !isURI(url) {
		return "that is named"
	}
	return url
}

// isA tells whether a type is another or derives from it.
func isA(s *fhir.Structure, name string) bool {
	for ; s != nil; s = baseOf(s) {
		if s.Name == name {
			return true
		}
	}
	return name == "Element"
}
