package fhirpath

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"strings"
	"unicode/utf8"
)

// Encodings and escapes (http://hl7.org/fhirpath/#additional-string-functions).
// What cannot be decoded, or an encoding that is not known, gives an empty
// result.

func encode(m *machine, c call) error { return m.recode(c, encoded) }
func decode(m *machine, c call) error { return m.recode(c, decoded) }

func escape(m *machine, c call) error   { return m.recode(c, escaped) }
func unescape(m *machine, c call) error { return m.recode(c, unescaped) }

func (m *machine) recode(c call, change func(s, how string) (string, bool)) error {
	s, how, ok, err := texts(m, c)
	if err != nil || !ok {
		return err
	}
	out, ok := change(s, how)
	if !ok || !utf8.ValidString(out) {
		return nil
	}
	return m.pushText(out)
}

func encoded(s, how string) (string, bool) {
	switch how {
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(s)), true
	case "urlbase64":
		return base64.URLEncoding.EncodeToString([]byte(s)), true
	case "hex":
		return hex.EncodeToString([]byte(s)), true
	}
	return "", false
}

func decoded(s, how string) (string, bool) {
	var b []byte
	var err error
	switch how {
	case "base64":
		b, err = base64.StdEncoding.DecodeString(s)
	case "urlbase64":
		b, err = base64.URLEncoding.DecodeString(s)
	case "hex":
		b, err = hex.DecodeString(s)
	default:
		return "", false
	}
	return string(b), err == nil
}

func escaped(s, how string) (string, bool) {
	switch how {
	case "html":
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s), true
	case "json":
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			return "", false
		}
		quoted := strings.TrimSuffix(b.String(), "\n")
		return quoted[1 : len(quoted)-1], true
	}
	return "", false
}

func unescaped(s, how string) (string, bool) {
	switch how {
	case "html":
		return html.UnescapeString(s), true
	case "json":
		var out string
		if json.Unmarshal([]byte(`"`+s+`"`), &out) == nil {
			return out, true
		}
		// A text without escapes may hold bare quotation marks.
		return s, strings.IndexByte(s, '\\') < 0
	}
	return "", false
}
