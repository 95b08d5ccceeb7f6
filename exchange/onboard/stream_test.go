package onboard

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/standard/fhir"
)

func londonZone(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("SKIP: no time zones here")
	}
	return zone
}

// staged reads all rows of a class: fields by name, empty ones left out.
func staged(t testing.TB, x *Extract, class string) []string {
	t.Helper()
	c, _ := classAt(class)
	var out []string
	for n, p := range x.Parts {
		for _, f := range p.Rows {
			if f.Class != class {
				continue
			}
			for fields, err := range x.loadable(partFile{f, n + 1}, len(c.Columns)) {
				if err != nil {
					t.Fatal(err)
				}
				var row []string
				for i, v := range fields {
					if len(v) > 0 {
						row = append(row, c.Columns[i].Name+"="+string(v))
					}
				}
				out = append(out, strings.Join(row, " "))
			}
		}
	}
	return out
}

const resources = `{"resourceType":"Patient","id":"p1","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"},{"system":"urn:concord:R1K:hospital-number","value":"L1"}],"name":[{"use":"official","family":"EXAMPLE","given":["Ada","Beth"],"prefix":["Dr"]},{"use":"maiden","family":"FORMER"}],"gender":"female","birthDate":"1961-04-30","address":[{"line":["1 Road"],"city":"Harrow","postalCode":"HA1 3ZZ"}],"telecom":[{"system":"phone","use":"mobile","value":"000 1"},{"system":"phone","value":"000 2"}]}
{"resourceType":"AllergyIntolerance","id":"a1","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"code":"91936005","display":"Allergy to penicillin"}]},"patient":{"reference":"Patient/p1"},"reaction":[{"severity":"severe","manifestation":[{"text":"rash"}]}],"recordedDate":"2020-05-06"}

{"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"code":"HB","display":"Haemoglobin"}]},"subject":{"reference":"Patient/p1"},"effectiveDateTime":"2026-07-01T09:00:00Z","valueQuantity":{"value":131.0,"unit":"g/L"}}
{"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"code":"HB"}]},"subject":{"reference":"Patient/p2"},"effectiveDateTime":"2026-07-01T09:00:00Z","valueString":"high"}
{"resourceType":"Practitioner","id":"x"}
{"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order","medicationCodeableConcept":{"text":"Amlodipine 5mg tablets"},"subject":{"reference":"Patient/p1"},"authoredOn":"2026-01-02","dosageInstruction":[{"text":"one daily"}]}
{"resourceType":"Appointment","id":"ap1","status":"booked","start":"2026-12-01T09:15:00Z","minutesDuration":15,"participant":[{"actor":{"reference":"Patient/p1"}},{"actor":{"type":"HealthcareService","identifier":{"value":"eye-clinic"}}}]}
not a resource
`

// TestResources: FHIR resources become rows of the layout, in local time; what
// is none is refused and kept, and what the layout has no class for is told.
func TestResources(t *testing.T) {
	ctx := context.Background()
	s := newStage(t, "R1K")
	s.Zone = londonZone(t)
	x, r := profiled(t, s, folder(t, "", map[string]string{"all.ndjson": resources}), Options{})
	for class, want := range map[string]string{
		"patients": "key=p1 nhs_number=9990000018 family=EXAMPLE given=Ada Beth former_family=FORMER title=Dr born=1961-04-30 sex=female " +
			"address_1=1 Road town=Harrow postcode=HA1 3ZZ phone=000 2 mobile=000 1 hospital_number=L1",
		"alerts":       "key=a1 patient=p1 kind=allergy code=91936005 text=Allergy to penicillin severity=severe status=active recorded=2020-05-06",
		"results":      "key=o1 patient=p1 code=HB name=Haemoglobin value=131.0 unit=g/L status=final taken=2026-07-01T10:00:00",
		"medicines":    "key=m1 patient=p1 text=Amlodipine 5mg tablets dose=one daily status=active started=2026-01-02",
		"appointments": "key=ap1 patient=p1 clinic=eye-clinic starts=2026-12-01T09:15:00 minutes=15 status=booked",
	} {
		if got := strings.Join(staged(t, x, class), "\n"); got != want {
			t.Errorf("%s:\n%s\nnot\n%s", class, got, want)
		}
	}
	if rowsOf(r, wrongResource) != 1 || rowsOf(r, wrongOrphan) != 1 || len(x.Parts[0].Unknown) != 1 || x.Parts[0].Unknown[0] != "all.ndjson: Practitioner" {
		t.Errorf("%+v, passed over %v", r.Problems, x.Parts[0].Unknown)
	}
	text, err := os.ReadFile(x.path("refused", "part-1", "unreadable-all.csv"))
	if err != nil || !strings.Contains(string(text), "resource,all.ndjson,9,not a resource") {
		t.Errorf("%s %v", text, err)
	}
	if _, err := newStage(t, "R1K").Add(ctx, folder(t, "", map[string]string{"a.hl7": "MSH|"}), false); fault.Of(err) == nil || fault.Of(err).Code != "onboard.messages" {
		t.Errorf("messages are taken where none are read: %v", err)
	}
}

// FuzzResources: whatever a line holds, it is a row, refused, or told.
func FuzzResources(f *testing.F) {
	for _, line := range strings.Split(resources, "\n") {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			return
		}
		class, row := rowOf(Resource{Value: v}, "R1K", time.UTC)
		c, ok := classAt(class)
		if class != "" && !ok {
			t.Fatalf("no class %s", class)
		}
		for name := range row {
			if c.column(name) < 0 {
				t.Fatalf("%s has no column %s", class, name)
			}
		}
	})
}

