package channel

import (
	"slices"
	"strings"
	"testing"

	"concord/fault"
	"concord/standard/hl7v2"
)

const goodInbound = `inbound:
  - name: lab-in
    source: {feed: lab}
    filter:
      events: [R01, ADT^A08]
      facilities: [R1K, r1k01]
      pass-over:
        - name: test-patients
          when: {PID-5.1: ["ZZ*"]}
        - name: research
          when: {PV1-18: [RESEARCH, AUDIT]}
          unless: {OBR-25: [F]}
        - name: no-number
          when: {PID-3.1: [""]}
    map:
      set:
        PV1-10: "= ZLA-2"
        PD1-4.1: "= ZLA-3"
        OBX-4: "= OBX-3.1"
        PID-19: ""
      default:
        PID-3.4: R1K
        OBX-11: F
      codes:
        - field: OBX-8
          table: {HI: H}
          otherwise: refuse
`

const result = "MSH|^~\\&|LAB|R1K|C|D|20260302||ORU^R01|M1|P|2.4\rPID|1||7~8^^^OTHER||Smith^Ada||||||||||||||secret\rPV1|1|I\rOBR|1|P|F\rOBX|1|NM|K^Potassium||4.1|mmol/L||HI\rOBX|2|NM|NA^Sodium||140|mmol/L||HI|||P\rZLA|1|320|G1\r"

