package access

import "strings"

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
