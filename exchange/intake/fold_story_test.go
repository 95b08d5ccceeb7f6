package intake

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

// shelf keeps what folds give, by type and key: enough of a writer to tell the
// story of a visit.
type shelf struct {
	feed Feed
	kept map[string]*fhir.Value
}

func newShelf(t testing.TB) *shelf {
	return &shelf{feed: Feed{Name: "pas", Trust: "R1K", Zone: london(t)}, kept: map[string]*fhir.Value{}}
}

func (s *shelf) take(t testing.TB, raw string) (changed []string) {
	t.Helper()
	m, err := hl7v2.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := Map(m, s.feed)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range mapped {
		for _, d := range one.Drafts {
			name := d.Type + "/" + d.Key
			old := s.kept[name]
			for _, k := range d.Adopts {
				if was := s.kept[d.Type+"/"+k]; old == nil && was != nil {
					old = was
					delete(s.kept, d.Type+"/"+k)
				}
			}
			out, err := d.Fold(old, d.Resource, FoldContext{Event: one.Event})
			if err != nil {
				t.Fatal(err)
			}
			if out != nil {
				s.kept[name] = out
				changed = append(changed, name)
			}
		}
	}
	return changed
}

// state writes the state of an Encounter on one line.
func state(enc *fhir.Value) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", enc.StrAt("status"), enc.StrAt("class.code"))
	hour := func(s string) string {
		if len(s) < 16 {
			return s
		}
		return s[8:10] + "T" + s[11:13]
	}
	fmt.Fprintf(&b, " [%s-%s]", hour(enc.StrAt("period.start")), hour(enc.StrAt("period.end")))
	for p := range enc.Get("statusHistory").Each() {
		fmt.Fprintf(&b, " was:%s[%s-%s]", p.StrAt("status"), hour(p.StrAt("period.start")), hour(p.StrAt("period.end")))
	}
	for c := range enc.Get("classHistory").Each() {
		fmt.Fprintf(&b, " class:%s", c.StrAt("class.code"))
	}
	for l := range enc.Get("location").Each() {
		fmt.Fprintf(&b, " %s:%s[%s-%s]", l.StrAt("location.identifier.value"), l.StrAt("status"),
			hour(l.StrAt("period.start")), hour(l.StrAt("period.end")))
	}
	for e := range enc.Get("extension").Each() {
		switch e.StrAt("url") {
		case plannedStart:
			b.WriteString(" in:" + hour(e.StrAt("valueDateTime")))
		case plannedEnd:
			b.WriteString(" out:" + hour(e.StrAt("valueDateTime")))
		}
	}
	return b.String()
}

// told is one event of a story: its trigger, the hour it was recorded, more of
// EVN and PV1, and the state expected after it.
type told struct {
	trigger, hour string
	fields        map[string]string // "EVN-6", "PV1-3", …
	want          string
}

// adt writes a message of a story.
func adt(e told, control int) string {
	b := hl7v2.NewBuilder(hl7v2.Standard())
	at := "202403" + e.hour + "0000"
	b.Header().Set(3, "PAS").Set(4, "R1K").Set(7, hl7v2.Value(at)).Set(9, b.Texts("ADT", e.trigger)).
		Set(10, b.Text(fmt.Sprint(control))).Set(11, "P").Set(12, "2.4")
	rows := map[string]*hl7v2.Row{"EVN": b.Segment("EVN").Set(2, hl7v2.Value(at))}
	b.Segment("PID").Set(3, b.Texts("H1", "", "", "PAS", "MR")).Set(5, b.Texts("Test", "Ann"))
	rows["PV1"] = b.Segment("PV1").Set(2, "I").Set(19, "V1").Set(44, "20240301080000")
	rows["PV2"] = b.Segment("PV2")
	for place, v := range e.fields {
		id, n, _ := strings.Cut(place, "-")
		var field int
		fmt.Sscan(n, &field)
		rows[id].Set(field, hl7v2.Value(v))
	}
	return b.String()
}

