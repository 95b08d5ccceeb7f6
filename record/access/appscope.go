package access

import (
	"net/url"
	"regexp"
	"strings"

	"concord/fault"
)

// Context says whose data a SMART scope speaks of.
type Context string

// The contexts.
const (
	OfPatient Context = "patient" // of the one patient in context
	OfUser    Context = "user"    // whatever the person who uses the app may see
	OfSystem  Context = "system"  // whatever a backend service may see
)

// AppScope is one SMART v2 scope for clinical data, such as
// patient/Observation.rs?category=laboratory
// (https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html).
type AppScope struct {
	Context Context
	Type    string // "*" = every type
	Can     string // a subset of "cruds", in that order
	Query   string // search parameters that a resource has to match, "" = none
}

// resourceName is the form of a type's name; whether R4 has it is asked where
// the types are known.
var resourceName = regexp.MustCompile(`^[A-Z][A-Za-z]{1,40}$`)

// maxScopeQuery bounds the parameters of one scope.
const maxScopeQuery = 500

// ParseAppScope reads one scope of clinical data. The v1 forms .read, .write
// and .* are read as rs, cud and cruds. Errors: Invalid "access.scope".
func ParseAppScope(word string) (AppScope, error) {
	wrong := func(why string) (AppScope, error) {
		return AppScope{}, fault.New(fault.Invalid, "access.scope", "%s", why)
	}
	context, rest, ok := strings.Cut(word, "/")
	s := AppScope{Context: Context(context)}
	if !ok || s.Context != OfPatient && s.Context != OfUser && s.Context != OfSystem {
		return wrong("a scope begins with patient/, user/ or system/")
	}
	rest, s.Query, ok = strings.Cut(rest, "?")
	if ok && s.Query == "" || len(s.Query) > maxScopeQuery {
		return wrong("what follows the question mark of a scope is search parameters")
	}
	s.Type, s.Can, ok = strings.Cut(rest, ".")
	if !ok || s.Type != "*" && !resourceName.MatchString(s.Type) {
		return wrong("a scope is context/Type.cruds")
	}
	switch s.Can {
	case "read":
		s.Can = "rs"
	case "write":
		s.Can = "cud"
	case "*":
		s.Can = "cruds"
	}
	if !inOrder(s.Can) {
		return wrong("the letters after the dot are some of c r u d s, in that order")
	}
	if s.Query == "" {
		return s, nil
	}
	if form, err := url.ParseQuery(s.Query); err != nil || len(form) == 0 || s.Type == "*" || strings.ContainsAny(s.Query, " \t\r\n") {
		return wrong("the parameters of a scope are a search of one type")
	}
	return s, nil
}

func (s AppScope) String() string {
	text := string(s.Context) + "/" + s.Type + "." + s.Can
	if s.Query != "" {
		text += "?" + s.Query
	}
	return text
}

// Covers tells whether this scope grants all that another asks for. A narrower
// query is covered only by the same query or by none: that one search is a
// part of another is not worked out.
func (s AppScope) Covers(asked AppScope) bool {
	if s.Context != asked.Context || s.Type != "*" && s.Type != asked.Type || s.Query != "" && s.Query != asked.Query {
		return false
	}
	for i := 0; i < len(asked.Can); i++ {
		if strings.IndexByte(s.Can, asked.Can[i]) < 0 {
			return false
		}
	}
	return true
}
