package fhirapi

import (
	"net/http"
	"strings"

	"concord/record"
)

// preference is what a request prefers, "" when it does not say: the value, or the
// name itself of one that has none (https://www.rfc-editor.org/rfc/rfc7240#section-2).
// The first that is said
// counts; a semicolon, which clients put between preferences too, parts them as a
// comma does.
func preference(r *http.Request, name string) string {
	for _, line := range r.Header.Values("Prefer") {
		for _, part := range strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' }) {
			said, value, valued := strings.Cut(strings.TrimSpace(part), "=")
			if !strings.EqualFold(strings.TrimSpace(said), name) {
				continue
			}
			if value = strings.Trim(strings.TrimSpace(value), `"`); valued && value != "" {
				return value
			}
			return name
		}
	}
	return ""
}

func wantsAsync(r *http.Request) bool { return preference(r, "respond-async") != "" }

// prefer is the return preference of a write.
func prefer(r *http.Request) string {
	if v := preference(r, "return"); v != "" {
		return v
	}
	return "representation"
}

// lenient tells whether unknown search parameters are left out: as the request
// prefers, else as the client is registered.
func lenient(r *http.Request, e *record.Errand) bool {
	switch preference(r, "handling") {
	case "lenient":
		return true
	case "strict":
		return false
	}
	return e.Who().Lenient
}

// saysReturn tells whether a request says what it prefers to be returned.
func saysReturn(r *http.Request) bool { return preference(r, "return") != "" }
