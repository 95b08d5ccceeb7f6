package harmonise

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Text is the file, its decisions in order: what changes is seen line by line.
// Words of people are quoted wherever YAML could read them as something else.
func (d *Decisions) Text() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "org: %s\ndecisions:", plainly(d.Org))
	if len(d.List) == 0 {
		b.WriteString(" []")
	}
	b.WriteByte('\n')
	for i := range d.List {
		x := &d.List[i]
		line(&b, "  - ", "kind", string(x.Kind))
		line(&b, "    ", "code", x.Code)
		line(&b, "    ", "name", x.Name)
		decided(&b, "    ", "    ", x.Verb, x.To, x.Made)
		line(&b, "    ", "owner", x.Owner)
		line(&b, "    ", "until", x.Until)
		if len(x.Before) > 0 {
			b.WriteString("    before:\n")
		}
		for _, p := range x.Before {
			decided(&b, "      - ", "        ", p.Verb, p.To, p.Made)
		}
	}
	return b.Bytes(), nil
}

func decided(b *bytes.Buffer, first, next string, v Verb, to *Target, m Made) {
	line(b, first, "verb", string(v))
	if to != nil {
		fmt.Fprintf(b, "%sto:\n", next)
		line(b, next+"  ", "system", to.System)
		line(b, next+"  ", "code", to.Code)
		line(b, next+"  ", "name", to.Name)
	}
	line(b, next, "who", m.Who)
	fmt.Fprintf(b, "%sat: %s\n", next, m.At.UTC().Format(time.RFC3339Nano))
	line(b, next, "why", m.Why)
}

// line writes a field that is not empty.
func line(b *bytes.Buffer, indent, name, value string) {
	if value != "" {
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, plainly(value))
	}
}

// plain is text that no reader of YAML takes for anything else: it begins with a
// letter, and ends with no space.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 ,.;()/+%_|-]*[A-Za-z0-9.)%]$`)

// plainly writes a value plain where it can, else as JSON does, which YAML reads.
func plainly(s string) string {
	if plain.MatchString(s) && !ambiguous(s) {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(strings.ToValidUTF8(s, "\uFFFD")); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// ambiguous are words that YAML has a meaning for.
func ambiguous(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "no", "true", "false", "on", "off", "null", "nan", "inf":
		return true
	}
	return false
}