// lettersOf reads a message as its patient alone, by PID-3.
func lettersOf(_ string, message []byte) ([]Resource, error) {
	_, rest, _ := strings.Cut(string(message), "PID|")
	key, _, ok := strings.Cut(rest, "|")
	if !ok {
		return nil, fault.New(fault.Invalid, "test.message", "no patient")
	}
	v, err := fhir.ParseObject([]byte(`{"resourceType":"Patient","name":[{"family":"EXAMPLE"}],"gender":"female","birthDate":"1961-04-30"}`))
	return []Resource{{Key: key, Value: v}}, err
}

// TestBatches: heads and ends of HL7 batches are of no message, and a file that holds
// other messages than they say is not taken at all.
func TestBatches(t *testing.T) {
	message := func(key string) string { return "MSH|^~\\&|PAS\rPID|" + key + "|\r" }
	two := message("L1") + message("L2")
	for _, c := range []struct{ name, text, code string }{
		{"none", two, ""},
		{"as they say", "FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r" + two + "BTS|2\rFTS|1\r", ""},
		{"in lines", strings.ReplaceAll("FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r"+two+"BTS|2|end\rFTS|1\r", "\r", "\r\n"), ""},
		{"without numbers", "BHS|^~\\&\r" + two + "BTS\r", ""},
		{"two batches", "FHS|^~\\&\rBHS|^~\\&\r" + message("L1") + "BTS|1\rBHS|^~\\&\r" + message("L2") + "BTS|1\rFTS|2\r", ""},
		{"framed", "\x0b" + message("L1") + "\x1c\r\x0b" + message("L2") + "\x1c\r", ""},
		{"behind a mark", "\xef\xbb\xbf" + two, ""},
		{"one too few", "BHS|^~\\&\r" + two + "BTS|3\r", "onboard.rows"},
		{"one too many", "BHS|^~\\&\r" + two + "BTS|1\r", "onboard.rows"},
		{"cut within a message", "FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r" + message("L1") + "MSH|^~\\&|PAS\rPID|L2", "onboard.rows"},
		{"cut behind a batch", "FHS|^~\\&\rBHS|^~\\&\r" + two + "BTS|2\r", "onboard.rows"},
		{"a batch too few", "FHS|^~\\&\rBHS|^~\\&\r" + two + "BTS|2\rFTS|2\r", "onboard.rows"},
		{"an end alone", two + "BTS|2\r", "onboard.rows"},
	} {
		s := newStage(t, "R1K")
		s.Messages = lettersOf
		x, err := s.Add(t.Context(), folder(t, "", map[string]string{"feed.hl7": c.text}), false)
		switch {
		case c.code != "":
			if f := fault.Of(err); f == nil || f.Code != c.code {
				t.Errorf("%s: %v", c.name, err)
			}
			if list, err := s.Extracts(); err != nil || len(list) > 0 {
				t.Errorf("%s: %d extracts are left, %v", c.name, len(list), err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		default:
			if f := x.Parts[0].Files[0]; f.Read != 2 || f.Refused != 0 {
				t.Errorf("%s: %d read, %d refused", c.name, f.Read, f.Refused)
			}
		}
	}
}

// TestUnreadableIsMended: resources and messages that cannot be read count as refused,
// are mended in the file that they lie in, and are then what they are.
func TestUnreadableIsMended(t *testing.T) {
	ctx := t.Context()
	s := newStage(t, "R1K")
	s.Messages = lettersOf
	segments := strings.Repeat("NTE|1|\r\n", 200)
	x, r := profiled(t, s, folder(t, "", map[string]string{
		"all.ndjson": strings.Replace(resources, "not a resource", `{"resourceType":"Patient","id":"p2","name":[{"family":"CUT`, 1),
		"feed.hl7":   "MSH|^~\\&|PAS\r\nPID|M1|\r\nMSH|^~\\&|PAS\r\nPIX|M2|\r\n" + segments,
	}), Options{})
	loadable := r.Loadable
	if r.Unread == nil || *r.Unread != (Unread{2, 2}) || r.Rows != r.Loadable+r.Refused {
		t.Fatalf("%+v: %d rows, %d refused, %d can be loaded", r.Unread, r.Rows, r.Refused, r.Loadable)
	}
	mend := func(change func(string) string) {
		t.Helper()
		dir := t.TempDir()
		for _, name := range []string{"unreadable-all.csv", "unreadable-feed.csv"} {
			text, err := os.ReadFile(x.path("refused", partName(len(x.Parts)), name))
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, name, change(string(text)))
		}
		var err error
		if x, err = s.Mend(ctx, x, dir); err != nil {
			t.Fatal(err)
		}
		if r, err = s.Profile(ctx, x, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	mend(func(text string) string { return strings.Replace(text, "CUT", "STILL CUT", 1) })
	if *r.Unread != (Unread{4, 2}) || r.Loadable != loadable {
		t.Errorf("after a vain attempt: %+v, %d can be loaded", r.Unread, r.Loadable)
	}
	mend(func(text string) string {
		return strings.Replace(strings.Replace(text, "STILL CUT", `WHOLE""}],""gender"":""male"",""birthDate"":""1970-01-01""}`, 1), "PIX|", "PID|", 1)
	})
	// the second patient's result was an orphan before
	if *r.Unread != (Unread{4, 0}) || r.Loadable != loadable+3 || r.Refused != 0 {
		t.Errorf("mended: %+v, %d refused, %d can be loaded: %+v", r.Unread, r.Refused, r.Loadable, r.Problems)
	}
	if _, err := newStage(t, "R1K").Add(ctx, folder(t, "", map[string]string{"unreadable-all.csv": "x\n"}), false); fault.Of(err).Code != "onboard.file" {
		t.Errorf("it is taken for an extract: %v", err)
	}
}
