package demo_test

import (
	"strings"
	"testing"
	"time"

	"concord/demo"
	"concord/exchange/intake"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

func london(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func stage(t testing.TB, now time.Time) *demo.Stage {
	t.Helper()
	s, err := demo.NewStage(demo.DefaultSeed, now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func feeds(t testing.TB) *intake.Feeds {
	t.Helper()
	table, err := intake.NewFeeds(settings(), london(t))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func settings() []intake.FeedSetting {
	var all []intake.FeedSetting
	for _, f := range demo.Feeds() {
		all = append(all, intake.FeedSetting{Sender: f.Sender, Facility: f.Facility, Name: f.Name, Trust: f.Trust})
	}
	return all
}

// TestEveryMessageMaps: nothing is parked, nothing is left over, and nothing
// is said that has not happened.
func TestEveryMessageMaps(t *testing.T) {
	now := time.Date(2026, 11, 18, 14, 30, 0, 0, london(t))
	table := feeds(t)
	controls, triggers, messages := map[string]bool{}, map[string]int{}, 0
	for life, err := range stage(t, now).Lives(demo.DefaultPeople) {
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range life.Messages {
			messages++
			m, err := hl7v2.Parse([]byte(one.Text))
			if err != nil {
				t.Fatalf("%s: %v", one.Text, err)
			}
			h := m.Header()
			if err := hl7v2.Accept(m); err != nil {
				t.Fatalf("%s: %v", h.Control, err)
			}
			feed := table.Of(h)
			if feed.Trust != one.Trust || !strings.Contains(feed.Name, "-") {
				t.Fatalf("%s: feed %+v", h.Control, feed)
			}
			if key := h.Application + h.Control; controls[key] || len(h.Control) > 20 {
				t.Fatalf("control id %s of %s is used twice, or too long", h.Control, h.Application)
			} else {
				controls[key] = true
			}
			triggers[h.Name()]++
			mapped, err := intake.Map(m, feed)
			if err != nil {
				t.Fatalf("%s %s: %v\n%s", h.Name(), h.Control, err, one.Text)
			}
			for _, x := range mapped {
				if len(x.Unmapped) > 0 {
					t.Errorf("%s %s leaves %v", h.Name(), h.Control, x.Unmapped)
				}
				if len(x.Warnings) > 0 && life.Person.Key != "wrong-digit" {
					t.Errorf("%s %s: %v", h.Name(), h.Control, x.Warnings)
				}
				if x.Event.After(now) {
					t.Errorf("%s %s happens at %s", h.Name(), h.Control, x.Event)
				}
			}
		}
	}
	t.Logf("%d messages: %v", messages, triggers)
	for _, name := range []string{"ADT^A01", "ADT^A02", "ADT^A03", "ADT^A04", "ADT^A05", "ADT^A08", "ADT^A09", "ADT^A10", "ADT^A12", "ADT^A13",
		"ADT^A14", "ADT^A16", "ADT^A23", "ADT^A25", "ADT^A27", "ADT^A28", "ADT^A31", "ADT^A40", "ORU^R01", "MDM^T02", "ORM^O01", "ORR^O02",
		"SIU^S12", "SIU^S13", "SIU^S14", "SIU^S15", "SIU^S26"} {
		if triggers[name] == 0 {
			t.Errorf("no %s is sent", name)
		}
	}
	if messages < 6000 || messages > 13000 {
		t.Errorf("%d messages", messages)
	}
}

// TestTheSameStoryGivesTheSameMessages, so that sending again changes nothing.
func TestTheSameStoryGivesTheSameMessages(t *testing.T) {
	now := time.Date(2026, 11, 18, 14, 30, 0, 0, london(t))
	collect := func() (all []string) {
		for life, err := range stage(t, now).Lives(60) {
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range life.Messages {
				all = append(all, m.Text)
			}
			for _, p := range life.Parcels {
				all = append(all, string(p.Bundle.JSON()))
			}
		}
		return all
	}
	a, b := collect(), collect()
	if len(a) != len(b) {
		t.Fatalf("%d and %d", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("differs:\n%s\n%s", a[i], b[i])
		}
	}
}

// TestTheWardsAreAlive at any time of day: people in beds, no two in one, and
// observations and bookings near now.
func TestTheWardsAreAlive(t *testing.T) {
	for _, hour := range []int{0, 7, 12, 23} {
		now := time.Date(2026, 11, 18, hour, 20, 0, 0, london(t))
		inBed, beds := map[string]string{}, map[string]string{}
		recent, booked := 0, 0
		for life, err := range stage(t, now).Lives(demo.DefaultPeople) {
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range life.Messages {
				m, err := hl7v2.Parse([]byte(one.Text))
				if err != nil {
					t.Fatal(err)
				}
				visit := one.Trust + m.Get("PV1-19")
				switch m.Header().Name() {
				case "ADT^A01", "ADT^A02", "ADT^A12":
					if m.Get("PV1-2") == "I" {
						inBed[visit] = m.Get("PV1-3.4") + "/" + m.Get("PV1-3.1") + "/" + m.Get("PV1-3.2") + "/" + m.Get("PV1-3.3")
					}
				case "ADT^A03", "ADT^A23":
					delete(inBed, visit)
				case "ORU^R01":
					if m.Get("OBR-4.1") == "OBS" && now.Sub(one.At) < 12*time.Hour {
						recent++
					}
				case "SIU^S12", "SIU^S13":
					if at, err := hl7v2.ParseTime(m.Get("SCH-11.4"), london(t)); err == nil && at.After(now) {
						booked++
					}
				}
			}
		}
		for visit, bed := range inBed {
			if other := beds[bed]; other != "" {
				t.Errorf("%02d:20: %s and %s lie in %s", hour, visit, other, bed)
			}
			beds[bed] = visit
		}
		t.Logf("%02d:20: %d in bed, %d sets in twelve hours, %d bookings to come", hour, len(inBed), recent, booked)
		if len(inBed) < 40 || recent < 40 || booked < 100 {
			t.Errorf("%02d:20: %d in bed, %d sets in twelve hours, %d bookings to come", hour, len(inBed), recent, booked)
		}
	}
}

// TestNEWS2RisesAndFalls in the story that is about it.
func TestNEWS2RisesAndFalls(t *testing.T) {
	now := time.Date(2026, 11, 18, 14, 30, 0, 0, london(t))
	s := stage(t, now)
	var totals []int
	for life, err := range s.Lives(3) {
		if err != nil {
			t.Fatal(err)
		}
		if life.Person.Key != "patrick-doyle" {
			continue
		}
		for _, one := range life.Messages {
			m, _ := hl7v2.Parse([]byte(one.Text))
			for _, obx := range m.Named("OBX") {
				if obx.Field(3).Component(1).String() == uk.NEWS2Total {
					n := 0
					for _, c := range obx.Field(5).String() {
						n = n*10 + int(c-'0')
					}
					totals = append(totals, n)
				}
			}
		}
	}
	highest := 0
	for _, n := range totals {
		highest = max(highest, n)
	}
	if len(totals) < 15 || totals[0] > 6 || highest < 12 || totals[len(totals)-1] > 3 {
		t.Errorf("NEWS2 totals %v", totals)
	}
}

func TestBundles(t *testing.T) {
	types, resources, numbers := map[string]int{}, 0, map[string]bool{}
	for b := range demo.Bundles(1, 50) {
		if b.StrAt("type") != "transaction" {
			t.Fatal(b.StrAt("type"))
		}
		urls := map[string]bool{}
		for e := range b.Get("entry").Each() {
			if urls[e.StrAt("fullUrl")] {
				t.Fatalf("%s comes twice", e.StrAt("fullUrl"))
			}
			urls[e.StrAt("fullUrl")] = true
			types[e.StrAt("resource.resourceType")]++
			resources++
		}
		n := fhir.Identifier(b.Path("entry.0.resource"), uk.NHSNumberSystem)
		if n != "" && numbers[n] {
			t.Errorf("%s comes twice", n)
		}
		numbers[n] = true
		if _, err := fhir.Parse(b.JSON()); err != nil {
			t.Fatal(err)
		}
	}
	for _, typ := range []string{"Patient", "Encounter", "Observation", "Condition", "AllergyIntolerance", "MedicationRequest",
		"Procedure", "Immunization", "DiagnosticReport", "DocumentReference", "CarePlan", "Appointment"} {
		if types[typ] == 0 {
			t.Errorf("no %s", typ)
		}
	}
	t.Logf("%d resources for 50 people: %v", resources, types)
}

func TestHeavy(t *testing.T) {
	types, items := map[string]int{}, 0
	for b := range demo.Heavy(1) {
		if n := b.Get("entry").Len(); n > 300 {
			t.Errorf("a bundle of %d entries", n)
		}
		for e := range b.Get("entry").Each() {
			types[e.StrAt("resource.resourceType")]++
			items++
		}
	}
	if types["Patient"] != 1 || types["Encounter"] != demo.HeavyEncounters || items != demo.HeavyItems+1 {
		t.Errorf("%d items: %v", items, types)
	}
}
