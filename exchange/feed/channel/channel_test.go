package channel

import (
	"strings"
	"testing"
	"time"
)

const good = `destinations:
  - name: old-ris
    mllp: 127.0.0.1:2601
    answer-within: 5s
    retry: {first: 1s, most: 1m}
    keep-bodies: 720h
  - name: archive
    folder: /var/spool/old
channels:
  - name: old-ris-adt
    source: {changes: record}
    filter:
      types: [Encounter, Patient]
      events: [A01, A03]
      where: "status != 'planned'"
    map:
      version: "2.4"
      set: {PV1-18: NHS}
      codes:
        - field: PV1-3.1
          table: {Crick: CRK}
          otherwise: refuse
    destinations: [old-ris, archive]
systems:
  - code: ris
    name: Old radiology system
    owner: Radiology
    receives: [old-ris]
    switch-off: 2027-03-31
`

func read(t testing.TB, text string) *Set {
	t.Helper()
	s, problems := Read(map[string][]byte{"a.yaml": []byte(text)}, "RQM")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestProblems: each rule is told with its file, line and field.
func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"no destination of that name", "[old-ris, archive]", "[old-rys]", `a.yaml:23: channels[0].destinations: "old-rys" is not among the destinations (channel.unknown)`},
		{"two addresses", "    mllp: 127.0.0.1:2601", "    mllp: 127.0.0.1:2601\n    folder: /x", "a.yaml:2: destinations[0]: a destination has one of mllp, fhir and folder (channel.destination)"},
		{"no port", "127.0.0.1:2601", "ris.example", `a.yaml:3: destinations[0].mllp: "ris.example" is no host:port (channel.address)`},
		{"no FHIRPath", "status != 'planned'", "status !=", "a.yaml:15: channels[0].filter.where: this is no FHIRPath"},
		{"an event that is none", "A01, A03", "A01, A99", `a.yaml:14: channels[0].filter.events: "A99" is none of A01`},
		{"a type that is none", "[Encounter, Patient]", "[Encounter, Ward]", `"Ward" is none of Patient`},
		{"no place", "PV1-18: NHS", "PV1: NHS", `a.yaml:18: channels[0].map.set: "PV1" is not a place such as PV1-3.1 (channel.path)`},
		{"the control id", "PV1-18: NHS", "MSH-10: X", `"MSH-10" is not a channel's to change (channel.path)`},
		{"a choice that is none", "otherwise: refuse", "otherwise: guess", `a.yaml:22: channels[0].map.codes[0].otherwise: "guess" is none of keep, drop, refuse, =CODE (channel.choice)`},
		{"a source of neither kind", "{changes: record}", "{}", "channels[0].source: a channel takes changes of the record, or the messages of one feed (channel.source)"},
		{"a name that is no word", "name: old-ris\n", "name: Old RIS\n", `"Old RIS" is not 2 to 40 small letters, digits and dashes (channel.name)`},
		{"a name that is taken", "code: ris", "code: systems", `"systems" is taken (channel.name)`},
		{"a wait that is too long", "first: 1s", "first: 48h", "a.yaml:5: destinations[0].retry.first: 48h0m0s is not within 10ms and 1h0m0s (channel.range)"},
		{"no date", "2027-03-31", "soon", `a.yaml:29: systems[0].switch-off: "soon" is no date such as 2027-03-31 (channel.date)`},
		{"FHIR over MLLP", `version: "2.4"`, "format: fhir", `"old-ris" takes HL7 v2, and the channel writes FHIR (channel.format)`},
		{"a field that nobody knows", "    owner: Radiology", "    honour: Radiology", "(channel.yaml)"},
		{"a code table without codes", "table: {Crick: CRK}", "table: {}", "the table has no codes (channel.required)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.from, c.to, 1)
			if text == good {
				t.Fatal("the case changes nothing")
			}
			set, problems := Read(map[string][]byte{"a.yaml": []byte(text)}, "RQM")
			if set != nil {
				t.Fatal("a set with a problem was taken")
			}
			var all []string
			for _, p := range problems {
				all = append(all, p.String())
			}
			if got := strings.Join(all, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwithout\n%s", got, c.want)
			}
		})
	}
}

// TestTextReadsBack: what is kept says the same as the files.
func TestTextReadsBack(t *testing.T) {
	s := read(t, good)
	text, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	again := read(t, string(text))
	if !Same(s, again) {
		t.Errorf("kept as\n%s", text)
	}
	d := again.Destinations[0]
	if d.AnswerWithin != 5*time.Second || d.Retry.Most != time.Minute || d.KeepBodies != 720*time.Hour {
		t.Errorf("times are read back as %+v", d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(good)
	f.Add("channels: [{}]\nsystems: [1]")
	f.Add("a: &a [*a]")
	f.Add("channels:\n- map: {set: {'a.b[': '= x'}}")
	f.Fuzz(func(t *testing.T, text string) {
		s, problems := Read(map[string][]byte{"a.yaml": []byte(text)}, "RQM")
		if s == nil && len(problems) == 0 {
			t.Fatal("no set, and nothing said against it")
		}
		for _, p := range problems {
			if p.Line < 1 || p.Rule == "" {
				t.Fatalf("a problem without a place: %+v", p)
			}
		}
		if s == nil {
			return
		}
		kept, err := s.Text()
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := Read(map[string][]byte{"a.yaml": kept}, "RQM"); len(problems) > 0 {
			t.Fatalf("what is kept is not read: %v\n%s", problems, kept)
		}
	})
}
