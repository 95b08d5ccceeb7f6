package channel

import (
	"slices"
	"strings"

	"concord/fault"
	"concord/standard/hl7v2"
)

// Take gives a message as it is to be read, or the name of the rule by which it is
// passed over. Errors, which make a dead letter of it: Invalid "feed.code" when a
// code is not in a table that refuses others, "feed.delimiters" when fields cannot be
// told apart for sure.
func (c *Inbound) Take(m *hl7v2.Message) (read *hl7v2.Message, passed string, err error) {
	if passed := c.over(m); passed != "" {
		return nil, passed, nil
	}
	r := &c.rules
	if len(r.sets)+len(r.codes) == 0 {
		return m, "", nil
	}
	if !plainDelimiters(m.Delimiters()) {
		return nil, "", fault.New(fault.Invalid, "feed.delimiters", "the message's delimiters are letters, digits, too few, or the same twice").In("MSH-2")
	}
	e := edit(m.Text(), m.Delimiters())
	if m.Charset() != "" && m.Charset() != "ASCII" {
		e.head(18, "UNICODE UTF-8") // that is how it is read
	}
	for _, s := range r.sets {
		s.put(e, m)
	}
	recode(r.codes, e, func(rule, place, text string) {
		if err == nil {
			err = fault.New(fault.Invalid, rule, "%s", text).In(place)
		}
	})
	if err != nil {
		return nil, "", err
	}
	read, err = hl7v2.Parse([]byte(e.String()))
	return read, "", err
}

// over is the name of the rule by which a message is passed over, "" if none does.
func (c *Inbound) over(m *hl7v2.Message) string {
	h := m.Header()
	trigger := h.Trigger
	if trigger == "" {
		trigger = m.Segment("EVN").Field(1).String()
	}
	r := &c.rules
	if len(r.events) > 0 && !r.events[trigger] && !r.events[h.Type+"^"+trigger] {
		return byEvents
	}
	if len(r.facilities) > 0 && !r.facilities[strings.ToUpper(h.Facility)] {
		return byFacilities
	}
	for _, o := range r.over {
		if allHold(o.when, m) && (len(o.unless) == 0 || !allHold(o.unless, m)) {
			return o.name
		}
	}
	return ""
}

func allHold(list []condition, m *hl7v2.Message) bool {
	for _, c := range list {
		if !c.holds(m) {
			return false
		}
	}
	return true
}

// holds tells whether a place has one of the values, in any repetition of any such
// segment; where there is none at all it is empty.
func (c condition) holds(m *hl7v2.Message) bool {
	found := false
	for _, s := range m.Named(c.path.Segment) {
		for _, rep := range s.Field(c.path.Field).Reps() {
			found = true
			if c.fits(valueAt(rep, c.path)) {
				return true
			}
		}
	}
	return !found && c.fits("")
}

func (c condition) fits(value string) bool {
	return slices.ContainsFunc(c.values, func(want string) bool {
		front, open := strings.CutSuffix(want, "*")
		if open && front == "" {
			return value != ""
		}
		return open && strings.HasPrefix(value, front) || !open && value == want
	})
}

// valueAt is what stands at a place within a repetition.
func valueAt(rep hl7v2.Repetition, p hl7v2.Path) string {
	switch {
	case p.Component == 0:
		return rep.String()
	case p.Sub == 0:
		return rep.Component(p.Component).String()
	}
	return rep.Component(p.Component).Sub(p.Sub).String()
}

// put writes a field of a message. What stands elsewhere is copied within a segment,
// and from the first of its name into others; where nothing stands there, nothing is
// written.
func (s inSet) put(e *edited, m *hl7v2.Message) {
	if s.from != nil && s.from.Segment == s.path.Segment {
		e.copyWithin(*s.from, s.path, s.empty)
		return
	}
	value := s.text
	if s.from != nil {
		if value = m.At(*s.from); value == "" {
			return
		}
	}
	answer := func(old string) string {
		if s.empty && old != "" {
			return old
		}
		return value
	}
	if !e.each(s.path, answer) && value != "" && e.make(s.path.Segment) {
		e.each(s.path, answer)
	}
}

// copyWithin puts what stands at one place of a segment at another of it.
func (e *edited) copyWithin(from, to hl7v2.Path, empty bool) {
	for i, line := range e.lines {
		one := &edited{d: e.d, lines: []string{line}}
		value := ""
		one.look(from, func(v string) { value = v })
		if value == "" {
			continue
		}
		one.each(to, func(old string) string {
			if empty && old != "" {
				return old
			}
			return value
		})
		e.lines[i] = one.lines[0]
	}
}

// look tells what stands at a place, in the first repetition.
func (e *edited) look(p hl7v2.Path, f func(value string)) {
	first := true
	read := &edited{d: e.d, lines: slices.Clone(e.lines)}
	read.each(p, func(old string) string {
		if first {
			f(old)
		}
		first = false
		return old
	})
}

// make adds a segment that is not there, where it belongs; it tells whether it could:
// the segments about one patient of a message about several are not made.
func (e *edited) make(name string) bool {
	behind := map[string][]string{"EVN": {"MSH", "SFT"}, "PD1": {"PID"}, "PV1": {"PID", "PD1", "ROL", "NK1"}, "PV2": {"PV1"}}[name]
	if name[0] == 'Z' {
		e.lines = append(e.lines, name)
		return true
	}
	at, patients := -1, 0
	for i, line := range e.lines {
		id := line[:min(3, len(line))]
		if id == "PID" {
			patients++
		}
		if slices.Contains(behind, id) {
			at = i
		}
	}
	if at < 0 || patients > 1 {
		return false
	}
	e.lines = slices.Insert(e.lines, at+1, name)
	return true
}