func TestStories(t *testing.T) {
	bed := func(n string) string { return "WARD^^" + n }
	for name, story := range map[string][]told{
		"admit, transfer, discharge": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A02", "0110", map[string]string{"PV1-3": bed("2"), "PV1-6": bed("1")}, "in-progress IMP [01T08-] WARD/1:completed[01T08-01T10] WARD/2:active[01T10-]"},
			{"A03", "0212", map[string]string{"PV1-3": bed("2"), "PV1-45": "20240302110000"},
				"finished IMP [01T08-02T11] was:in-progress[01T08-02T11] WARD/1:completed[01T08-01T10] WARD/2:completed[01T10-02T11]"},
		},
		"admitted with an expected day, which moves": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1"), "PV2-9": "20240303120000"}, "in-progress IMP [01T08-] WARD/1:active[01T08-] out:03T12"},
			{"A08", "0110", map[string]string{"PV1-3": bed("1"), "PV2-9": "20240304120000"}, "in-progress IMP [01T08-] WARD/1:active[01T08-] out:04T12"},
			{"A08", "0111", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-] out:04T12"},
			{"A03", "0212", map[string]string{"PV1-3": bed("1")}, "finished IMP [01T08-02T12] was:in-progress[01T08-02T12] WARD/1:completed[01T08-02T12]"},
		},
		"cancelled transfer": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A02", "0110", map[string]string{"PV1-3": bed("2")}, "in-progress IMP [01T08-] WARD/1:completed[01T08-01T10] WARD/2:active[01T10-]"},
			{"A12", "0111", map[string]string{"PV1-3": bed("1"), "PV1-6": bed("2"), "EVN-6": "20240301100000"}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
		},
		"cancelled discharge": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A03", "0212", map[string]string{"PV1-3": bed("1")}, "finished IMP [01T08-02T12] was:in-progress[01T08-02T12] WARD/1:completed[01T08-02T12]"},
			{"A13", "0213", map[string]string{"PV1-3": bed("1"), "PV1-45": "20240302120000"}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
		},
		"cancelled admission": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A11", "0109", map[string]string{"PV1-3": bed("1")}, "cancelled IMP [01T08-] was:in-progress[01T08-01T09] WARD/1:completed[01T08-01T09]"},
			{"A08", "0110", nil, "cancelled IMP [01T08-] was:in-progress[01T08-01T09] WARD/1:completed[01T08-01T09]"},
		},
		"planned, admitted, admission cancelled": {
			{"A05", "0107", map[string]string{"PV1-2": "P", "PV1-44": "", "PV2-8": "20240301080000", "PV1-3": bed("1")}, "planned PRENC [-] WARD/1:planned[01T08-] in:01T08"},
			{"A01", "0109", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] was:planned[-01T08] class:PRENC WARD/1:active[01T08-]"},
			{"A11", "0110", nil, "planned IMP [-] class:PRENC WARD/1:completed[01T08-01T10]"},
		},
		"outpatient becomes inpatient and back": {
			{"A04", "0108", map[string]string{"PV1-2": "O", "PV1-3": "CLINIC"}, "arrived AMB [01T08-] CLINIC:active[01T08-]"},
			{"A06", "0109", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] was:arrived[01T08-01T09] class:AMB CLINIC:completed[01T08-01T09] WARD/1:active[01T09-]"},
			{"A07", "0110", map[string]string{"PV1-2": "O", "PV1-3": "CLINIC"},
				"in-progress AMB [01T08-] was:arrived[01T08-01T09] class:AMB class:IMP CLINIC:completed[01T08-01T09] WARD/1:completed[01T09-01T10] CLINIC:active[01T10-]"},
		},
		"let go by the emergency department, and admitted after all": {
			{"A04", "0108", map[string]string{"PV1-2": "E", "PV1-3": "ED"}, "arrived EMER [01T08-] ED:active[01T08-]"},
			{"A03", "0110", map[string]string{"PV1-2": "E", "PV1-3": "ED", "PV1-45": "20240301100000"}, "finished EMER [01T08-01T10] was:arrived[01T08-01T10] ED:completed[01T08-01T10]"},
			{"A06", "0111", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] was:arrived[01T08-01T10] was:finished[01T10-01T11] class:EMER ED:completed[01T08-01T10] WARD/1:active[01T11-]"},
		},
		"pending moves and their cancellations": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A15", "0109", map[string]string{"PV1-42": bed("2"), "EVN-3": "20240301150000"}, "in-progress IMP [01T08-] WARD/1:active[01T08-] WARD/2:planned[01T15-]"},
			{"A16", "0110", map[string]string{"PV2-9": "20240303120000"}, "in-progress IMP [01T08-] WARD/1:active[01T08-] WARD/2:planned[01T15-] out:03T12"},
			{"A26", "0111", map[string]string{"PV2-1": bed("2")}, "in-progress IMP [01T08-] WARD/1:active[01T08-] out:03T12"},
			{"A25", "0112", nil, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
		},
		"pending admission cancelled": {
			{"A14", "0107", map[string]string{"PV1-44": "", "PV1-42": bed("1"), "PV2-8": "20240301080000"}, "planned IMP [-] WARD/1:planned[01T08-] in:01T08"},
			{"A27", "0108", map[string]string{"PV1-44": ""}, "cancelled IMP [-] was:planned[-01T08] in:01T08"},
		},
		"tracked to a temporary place and back": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A09", "0109", map[string]string{"PV1-6": bed("1"), "PV1-11": "XRAY"}, "in-progress IMP [01T08-] WARD/1:reserved[01T08-] XRAY:planned[01T09-]"},
			{"A10", "0110", map[string]string{"PV1-6": bed("1"), "PV1-11": "XRAY"}, "in-progress IMP [01T08-] WARD/1:reserved[01T08-] XRAY:active[01T10-]"},
			{"A10", "0112", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-] XRAY:completed[01T10-01T12]"},
		},
		"deleted visit stays, marked": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A23", "0109", nil, "entered-in-error IMP [01T08-] was:in-progress[01T08-01T09] WARD/1:completed[01T08-01T09]"},
			{"A02", "0110", map[string]string{"PV1-3": bed("2")}, "entered-in-error IMP [01T08-] was:in-progress[01T08-01T09] WARD/1:completed[01T08-01T09]"},
			{"A03", "0111", nil, "entered-in-error IMP [01T08-] was:in-progress[01T08-01T09] WARD/1:completed[01T08-01T09]"},
		},
		"the admission comes last": {
			{"A03", "0212", map[string]string{"PV1-44": "", "PV1-45": "20240302120000"}, "finished IMP [-02T12]"},
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "finished IMP [01T08-02T12]"},
		},
		"a transfer comes after the discharge that followed it": {
			{"A01", "0108", map[string]string{"PV1-3": bed("1")}, "in-progress IMP [01T08-] WARD/1:active[01T08-]"},
			{"A03", "0212", nil, "finished IMP [01T08-02T12] was:in-progress[01T08-02T12] WARD/1:completed[01T08-02T12]"},
			{"A02", "0110", map[string]string{"PV1-3": bed("2")}, "finished IMP [01T08-02T12] was:in-progress[01T08-02T12] WARD/1:completed[01T08-02T12]"},
		},
		"the first message is a transfer": {
			{"A02", "0110", map[string]string{"PV1-3": bed("2"), "PV1-6": bed("1")}, "in-progress IMP [01T08-] WARD/1:completed[01T08-01T10] WARD/2:active[01T10-]"},
		},
	} {
		s := newShelf(t)
		for i, e := range story {
			s.take(t, adt(e, i))
			enc := s.kept["Encounter/visit|V1"]
			if got := state(enc); got != e.want {
				t.Errorf("%s, %s:\ngot  %s\nwant %s", name, e.trigger, got, e.want)
			}
			if changed := s.take(t, adt(e, i)); len(changed) != 0 {
				t.Errorf("%s: %s again changes %v", name, e.trigger, changed)
			}
		}
	}
}