func parsed(t testing.TB, text string) *hl7v2.Message {
	t.Helper()
	m, err := hl7v2.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTake: what is passed over says by which rule; of what is read only the fields of
// the channel are others, and the message that came stays as it was.
func TestTake(t *testing.T) {
	c := &read(t, goodInbound).Inbound[0]
	for name, x := range map[string]struct{ from, to, passed string }{
		"read":                       {"", "", ""},
		"another event":              {"ORU^R01", "ORM^O01", byEvents},
		"an event of another kind":   {"ORU^R01", "ADT^A08", ""},
		"another facility":           {"|LAB|R1K|", "|LAB|RQM|", byFacilities},
		"a site":                     {"|LAB|R1K|", "|LAB|R1K01|", ""},
		"a test patient":             {"Smith^Ada", "ZZTEST^Ada", "test-patients"},
		"research that is not final": {"PV1|1|I", "PV1|1|I||||||||||||||||RESEARCH", "research"},
		"no number in the first":     {"|7~8^", "|^^^~8^", "no-number"},
	} {
		text := result
		if x.from != "" {
			text = strings.Replace(text, x.from, x.to, 1)
		}
		if _, passed, err := c.Take(parsed(t, text)); passed != x.passed || err != nil {
			t.Errorf("%s: passed over by %q, not %q: %v", name, passed, x.passed, err)
		}
	}
	final := strings.Replace(strings.Replace(result, "PV1|1|I", "PV1|1|I||||||||||||||||RESEARCH", 1), "OBR|1|P|F", "OBR|1|P|F||||||||||||||||||||||F", 1)
	if _, passed, _ := c.Take(parsed(t, final)); passed != "" {
		t.Errorf("research that is final is passed over by %q", passed)
	}
	m := parsed(t, result)
	read, _, err := c.Take(m)
	want := "MSH|^~\\&|LAB|R1K|C|D|20260302||ORU^R01|M1|P|2.4\rPID|1||7^^^R1K~8^^^OTHER||Smith^Ada\rPD1||||G1\rPV1|1|I||||||||320\rOBR|1|P|F\rOBX|1|NM|K^Potassium|K|4.1|mmol/L||H|||F\rOBX|2|NM|NA^Sodium|NA|140|mmol/L||H|||P\rZLA|1|320|G1\r"
	if err != nil || string(read.Raw()) != want {
		t.Errorf("read as\n%q, not\n%q: %v", read.Raw(), want, err)
	}
	if string(m.Raw()) != result {
		t.Errorf("the message that came is another: %q", m.Raw())
	}
	_, _, err = c.Take(parsed(t, strings.Replace(result, "|HI\r", "|CRIT\r", 1)))
	if f := fault.Of(err); err == nil || f.Code != "feed.code" || f.At != "OBX-8" {
		t.Errorf("a code that must have another: %v", err)
	}
	if strings.Contains(err.Error(), "CRIT") {
		t.Errorf("the error tells of the message: %v", err)
	}
}

// TestInboundOf: the first channel of a set that takes a feed's messages is theirs.
func TestInboundOf(t *testing.T) {
	set := read(t, "inbound:\n  - {name: aa, source: {feed: lab}}\n  - {name: bb, source: {sender: lab_2, facility: r1k}}\n  - {name: cc, source: {facility: R1K}}\n")
	for _, x := range []struct{ feed, app, facility, want string }{
		{"lab", "X", "R1K", "aa"}, {"l2", "LAB_2", "R1K", "bb"}, {"l3", "LAB_3", "R1K", "cc"}, {"l4", "LAB_2", "RQM", ""},
	} {
		got := ""
		if c := set.InboundOf(x.feed, hl7v2.Header{Application: x.app, Facility: x.facility}); c != nil {
			got = c.Name
		}
		if got != x.want {
			t.Errorf("%v is taken by %q", x, got)
		}
	}
}

// TestInboundProblems: each rule is told with its file, line and field.
func TestInboundProblems(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"two sources", "{feed: lab}", "{feed: lab, sender: X}", "a.yaml:3: inbound[0].source: a channel takes the messages of one feed, or those of a sender, a facility or both (channel.source)"},
		{"no source", "{feed: lab}", "{}", "a.yaml:3: inbound[0].source: a channel takes the messages of one feed, or those of a sender, a facility or both (channel.source)"},
		{"no event", "R01, ", "r01, ", `a.yaml:5: inbound[0].filter.events: "r01" is no event such as A01 or ADT^A01 (channel.event)`},
		{"a rule without a condition", "          when: {PID-5.1: [\"ZZ*\"]}\n", "          when: {}\n", "a.yaml:8: inbound[0].filter.pass-over[0]: the rule has no condition: it would pass everything over (channel.required)"},
		{"a rule of the filter's own name", "test-patients", "events", `a.yaml:8: inbound[0].filter.pass-over[0].name: the rule "events" is there twice, or is the filter's own (channel.twice)`},
		{"a star within", "ZZ*", "Z*Z", `a.yaml:9: inbound[0].filter.pass-over[0].when: "Z*Z": a star stands at the end (channel.value)`},
		{"no place", "PID-5.1", "PID5", `a.yaml:9: inbound[0].filter.pass-over[0].when: "PID5" is not a place such as PV1-3.1 (channel.path)`},
		{"no place to copy from", "= ZLA-2", "= ZLA", `a.yaml:17: inbound[0].map.set: "ZLA" is not a place such as PV1-3.1 (channel.path)`},
		{"the kind of message", "PV1-10:", "MSH-9:", `a.yaml:17: inbound[0].map.set: "MSH-9" says how the message is read, and is not a channel's to change (channel.path)`},
		{"the control id", "PV1-10:", "MSH-10:", `a.yaml:17: inbound[0].map.set: "MSH-10" is not a channel's to change (channel.path)`},
		{"a default of nothing", "PID-3.4: R1K", `PID-3.4: ""`, "a.yaml:22: inbound[0].map.default: PID-3.4: a default has a value (channel.required)"},
		{"no table", "{HI: H}", "{}", "a.yaml:26: inbound[0].map.codes[0].table: the table has no codes (channel.required)"},
		{"what becomes of others", "refuse", "guess", `a.yaml:27: inbound[0].map.codes[0].otherwise: "guess" is none of keep, drop, refuse, =CODE (channel.choice)`},
		{"a field that is none", "filter:", "filters:", `a.yaml:4: filters: unknown field "filters" (channel.yaml)`},
	} {
		text := strings.Replace(goodInbound, c.from, c.to, 1)
		if text == goodInbound {
			t.Fatal(c.name)
		}
		set, problems := Read(map[string][]byte{"a.yaml": []byte(text)}, "R1K")
		var got []string
		for _, p := range problems {
			got = append(got, p.String())
		}
		if set != nil || !slices.Contains(got, c.want) {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
	twice := goodInbound + "  - {name: lab-two, source: {feed: lab}}\n"
	if _, problems := Read(map[string][]byte{"a.yaml": []byte(twice)}, "R1K"); len(problems) != 1 || problems[0].Rule != "channel.twice" {
		t.Errorf("two channels of one feed: %v", problems)
	}
	both := "destinations: [{name: ris, folder: /x}]\nchannels: [{name: lab-in, source: {changes: record}, destinations: [ris]}]\n" + goodInbound
	if _, problems := Read(map[string][]byte{"a.yaml": []byte(both)}, "R1K"); len(problems) != 1 || problems[0].Rule != "channel.twice" {
		t.Errorf("one name for two channels: %v", problems)
	}
}

// FuzzTake: whatever comes in, what is read is a message of as many segments at least,
// or a fault that is not ours; nothing panics.
func FuzzTake(f *testing.F) {
	f.Add([]byte(result), "PD1-4.1", "v|^", "PID-3.1")
	f.Add([]byte("MSH|^~\\&\rPID|||1\n"), "ZZZ-1", "x", "PV1-3.1.2")
	f.Add([]byte("MSH$%~\\&$A$B\rPV1$1"), "PV1-3", "", "PV1-1")
	f.Fuzz(func(t *testing.T, raw []byte, at, value, from string) {
		p, err := hl7v2.ParsePath(at)
		q, err2 := hl7v2.ParsePath(from)
		if err != nil || err2 != nil || max(p.Field, p.Component, p.Sub, q.Field, q.Component, q.Sub) > maxField || p.Segment == "MSH" {
			return
		}
		m, err := hl7v2.Parse(raw)
		if err != nil {
			return
		}
		c := &Inbound{Name: "c", rules: inboundRules{sets: []inSet{{path: p, text: value}, {path: p, from: &q, empty: true}}}}
		read, _, err := c.Take(m)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		if len(read.Segments()) < len(m.Segments()) {
			t.Fatalf("%d segments became %d: %q", len(m.Segments()), len(read.Segments()), read.Raw())
		}
	})
}
