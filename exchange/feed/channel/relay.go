package channel

import (
	"hash/fnv"

	"concord/standard/hl7v2"
)

// Relay passes on a message of the channel's feed: nil when it is not taken.
// The control id is the channel's own; MSH-3 to 6 and the fields and codes of
// the channel are changed, and nothing else is touched. What cannot be read is
// passed on as it came, with a Problem.
func (c *Channel) Relay(raw []byte, control string) *Message {
	m, err := hl7v2.Parse(raw)
	if err != nil {
		return &Message{Trigger: "unknown", Control: control, Text: raw, Lanes: []uint64{0},
			Problem: &Problem{Rule: "feed.unreadable", Text: "the message cannot be read"}}
	}
	if !plainDelimiters(m.Delimiters()) {
		return &Message{Trigger: "unknown", Control: control, Text: raw, Lanes: []uint64{0},
			Problem: &Problem{Field: "MSH-2", Rule: "feed.delimiters", Text: "the message's delimiters are letters, digits, too few, or the same twice"}}
	}
	head := m.Header()
	if len(c.rules.events) > 0 && !c.rules.events[head.Trigger] && !c.rules.events[head.Name()] {
		return nil
	}
	out := &Message{Trigger: head.Name(), Control: control, Lanes: lanesOf(m)}
	e := edit(m.Text(), m.Delimiters())
	e.head(10, control)
	for n, v := range map[int]string{3: c.Map.Sender, 4: c.Map.Facility, 5: c.Map.Receiver, 6: c.Map.ReceivingFacility} {
		if v != "" {
			e.head(n, v)
		}
	}
	if m.Charset() != "" && m.Charset() != "ASCII" {
		e.head(18, "UNICODE UTF-8") // that is how it is passed on
	}
	for _, r := range c.rules.sets {
		e.set(r.path, r.text)
	}
	recode(c.rules.codes, e, func(rule, place, text string) { out.Problem = &Problem{Field: place, Rule: rule, Text: text} })
	out.Text = []byte(e.String())
	return out
}

// plainDelimiters tells delimiters by which fields can be changed without
// touching what lies beside them.
func plainDelimiters(d hl7v2.Delimiters) bool {
	if d.Component == 0 {
		return false
	}
	seen := map[byte]bool{}
	for _, c := range []byte{d.Field, d.Component, d.Repetition, d.Escape, d.Subcomponent} {
		if c == 0 {
			continue
		}
		if seen[c] || c <= ' ' || c >= 0x7f || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			return false
		}
		seen[c] = true
	}
	return true
}

// head writes a field of MSH.
func (e *edited) head(n int, text string) {
	e.each(hl7v2.Path{Segment: "MSH", Occurrence: 1, Repetition: 1, Field: n}, func(string) string { return text })
}

// lanesOf are hashes of the hospital numbers that a message is about, those
// that a merge ends included. A message about nobody is in a lane of its own
// kind.
func lanesOf(m *hl7v2.Message) []uint64 {
	var out []uint64
	add := func(f hl7v2.Field) {
		for _, r := range f.Reps() {
			if id := r.Component(1).String(); id != "" && r.Component(5).String() != "NH" {
				h := fnv.New64a()
				h.Write([]byte(id))
				out = append(out, h.Sum64())
				return
			}
		}
	}
	for _, s := range m.Segments() {
		switch s.ID() {
		case "PID":
			add(s.Field(3))
		case "MRG":
			add(s.Field(1))
		}
	}
	if len(out) == 0 {
		return []uint64{0}
	}
	return out
}
