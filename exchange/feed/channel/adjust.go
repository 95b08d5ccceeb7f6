package channel

import (
	"strings"

	"concord/standard/fhirpath"
	"concord/standard/hl7v2"
)

// edited is a message whose fields can be written: its lines, with the
// delimiters as they stand in it.
type edited struct {
	d     hl7v2.Delimiters
	lines []string
}

func edit(text string, d hl7v2.Delimiters) *edited {
	return &edited{d: d, lines: strings.Split(strings.TrimRight(text, "\r\n"), "\r")}
}

func (e *edited) String() string { return strings.Join(e.lines, "\r") + "\r" }

// each puts f's answer in the place of what stands at a path, in every segment
// of that name and every repetition, and tells whether there was one. An answer
// is text, which is escaped.
func (e *edited) each(p hl7v2.Path, f func(old string) string) bool {
	found := false
	for i, line := range e.lines {
		if !strings.HasPrefix(line, p.Segment+string(e.d.Field)) && line != p.Segment {
			continue
		}
		found = true
		fields := strings.Split(line, string(e.d.Field))
		n := p.Field
		if p.Segment == "MSH" {
			n-- // MSH-1 is the delimiter itself
		}
		fields = grow(fields, n)
		reps := []string{fields[n]}
		if e.d.Repetition != 0 {
			reps = strings.Split(fields[n], string(e.d.Repetition))
		}
		for j := range reps {
			reps[j] = e.within(reps[j], p, f)
		}
		fields[n] = reps[0]
		if len(reps) > 1 {
			fields[n] = strings.Join(reps, string(e.d.Repetition))
		}
		e.lines[i] = strings.TrimRight(strings.Join(fields, string(e.d.Field)), string(e.d.Field))
	}
	return found
}

// set writes a field. A segment that is not there is not made, but for those of
// the receiver's own (Z…).
func (e *edited) set(p hl7v2.Path, value string) {
	answer := func(string) string { return value }
	if !e.each(p, answer) && value != "" && p.Segment[0] == 'Z' {
		e.lines = append(e.lines, p.Segment)
		e.each(p, answer)
	}
}

// within changes one repetition: a component, a subcomponent, or all of it.
func (e *edited) within(rep string, p hl7v2.Path, f func(string) string) string {
	answer := func(old string) string { return e.d.EscapeText(f(e.d.Unescape(old))) }
	if p.Component == 0 {
		return answer(rep)
	}
	parts := grow(strings.Split(rep, string(e.d.Component)), p.Component-1)
	at := &parts[p.Component-1]
	if p.Sub == 0 || e.d.Subcomponent == 0 {
		*at = answer(*at)
	} else {
		subs := grow(strings.Split(*at, string(e.d.Subcomponent)), p.Sub-1)
		subs[p.Sub-1] = answer(subs[p.Sub-1])
		*at = strings.TrimRight(strings.Join(subs, string(e.d.Subcomponent)), string(e.d.Subcomponent))
	}
	return strings.TrimRight(strings.Join(parts, string(e.d.Component)), string(e.d.Component))
}

func grow(parts []string, last int) []string {
	for len(parts) <= last {
		parts = append(parts, "")
	}
	return parts
}

// adjust applies a channel's own fields and codes to a message.
func (w *writer) adjust(text string) string {
	e := edit(text, hl7v2.Standard())
	for _, r := range w.c.rules.sets {
		value := r.text
		if r.expr != nil {
			value = w.ask(r)
		}
		e.set(r.path, value)
	}
	recode(w.c.rules.codes, e, w.fail)
	return e.String()
}

// ask evaluates the expression of a field on the resource: several answers are
// parted by a space.
func (w *writer) ask(r setRule) string {
	found, err := r.expr.Eval(&fhirpath.Env{Now: w.t.At, Zone: w.x.Zone}, fhirpath.Resource(w.t.body()))
	if err != nil {
		w.fail("feed.field", "", "the expression of a field cannot be evaluated on this resource")
		return ""
	}
	var words []string
	for _, it := range found {
		words = append(words, it.Text())
	}
	return strings.Join(words, " ")
}

// recode applies code maps; fail is told of codes that have no other and
// must have one.
func recode(rules []codeRule, e *edited, fail func(rule, place, text string)) {
	for _, r := range rules {
		e.each(r.path, func(old string) string {
			to, ok := r.Table[old]
			switch {
			case ok:
				return to
			case old == "", r.Otherwise == "", r.Otherwise == "keep":
				return old
			case r.Otherwise == "drop":
				return ""
			case r.Otherwise == "refuse":
				fail("feed.code", r.Field, "a code is not in the channel's table")
				return old
			}
			return strings.TrimPrefix(r.Otherwise, "=")
		})
	}
}
