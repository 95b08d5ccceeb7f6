package pack

import "strings"

// WellFormed answers for the code systems that are a grammar rather than a list:
// what is well formed is a code. The answer is Unknown for any other system.
func WellFormed(system, code string) Answer {
	formed := false
	switch system {
	case "urn:ietf:bcp:13":
		formed = isMediaType(code)
	case "urn:ietf:bcp:47":
		formed = isLanguage(code)
	case "urn:iso:std:iso:4217":
		formed = len(code) == 3 && strings.Trim(code, upper) == ""
	default:
		return Unknown
	}
	if formed {
		return In
	}
	return Out
}

const (
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters = upper + "abcdefghijklmnopqrstuvwxyz"
	token   = letters + "0123456789!#$&-^_.+*'%`|~"
)

// isMediaType: type/subtype, then parameters of any form
// (https://www.rfc-editor.org/rfc/rfc6838#section-4.2), or one of FHIR's short
// forms (https://hl7.org/fhir/R4/http.html#mime-type).
func isMediaType(s string) bool {
	switch s {
	case "xml", "json", "ttl", "none":
		return true
	}
	s, _, _ = strings.Cut(s, ";")
	typ, sub, ok := strings.Cut(strings.TrimSpace(s), "/")
	return ok && typ != "" && sub != "" && strings.Trim(typ, token) == "" && strings.Trim(sub, token) == ""
}

// isLanguage: subtags of up to eight letters and digits, the first of letters
// (https://www.rfc-editor.org/rfc/rfc5646#section-2.1).
func isLanguage(s string) bool {
	for i, sub := range strings.Split(s, "-") {
		if sub == "" || len(sub) > 8 || strings.Trim(sub, letters+"0123456789") != "" {
			return false
		}
		if i == 0 && (len(sub) < 2 && sub != "x" && sub != "i" || strings.Trim(sub, letters) != "") {
			return false
		}
	}
	return true
}