func TestPlannedVisitIsAdopted(t *testing.T) {
	s := newShelf(t)
	plan := map[string]string{"PV1-19": "", "PV1-44": "", "PV2-8": "20240301080000"}
	s.take(t, adt(told{"A14", "0107", plan, ""}, 1))
	other := map[string]string{"PV1-19": "", "PV1-44": "", "PV2-8": "20240309080000"}
	s.take(t, adt(told{"A14", "0107", other, ""}, 2))
	s.take(t, adt(told{"A01", "0109", map[string]string{"PV1-3": "W^^1"}, ""}, 3))
	encounters := 0
	for name := range s.kept {
		if strings.HasPrefix(name, "Encounter/") {
			encounters++
		}
	}
	if got := state(s.kept["Encounter/visit|V1"]); encounters != 2 || !strings.Contains(got, "was:planned") {
		t.Errorf("%d encounters; the admission is %s", encounters, got)
	}
}

func TestOlderDemographicsDoNotWin(t *testing.T) {
	person := func(hour, family, phone string) string {
		return "MSH|^~\\&|PAS|R1K|||202403" + hour + "0000||ADT^A31|" + hour + "|P|2.4\rEVN||202403" + hour + "0000\r" +
			"PID|||H1^^^PAS^MR||" + family + "^Ann||19710612000000|F|||1 New Road^^Wembley^^HA0 1AA||" + phone + "\rPV1||N\r"
	}
	s := newShelf(t)
	get := func(path string) string { return s.kept["Patient/patient|H1"].StrAt(path) }
	s.take(t, person("0108", "Smith", "020 1"))
	s.take(t, person("0110", "Smith", "020 1")) // the same, later: what comes between is old
	if changed := s.take(t, person("0109", "Jones", "020 2")); len(changed) != 0 || get("name.family") != "Smith" {
		t.Errorf("an older event changed %v; the name is %s", changed, get("name.family"))
	}
	s.take(t, person("0111", "Brown", `""`))
	if get("name.family") != "Brown" || get("telecom.value") != "" || get("address.city") != "Wembley" || get("birthDate") != "1971-06-12" {
		t.Errorf("after a newer event: %s", s.kept["Patient/patient|H1"].JSON())
	}
	s.take(t, strings.Replace(person("0112", "", ""), "ADT^A31", "ORU^R01", 1)+"OBR|1|P|F|X\rOBX|1|NM|Y||1\r")
	if get("name.family") != "Brown" {
		t.Error("a result message overwrote demographics")
	}
}

