package access

import (
	"iter"
	"slices"
	"strings"
)

// Limits are what an app is held to that acts for somebody, beside that
// person's own rights: it may do what both allow.
type Limits struct {
	App     string // client id
	Grant   string // what was granted to it; "" = a backend service
	Scopes  []AppScope
	Patient string // id of the person in context, "" = none
}

// of are the scopes that grant a letter of cruds.
func (l *Limits) of(letter byte) []AppScope {
	var out []AppScope
	for _, x := range l.Scopes {
		// Without a patient in context a scope of the patient opens nothing.
		if strings.IndexByte(x.Can, letter) >= 0 && (x.Context != OfPatient || l.Patient != "") {
			out = append(out, x)
		}
	}
	return out
}

// ForService makes of a backend service's scopes those of a client, and the limits
// beside them where a scope has parameters; nil = the scopes say it all.
func ForService(app string, scopes []AppScope) (Scopes, *Limits) {
	var out Scopes
	narrow := false
	for _, x := range scopes {
		if x.Context != OfSystem {
			continue
		}
		out = append(out, Scope{Type: x.Type, Can: x.Can})
		narrow = narrow || x.Query != ""
	}
	if !narrow {
		return out, nil
	}
	return out, &Limits{App: app, Scopes: scopes}
}

// limit holds a filter to an app's scopes for an action; false for one that no
// scope can grant, such as reading the audit log.
func (f *Filter) limit(l *Limits, act Action) bool {
	letter, ok := act.letter()
	if !ok || act == Export {
		return false
	}
	f.limited, f.letter, f.scopes = true, letter, l.of(letter)
	f.scoped, f.types = true, nil
	f.all = slices.ContainsFunc(f.scopes, func(x AppScope) bool { return x.Type == "*" })
	return true
}

// Limited tells that an app's scopes decide on each document too.
func (f Filter) Limited() bool { return f.limited }

// Scopes are the app's scopes that speak of a type, for the action that was
// decided on.
func (f *Filter) Scopes(typ string) iter.Seq[AppScope] {
	return func(yield func(AppScope) bool) {
		for _, x := range f.scopes {
			if (x.Type == "*" || x.Type == typ) && !yield(x) {
				return
			}
		}
	}
}

// names tells whether one of the app's scopes names a type.
func (f *Filter) names(typ string) bool {
	return slices.ContainsFunc(f.scopes, func(x AppScope) bool { return x.Type == typ })
}

// Reads tells that the action decided on changes nothing.
func (f Filter) Reads() bool { return f.letter == 'r' || f.letter == 's' }

// Bound tells that of a type nothing outside the record of the patient in
// context can pass.
func (f Filter) Bound(typ string) bool {
	if !f.limited || KindOf(typ) == Directory {
		return false
	}
	for x := range f.Scopes(typ) {
		if x.Context != OfPatient {
			return false
		}
	}
	return true
}
