package feed

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

// Correct makes of a text that a person has changed what is sent in the place
// of a message: under a control id of its own, since one id never stands for
// two contents, with the places that differ. Errors: Invalid "feed.edited" when
// it cannot be read or is another message, "feed.same" when nothing differs.
func Correct(m *record.Message, was, text []byte) (record.Corrected, error) {
	c := record.Corrected{Seq: m.Seq, Control: nextControl(m.Control)}
	if strings.HasPrefix(m.Trigger, "FHIR") {
		return correctFHIR(c, was, text)
	}
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\r")), []byte("\n"), []byte("\r"))
	if bytes.ContainsAny(text, "\x0b\x1c") {
		return c, fault.New(fault.Invalid, "feed.edited", "the text holds a byte that frames messages")
	}
	next, err := hl7v2.Parse(text)
	if err != nil {
		return c, fault.New(fault.Invalid, "feed.edited", "the text is no message: %s", fault.Of(err).Text)
	}
	if next.Header().Name() != m.Trigger {
		return c, fault.New(fault.Invalid, "feed.edited", "the text is another message: MSH-9 is not %s", m.Trigger)
	}
	before, err := hl7v2.Parse(was)
	if err != nil {
		c.Differs = []string{"the whole message"}
	} else if c.Differs = differs(before, next); len(c.Differs) == 0 {
		return c, fault.New(fault.Invalid, "feed.same", "nothing differs: send it again as it is")
	}
	c.Raw, err = withControl(next, c.Control)
	return c, err
}

// nextControl is the control id of a correction: the old one with a number
// behind it, within 20 characters.
func nextControl(control string) string {
	head, n := control, 2
	if i := strings.LastIndexByte(control, '.'); i > 0 {
		if k, err := strconv.Atoi(control[i+1:]); err == nil && k > 1 {
			head, n = control[:i], k+1
		}
	}
	tail := fmt.Sprint(".", n)
	return head[:min(len(head), 20-len(tail))] + tail
}

// withControl writes MSH-10.
func withControl(m *hl7v2.Message, control string) ([]byte, error) {
	sep := string(m.Delimiters().Field)
	var out []string
	for i, s := range m.Segments() {
		line := s.Raw()
		if i == 0 {
			fields := strings.Split(line, sep)
			if len(fields) < 10 {
				return nil, fault.New(fault.Invalid, "feed.edited", "MSH has no control id")
			}
			fields[9] = control
			line = strings.Join(fields, sep)
		}
		out = append(out, line)
	}
	return []byte(strings.Join(out, "\r") + "\r"), nil
}

// differs names the fields in which two messages are not the same, and segments
// that only one has. MSH-7 and MSH-10 are ours to set.
func differs(a, b *hl7v2.Message) []string {
	var out []string
	note := func(place string) {
		if !slices.Contains(out, place) {
			out = append(out, place)
		}
	}
	x, y := occurrences(a), occurrences(b)
	for _, key := range union(x, y) {
		p, here := x[key]
		q, there := y[key]
		if here != there {
			note(key)
			continue
		}
		for n := 1; n <= max(p.Len(), q.Len()); n++ {
			if key == "MSH" && n == 10 {
				continue
			}
			if p.Field(n).Raw() != q.Field(n).Raw() {
				note(key + "-" + strconv.Itoa(n))
			}
		}
	}
	return out
}

// occurrences are the segments by name; the second of a name is "OBX[2]".
func occurrences(m *hl7v2.Message) map[string]hl7v2.Segment {
	out, seen := map[string]hl7v2.Segment{}, map[string]int{}
	for _, s := range m.Segments() {
		key := s.ID()
		if seen[s.ID()]++; seen[s.ID()] > 1 {
			key = fmt.Sprintf("%s[%d]", s.ID(), seen[s.ID()])
		}
		out[key] = s
	}
	return out
}

func union(a, b map[string]hl7v2.Segment) []string {
	var keys []string
	for k := range a {
		keys = append(keys, k)
	}
	for k := range b {
		if _, there := a[k]; !there {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

// correctFHIR is Correct of a transaction.
func correctFHIR(c record.Corrected, was, text []byte) (record.Corrected, error) {
	next, err := fhir.ParseObject(text)
	if err != nil || next.Type() != "Bundle" || next.StrAt("type") != "transaction" {
		return c, fault.New(fault.Invalid, "feed.edited", "the text is no transaction Bundle")
	}
	before, err := fhir.Parse(was)
	if err == nil && fhir.Equal(before, next) {
		return c, fault.New(fault.Invalid, "feed.same", "nothing differs: send it again as it is")
	}
	old := before.All("entry")
	for i, e := range next.All("entry") {
		if i >= len(old) || !fhir.Equal(old[i], e) {
			c.Differs = append(c.Differs, "entry["+strconv.Itoa(i)+"]")
		}
	}
	if len(c.Differs) == 0 {
		c.Differs = []string{"Bundle"}
	}
	c.Raw = next.With("identifier", fhir.Obj("system", "urn:concord:message", "value", c.Control)).JSON()
	return c, nil
}
