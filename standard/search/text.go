package search

import (
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// TextSearch is a _text or _content parameter: words that must all be there,
// "quoted words" side by side, alternatives between OR.
// https://hl7.org/fhir/R4/search.html#content
type TextSearch struct {
	Name string
	Any  [][]string // alternatives; of each every phrase must be there, folded
}

func parseText(name, v string) (*TextSearch, error) {
	t := &TextSearch{Name: name}
	var all []string
	for v = strings.TrimSpace(v); v != ""; v = strings.TrimSpace(v) {
		var phrase string
		if rest, quoted := strings.CutPrefix(v, `"`); quoted {
			end := strings.IndexByte(rest, '"')
			if end < 0 {
				return nil, fault.New(fault.Invalid, "search.value", "a quoted text is not closed").In(name)
			}
			phrase, v = rest[:end], rest[end+1:]
		} else {
			phrase, v, _ = strings.Cut(v, " ")
			switch phrase {
			case "OR", "or":
				if len(all) == 0 {
					return nil, fault.New(fault.Invalid, "search.value", "OR stands between words").In(name)
				}
				t.Any, all = append(t.Any, all), nil
				continue
			case "AND", "and":
				continue
			}
		}
		if f := Fold(phrase); f != "" {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Invalid, "search.value", "words are needed").In(name)
	}
	t.Any = append(t.Any, all)
	return t, nil
}

// match looks for the words at the beginnings of words: in the narrative, or
// in every text of the resource.
func (t *TextSearch) match(resource *fhir.Value) bool {
	var b strings.Builder
	b.WriteByte(' ')
	if t.Name == "_text" {
		b.WriteString(Fold(narrative(resource.StrAt("text.div"))))
	} else {
		gatherText(resource, &b)
	}
	text := b.String()
	for _, all := range t.Any {
		every := true
		for _, phrase := range all {
			every = every && strings.Contains(text, " "+phrase)
		}
		if every {
			return true
		}
	}
	return false
}

// narrative takes the marks out of XHTML.
func narrative(div string) string {
	var b strings.Builder
	inMark := false
	for _, r := range div {
		switch {
		case r == '<':
			inMark = true
			b.WriteByte(' ')
		case r == '>':
			inMark = false
		case !inMark:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func gatherText(v *fhir.Value, b *strings.Builder) {
	switch v.Kind() {
	case fhir.String:
		s := v.Str()
		if strings.HasPrefix(s, "<") {
			s = narrative(s)
		}
		if f := Fold(s); f != "" {
			b.WriteString(f)
			b.WriteByte(' ')
		}
	case fhir.Array:
		for e := range v.Each() {
			gatherText(e, b)
		}
	case fhir.Object:
		for _, m := range v.Members() {
			gatherText(m, b)
		}
	}
}