func TestCorrectedResultMakesAVersion(t *testing.T) {
	oru := func(hour, value, status string) string {
		return "MSH|^~\\&|LIMS|R1K|||202403" + hour + "0000||ORU^R01|" + hour + "|P|2.4\rPID|||H1^^^PAS^MR||Test^Ann\r" +
			"OBR|1|P1|F1|FBC^Full blood count|||20240301070000|||||||||||||||||" + status + "\r" +
			"OBX|1|NM|HB^Haemoglobin||" + value + "|g/L|120-150|L|||" + status + "\r"
	}
	s := newShelf(t)
	obs := func() string {
		o := s.kept["Observation/obs|f|F1|FBC|HB|"]
		return o.StrAt("status") + " " + o.Path("valueQuantity.value").Raw()
	}
	for _, step := range []struct{ hour, value, status, want string }{
		{"0108", "101.0", "P", "preliminary 101.0"},
		{"0110", "110.50", "F", "final 110.50"},
		{"0109", "102", "P", "final 110.50"},
		{"0111", "11.05", "C", "corrected 11.05"},
	} {
		s.take(t, oru(step.hour, step.value, step.status))
		if got := obs(); got != step.want {
			t.Errorf("at %s: %s, want %s", step.hour, got, step.want)
		}
	}
	if changed := s.take(t, oru("0111", "11.05", "C")); len(changed) != 0 {
		t.Errorf("the same result again changes %v", changed)
	}
	if changed := s.take(t, oru("0113", "11.05", "C")); len(changed) == 0 {
		t.Error("the same result at a later moment does not hold from then on")
	}
	if s.take(t, oru("0112", "12", "C")); obs() != "corrected 11.05" {
		t.Errorf("a correction that was overtaken gives %s", obs())
	}
}

