package search

import (
	"slices"
	"strings"
	"time"

	"concord/standard/fhir"
)

// Subject is what a query is matched against: a resource with what the store
// knows of it beside its body.
type Subject struct {
	Resource *fhir.Value
	ID       string
	Updated  time.Time
	// Home tells that it lies in a record that the query is pinned to.
	Home bool
}

// Match tells whether every clause holds that is about the resource itself;
// linked ones (Clause.Linked) are the caller's to decide.
func (q *Query) Match(s Subject, loc *time.Location) bool {
	for i := range q.Clauses {
		if c := &q.Clauses[i]; !c.Linked() && !c.Match(s, loc) {
			return false
		}
	}
	return true
}

// Match tells whether one clause holds.
func (c *Clause) Match(s Subject, loc *time.Location) bool {
	switch {
	case c.Text != nil:
		return c.Text.match(s.Resource)
	case c.Circle != nil:
		return c.Pinned && s.Home || c.Circle.match(s)
	case c.Care != nil:
		return c.Care.match(s.Resource, loc)
	case c.Filter != nil:
		ok, _ := c.Filter.Holds(func(leaf *Clause) (bool, error) { return leaf.Match(s, loc), nil })
		return ok
	}
	if own := c.Param.Name == "_id" || c.Param.Name == "_lastUpdated"; own && c.Modifier == "missing" {
		return !c.Values[0].Missing // every resource has both
	}
	switch c.Param.Name {
	case "_id":
		return slices.ContainsFunc(c.Values, func(v Value) bool { return v.Code == s.ID }) != (c.Modifier == "not")
	case "_lastUpdated":
		shown := s.Updated.Truncate(time.Millisecond) // as meta.lastUpdated has it
		return anyDate([]period{{shown, shown.Add(time.Millisecond)}}, c.Values)
	}
	found := c.Param.values(s.Resource)
	if c.Modifier == "missing" {
		return !c.present(found, s) == c.Values[0].Missing
	}
	return c.holds(found, s, loc)
}

// holds tells whether one of the elements found is what one of the values asks.
func (c *Clause) holds(found []*fhir.Value, s Subject, loc *time.Location) bool {
	switch c.Param.Kind {
	case Token:
		return c.anyToken(found) != (c.Modifier == "not" || c.Modifier == "not-in")
	case Reference:
		return c.anyReference(found, c.Pinned && s.Home)
	case String:
		return c.anyString(found)
	case Date:
		return anyDate(periods(found, loc), c.Values)
	case Number, Quantity:
		return anyNumber(found, c.Values)
	case URI:
		return c.anyURI(found)
	case Composite:
		return c.anyComposite(found, s, loc)
	case Special:
		return slices.ContainsFunc(found, func(f *fhir.Value) bool {
			return slices.ContainsFunc(c.Values, func(v Value) bool { return v.Near != nil && v.Near.holds(f) })
		})
	}
	return false
}

// present tells whether a parameter has a value: a composite, whether an element has
// each of its parts.
func (c *Clause) present(found []*fhir.Value, s Subject) bool {
	return slices.ContainsFunc(found, func(f *fhir.Value) bool {
		return !slices.ContainsFunc(c.Param.Parts, func(part Component) bool { return len(part.Param.values(part.of(f, s))) == 0 })
	})
}

// of is where the paths of a part start.
func (part Component) of(element *fhir.Value, s Subject) *fhir.Value {
	if part.Root {
		return s.Resource
	}
	return element
}

// anyComposite: the parts of a value must hold for the same element.
func (c *Clause) anyComposite(found []*fhir.Value, s Subject, loc *time.Location) bool {
	for _, f := range found {
		for _, v := range c.Values {
			every := true
			for i, part := range c.Param.Parts {
				one := Clause{Param: part.Param, Values: v.Parts[i : i+1], terms: c.terms}
				if every = one.holds(part.Param.values(part.of(f, s)), s, loc); !every {
					break
				}
			}
			if every {
				return true
			}
		}
	}
	return false
}

