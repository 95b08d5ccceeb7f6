package access

import (
	"sort"
	"strings"
)

// Filter says which resources may be seen or written. It is a list of
// searches, one per resource type ("Patient?", "*?"); a resource passes when
// one of them matches. The zero Filter lets nothing pass.
type Filter struct {
	all   bool
	types map[string]bool
}

// Everything lets every resource pass.
func Everything() Filter { return Filter{all: true} }

// Nothing lets no resource pass.
func Nothing() Filter { return Filter{} }

// Only lets the named types pass.
func Only(types ...string) Filter {
	f := Filter{types: make(map[string]bool, len(types))}
	for _, t := range types {
		f.types[t] = true
	}
	return f
}

func byScope(s Scopes, letter byte) Filter {
	var types []string
	for _, x := range s {
		if strings.IndexByte(x.Can, letter) < 0 {
			continue
		}
		if x.Type == "*" {
			return Everything()
		}
		types = append(types, x.Type)
	}
	return Only(types...)
}

// Type tells whether any resource of the type may pass.
func (f Filter) Type(typ string) bool { return f.all || f.types[typ] }

// Searches writes the filter in the search language.
func (f Filter) Searches() []string {
	if f.all {
		return []string{"*?"}
	}
	out := make([]string, 0, len(f.types))
	for t := range f.types {
		out = append(out, t+"?")
	}
	sort.Strings(out)
	return out
}