// TestWholeFeedsKeepTheirInvariants plays the feeds of two trusts in order.
func TestWholeFeedsKeepTheirInvariants(t *testing.T) {
	shared := os.Getenv("CONCORD_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	for _, trust := range []string{"R1K", "RYJ"} {
		data, err := os.ReadFile(filepath.Join(shared, "corpora", "hl7v2", "simhospital", trust, "messages.hl7"))
		if err != nil {
			t.Skip("NOT RUN: no test corpora; set CONCORD_SHARED")
		}
		s := newShelf(t)
		s.feed.Trust = trust
		for raw, err := range hl7v2.Split(bytes.NewReader(data), 4<<20) {
			if err != nil {
				t.Fatal(err)
			}
			s.take(t, string(raw))
		}
		counts := map[string]int{}
		for name, r := range s.kept {
			if r.Type() == "Encounter" {
				counts[r.StrAt("status")]++
				checkStay(t, name, r)
			}
		}
		t.Logf("%s: %d resources, encounters %v", trust, len(s.kept), counts)
		if counts[finished] == 0 || counts[cancelled] == 0 || counts[enteredInError] == 0 {
			t.Errorf("%s: %v", trust, counts)
		}
	}
}

func checkStay(t *testing.T, name string, enc *fhir.Value) {
	t.Helper()
	active := 0
	for l := range enc.Get("location").Each() {
		switch l.StrAt("status") {
		case "active":
			active++
		case "completed":
			if l.StrAt("period.end") == "" {
				t.Errorf("%s: a place is completed without an end", name)
			}
		}
	}
	status := enc.StrAt("status")
	open := status == inProgress || status == arrived
	if active > 1 || active > 0 && !open || status == finished && enc.StrAt("period.end") == "" || open && enc.StrAt("period.end") != "" {
		t.Errorf("%s: %s", name, state(enc))
	}
	if status == unknown {
		t.Errorf("%s: no status: %s", name, state(enc))
	}
}

// TestClassChangesUnderANewNumber: a visit that changes its class and its number is
// the same visit, told by MRG-5; MRG is no merge of patients here.
func TestClassChangesUnderANewNumber(t *testing.T) {
	s := newShelf(t)
	head := func(trigger, at string) string {
		return "MSH|^~\\&|PAS|R1K|C|N|" + at + "||ADT^" + trigger + "|" + at + "|P|2.5\rEVN||" + at + "\rPID|1||H100^^^PAS^MR||Patel^Meera||19710612|F\r"
	}
	s.take(t, head("A04", "20240301080000")+"PV1|1|E|ED||||||||||||||||E77|||||||||||||||||||||||||20240301080000\r")
	s.take(t, head("A06", "20240301090000")+"MRG|H100||A1||E77\rPV1|1|I|WARD^1||||||||||||||||I88|||||||||||||||||||||||||20240301080000\r")
	enc := s.kept["Encounter/visit|I88"]
	if enc == nil || s.kept["Encounter/visit|E77"] != nil {
		t.Fatalf("%d are kept", len(s.kept))
	}
	if got := state(enc); got != "in-progress IMP [01T08-] was:arrived[01T08-01T09] class:EMER ED:completed[01T08-01T09] WARD/1:active[01T09-]" {
		t.Error(got)
	}
	if enc.StrAt("classHistory.0.period.end") != "2024-03-01T09:00:00+00:00" {
		t.Errorf("%s", enc.Get("classHistory").JSON())
	}
}
