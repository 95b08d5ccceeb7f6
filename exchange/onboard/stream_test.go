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
