package channel

import (
	"fmt"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

const relayed = "MSH|^~\\&|A|B|C|D|20260302||ADT^A08|M1|P|2.4\rPID|1||7^^^R1K^MR~9990000018^^^NHS^NH||Smith^Ada&x\rPV1|1|I|Crick^1~Hardy^2\rOBX|1|ST|K||a\rOBX|2|ST|L||b\r"

// TestRelay: only the channel's own fields and codes change, and the control id;
// every other byte stays.
func TestRelay(t *testing.T) {
	set := read(t, `destinations: [{name: ris, folder: /x}]
channels:
  - name: pass
    source: {feed: pas}
    filter: {events: [A08]}
    map:
      receiver: R|S
      set: {PID-5.2: "Grace & co", ZPI-1: own, EVN-7: none}
      codes:
        - {field: PV1-3.1, table: {Crick: CRK}, otherwise: =WARD}
        - {field: OBX-3, table: {K: "K^1"}, otherwise: drop}
    destinations: [ris]
`)
	c := &set.Channels[0]
	m := c.Relay([]byte(relayed), "NEW")
	want := "MSH|^~\\&|A|B|R\\F\\S|D|20260302||ADT^A08|NEW|P|2.4\rPID|1||7^^^R1K^MR~9990000018^^^NHS^NH||Smith^Grace \\T\\ co\rPV1|1|I|CRK^1~WARD^2\rOBX|1|ST|K\\S\\1||a\rOBX|2|ST|||b\rZPI|own\r"
	if m == nil || string(m.Text) != want {
		t.Fatalf("passed on as\n%q, not\n%q", m.Text, want)
	}
	if m.Trigger != "ADT^A08" || len(m.Lanes) != 1 || m.Problem != nil {
		t.Errorf("%+v", m)
	}
	if c.Relay([]byte(strings.Replace(relayed, "A08", "A01", 1)), "NEW") != nil {
		t.Error("another event was passed on")
	}
	if m := c.Relay([]byte("hello"), "NEW"); m == nil || m.Problem == nil || string(m.Text) != "hello" {
		t.Errorf("what cannot be read: %+v", m)
	}
	merge := strings.Replace(relayed, "PV1|1|I|Crick^1~Hardy^2", "MRG|8^^^R1K^MR", 1)
	if m := c.Relay([]byte(merge), "NEW"); len(m.Lanes) != 2 {
		t.Errorf("a merge is in %d lanes", len(m.Lanes))
	}
}

// TestExpressions: a field may be asked of the resource; a code that must have
// another and has none returns the message.
func TestExpressions(t *testing.T) {
	set := read(t, `destinations: [{name: ris, folder: /x}]
channels:
  - name: cc
    source: {changes: record}
    map:
      set: {ZPI-1: "= name.family | birthDate", PID-18.1: "= identifier.where(system.contains('hospital')).value"}
      codes: [{field: PID-8, table: {M: "1"}, otherwise: refuse}]
    destinations: [ris]
`)
	p, err := fhir.Parse([]byte(`{"resourceType":"Patient","id":"p","identifier":[{"system":"urn:concord:RQM:hospital-number","value":"7|8"}],"name":[{"family":"Smith"}],"gender":"female","birthDate":"1980-02-03"}`))
	if err != nil {
		t.Fatal(err)
	}
	x := Context{Zone: london(t), Control: func(int) string { return "C" }, Look: func(string) (*fhir.Value, int64) { return nil, 0 }}
	out := set.Channels[0].Messages([]Change{{Type: "Patient", ID: "p", Org: "RQM", Record: 1, Now: p}}, x)
	if len(out) != 1 || !strings.HasSuffix(string(out[0].Text), "ZPI|Smith 1980-02-03\r") || !strings.Contains(string(out[0].Text), `|7\F\8`) {
		t.Fatalf("%+v", out)
	}
	if pr := out[0].Problem; pr == nil || pr.Rule != "feed.code" || pr.Field != "PID-8" {
		t.Errorf("the problem is %+v", pr)
	}
}

// FuzzRelay: whatever comes in, what is passed on is a message that reads as the
// one that came but for what the channel changes; nothing panics.
func FuzzRelay(f *testing.F) {
	f.Add([]byte(relayed), "PID-5.1.2", "v|^")
	f.Add([]byte("MSH|^~\\&\rPID|||1\n"), "ZZZ-1", "x")
	f.Add([]byte("MSH$%~\\&$A$B\rPV1$1"), "PV1-3", "")
	f.Fuzz(func(t *testing.T, raw []byte, path, value string) {
		p, err := hl7v2.ParsePath(path)
		if err != nil || p.Field > maxField || p.Component > maxField || p.Sub > maxField || p.Segment == "MSH" {
			return
		}
		c := &Channel{Name: "c", Source: Source{Feed: "x"}, rules: rules{sets: []setRule{{path: p, text: value}}}}
		m := c.Relay(raw, "NEW")
		if m.Problem != nil {
			return
		}
		out, err := hl7v2.Parse(m.Text)
		if err != nil {
			t.Fatalf("passed on as no message: %v %q", err, m.Text)
		}
		before, err := hl7v2.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Segments()) < len(before.Segments()) {
			t.Fatalf("%d segments became %d: %q", len(before.Segments()), len(out.Segments()), m.Text)
		}
	})
}

// TestLoads: what the load of a joining trust brings, and its undo, is told only
// by a channel that says so; what happens afterwards is told by all.
func TestLoads(t *testing.T) {
	patient := func(tag, name string) *fhir.Value {
		v := fhir.Obj("resourceType", "Patient", "id", "p", "identifier", fhir.Arr(fhir.Obj("system", "urn:concord:RQM:hospital-number", "value", "7")), "name", fhir.Arr(fhir.Obj("family", name)))
		if tag != "" {
			v = v.With("meta", fhir.Obj("tag", fhir.Arr(fhir.Obj("system", "urn:concord:load", "code", tag))))
		}
		return v
	}
	x := Context{Zone: london(t), Control: func(int) string { return "C" }, Look: func(string) (*fhir.Value, int64) { return nil, 0 }}
	for name, c := range map[string]struct {
		before, now *fhir.Value
		usual, told int
	}{
		"loaded":        {nil, patient("L1", "Smith"), 0, 1},
		"loaded over":   {patient("", "Smyth"), patient("L1", "Smith"), 0, 1},
		"loaded again":  {patient("L1", "Smyth"), patient("L2", "Smith"), 0, 1},
		"undone":        {patient("L1", "Smith"), patient("", "Smyth"), 0, 1},
		"changed since": {patient("L1", "Smith"), patient("L1", "Smyth"), 1, 1},
		"not of a load": {nil, patient("", "Smith"), 1, 1},
	} {
		for loads, want := range map[bool]int{false: c.usual, true: c.told} {
			set := read(t, fmt.Sprintf("destinations: [{name: ris, folder: /x}]\nchannels: [{name: cc, source: {changes: record}, filter: {loads: %v}, destinations: [ris]}]\n", loads))
			got := set.Channels[0].Messages([]Change{{Type: "Patient", ID: "p", Org: "RQM", Record: 1, Now: c.now, Before: c.before}}, x)
			if len(got) != want {
				t.Errorf("%s, loads: %v: %d messages, not %d", name, loads, len(got), want)
			}
		}
	}
}
