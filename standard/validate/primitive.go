package validate

import (
	"strconv"
	"strings"

	"concord/standard/fhir"
)

// maxString is the most characters that a string may have
// (https://hl7.org/fhir/R4/datatypes.html#string); bytes are counted, which is
// stricter only for texts of a megabyte.
const maxString = 1 << 20

// primitive checks the JSON kind and the form of a primitive value.
// (https://hl7.org/fhir/R4/datatypes.html#primitive)
func (c *check) primitive(slot fhir.Slot, v *fhir.Value) {
	t := slot.Type
	if v.Kind() != t.JSON {
		c.report(RuleType, "a "+t.Name+" is a JSON "+t.JSON.String()+", this is "+v.Kind().String())
		return
	}
	switch t.JSON {
	case fhir.Number:
		if !numberFits(t.Name, v.Raw()) {
			c.report(RulePrimitive, "this is no valid "+t.Name)
		}
		return
	case fhir.Bool:
		return
	}
	raw := v.Raw()
	if raw == `""` {
		c.report(RuleEmpty, "a string may not be empty")
		return
	}
	switch t.Name {
	case "string", "markdown":
		if len(raw) > maxString || hasControl(raw) {
			c.report(RulePrimitive, "this is no valid "+t.Name)
		}
		return
	case "xhtml":
		c.narrative(v.Str())
		return
	}
	s := v.Str()
	if !textFits(t.Name, s) {
		c.report(RulePrimitive, "this is no valid "+t.Name)
		return
	}
	if set := c.v.bindings[slot.Element.Number]; set != nil {
		if !set.all[s] {
			c.report(RuleCode, "the value set "+set.name+" requires one of its codes")
		}
		return
	}
	c.bound(slot, v)
}

func textFits(typ, s string) bool {
	switch typ {
	case "code":
		return isCode(s)
	case "id":
		return fhir.ValidID(s)
	case "uri", "url", "canonical":
		return isURI(s)
	case "dateTime":
		return isDateTime(s)
	case "date":
		return isDate(s)
	case "instant":
		return isInstant(s)
	case "time":
		return isTime(s)
	case "base64Binary":
		return isBase64(s)
	case "oid":
		return isOID(s)
	case "uuid":
		return isUUID(s)
	}
	return true
}

func numberFits(typ, raw string) bool {
	if typ == "decimal" {
		return true // every JSON number is one
	}
	if strings.ContainsAny(raw, ".eE") || raw == "-0" {
		return false
	}
	n, err := strconv.ParseInt(raw, 10, 32)
	switch typ {
	case "positiveInt":
		return err == nil && n > 0
	case "unsignedInt":
		return err == nil && n >= 0
	}
	return err == nil
}

// hasControl finds control characters other than tab, line feed and carriage
// return. In JSON text they can stand only as \u escapes, or as \b and \f.
func hasControl(raw string) bool {
	for {
		i := strings.IndexByte(raw, '\\')
		if i < 0 || i+1 >= len(raw) {
			return false
		}
		switch raw[i+1] {
		case 'b', 'f':
			return true
		case 'u':
			if hex := raw[i+2 : min(i+6, len(raw))]; hex < "0020" {
				switch strings.ToLower(hex) {
				case "0009", "000a", "000d":
				default:
					return true
				}
			}
		}
		raw = raw[i+2:]
	}
}

// isCode: no space at either end, and only single spaces inside.
func isCode(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return false
		case isSpace(c) && (i == 0 || i == len(s)-1 || isSpace(s[i-1])):
			return false
		}
	}
	return s != ""
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isURI: no white space; the forms of urn:oid: and urn:uuid: are held to their
// own rules.
func isURI(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' {
			return false
		}
	}
	switch {
	case strings.HasPrefix(s, "urn:oid:"):
		return isOID(s)
	case strings.HasPrefix(s, "urn:uuid:"):
		return isUUID(strings.ToLower(s))
	}
	return s != ""
}

func isOID(s string) bool {
	s, ok := strings.CutPrefix(s, "urn:oid:")
	arcs := strings.Split(s, ".")
	if !ok || len(arcs) < 2 || arcs[0] < "0" || arcs[0] > "2" || len(arcs[0]) != 1 {
		return false
	}
	for _, a := range arcs[1:] {
		if a == "" || len(a) > 1 && a[0] == '0' || strings.Trim(a, "0123456789") != "" {
			return false
		}
	}
	return true
}

func isUUID(s string) bool {
	s, ok := strings.CutPrefix(s, "urn:uuid:")
	if !ok || len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'f') {
				return false
			}
		}
	}
	return true
}

// isBase64 reads RFC 4648 with padding; white space may stand anywhere.
func isBase64(s string) bool {
	n, pad := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isSpace(c):
			continue
		case c == '=':
			pad++
		case pad > 0 || !isDigit(c) && !isLetter(c) && c != '+' && c != '/':
			return false
		}
		n++
	}
	return n > 0 && n%4 == 0 && pad <= 2
}