func (c *Clause) anyReference(found []*fhir.Value, home bool) bool {
	for _, f := range found {
		if c.Modifier == "identifier" {
			if id := f.Get("identifier"); id != nil && anyTokenValue(tokensOf(id), c.Values) {
				return true
			}
			continue
		}
		ref := referenceOf(f)
		if ref == "" {
			continue
		}
		if home && isPatientRef(ref, f.StrAt("type")) {
			return true
		}
		for _, v := range c.Values {
			if c.Modifier == unequal {
				if !c.Param.named(v, ref) {
					return true
				}
				continue
			}
			if c.Param.named(v, ref) || canonicalNamed(f, c.Modifier, v.Text, ref) {
				return true
			}
		}
	}
	return false
}

// referenceOf is the literal or canonical reference of an element; a resource
// in place of a reference (Bundle.entry.resource) is named by its id.
func referenceOf(f *fhir.Value) string {
	if f.Kind() == fhir.String {
		return f.Str()
	}
	if ref := f.StrAt("reference"); ref != "" {
		return ref
	}
	if typ := f.Type(); typ != "" && f.ID() != "" {
		return typ + "/" + f.ID()
	}
	return ""
}

// canonicalNamed compares canonicals: one asked for without version names
// every version; :below and :above compare the versions' beginnings
// (https://hl7.org/fhir/R4/search.html#canonical).
func canonicalNamed(f *fhir.Value, modifier, want, have string) bool {
	if f.Kind() != fhir.String {
		return false
	}
	url, version, _ := strings.Cut(have, "|")
	wantURL, wantVersion, versioned := strings.Cut(want, "|")
	if url != wantURL {
		return false
	}
	switch modifier {
	case "below":
		return strings.HasPrefix(version, wantVersion)
	case "above":
		return strings.HasPrefix(wantVersion, version)
	}
	return !versioned || version == wantVersion
}

func (c *Clause) anyString(found []*fhir.Value) bool {
	for _, f := range found {
		if texts := stringsOf(f); c.sounding() {
			whole := strings.Join(texts, " ")
			if slices.ContainsFunc(c.Values, func(v Value) bool { return sounds(whole, v.Text) }) {
				return true
			}
			continue
		}
		for _, text := range stringsOf(f) {
			if slices.ContainsFunc(c.Values, func(v Value) bool { return holdsText(c.Modifier, text, v.Text) }) {
				return true
			}
		}
	}
	return false
}

// holdsText compares folded texts. What folds to nothing, such as a lone dash,
// would be a part of every text: it is compared as it was written.
func holdsText(modifier, text, want string) bool {
	if modifier == "exact" {
		return text == want
	}
	if folded := Fold(want); folded != "" || want == "" {
		text, want = Fold(text), folded
	} else {
		text, want = strings.ToLower(text), strings.ToLower(want)
	}
	switch modifier {
	case "contains":
		return strings.Contains(text, want)
	case "=eq":
		return text == want
	case unequal:
		return text != want
	case "=ew":
		return strings.HasSuffix(text, want)
	}
	return strings.HasPrefix(text, want)
}

// anyURI compares exactly; :below finds what lies under a URI, :above what it
// lies under (https://hl7.org/fhir/R4/search.html#uri).
func (c *Clause) anyURI(found []*fhir.Value) bool {
	for _, f := range found {
		have := f.Str()
		for _, v := range c.Values {
			switch c.Modifier {
			case "below":
				if under(have, v.Text) {
					return true
				}
			case "above":
				if under(v.Text, have) {
					return true
				}
			case unequal:
				if have != v.Text {
					return true
				}
			case "contains", "=ew", "=sw":
				if holdsText(c.Modifier, have, v.Text) {
					return true
				}
			default:
				if have == v.Text {
					return true
				}
			}
		}
	}
	return false
}

// under tells whether a URI is another or lies below it, at a boundary of its
// path.
func under(uri, above string) bool {
	rest, ok := strings.CutPrefix(uri, above)
	return ok && above != "" && (rest == "" || strings.HasSuffix(above, "/") || rest[0] == '/')
}
