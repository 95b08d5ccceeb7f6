package downtime

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

func now() time.Time { return time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) }

const head = "key,happened,by,patient,kind,what,value,unit\n"

func trust(t *testing.T) *record.Errand {
	t.Helper()
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	scopes, err := access.ParseScopes("system/*.cruds")
	if err != nil {
		t.Fatal(err)
	}
	e := desk.For(access.Requester{ID: "load", Role: access.System, Org: "R1K", Scopes: scopes}, access.Reason{Purpose: access.DirectCare})
	p := fhir.Obj("resourceType", "Patient", "identifier", fhir.Arr(fhir.Obj("system", uk.HospitalNumber.System("R1K"), "value", "L1")), "name", fhir.Arr(fhir.Obj("family", "EXAMPLE")))
	if _, err := e.Transact(ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: p}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestEnteredLate: a row stands at the time when it happened, by who did it, and
// says who entered it and that it came late; it is there once; what cannot be
// entered is told, and the rest is.
func TestEnteredLate(t *testing.T) {
	ctx := context.Background()
	e := trust(t)
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Skip("SKIP: no time zones here")
	}
	log := head +
		"1,2026-11-26 23:15,Sr Okafor,L1,observation,Heart rate,88,/min\n" +
		"2,2026-11-26 23:20,Dr Lim,L1,given,Paracetamol,1,g\n" +
		"3,2026-11-26 23:30,Dr Lim,L1,allergy,Penicillin,,\n" +
		"4,2026-11-26 23:40,Dr Lim,L1,note,\"Seen on the ward; stable, \"\"well\"\"\",,\n" +
		"5,2026-11-26 23:50,Dr Lim,L9,note,Nobody knows this number,,\n" +
		"6,2026-11-28 23:50,Dr Lim,L1,note,Tomorrow,,\n" +
		"1,2026-11-26 23:15,Sr Okafor,L1,note,The key again,,\n"
	for round, want := range [][2]int{{4, 0}, {0, 4}} {
		rows, err := Read(strings.NewReader(log), zone, now())
		if err != nil {
			t.Fatal(err)
		}
		got, err := Enter(ctx, e, rows, "Wei Lim (engineer.lim)", "2026-11-27T08:00:00Z")
		if err != nil || got.Entered != want[0] || got.There != want[1] || len(got.Refused) != 3 {
			t.Fatalf("round %d: %+v %v", round, got, err)
		}
		if got.Refused[0].Line != 6 || !strings.HasPrefix(got.Refused[1].Wrong, "happened: in the future") || got.Refused[2].Wrong != "duplicate" {
			t.Errorf("%+v", got.Refused)
		}
	}
	for typ, path := range map[string]string{"Observation": "effectiveDateTime", "MedicationAdministration": "effectiveDateTime", "AllergyIntolerance": "recordedDate", "DocumentReference": "date"} {
		found, err := e.Search(ctx, record.Asked{Types: []string{typ}, Form: url.Values{"_tag": {LateTag + "|" + LateCode}}})
		if err != nil || len(found.Matches) != 1 {
			t.Fatalf("%s: %v", typ, err)
		}
		v, err := found.Matches[0].Full()
		if err != nil {
			t.Fatal(err)
		}
		text := string(v.JSON())
		in, ok := fhir.ParseInstant(v.StrAt(path), zone)
		if !ok || in.Start.Hour() != 23 || !strings.Contains(text, "Wei Lim (engineer.lim)") || !strings.Contains(text, "Dr Lim") && !strings.Contains(text, "Sr Okafor") {
			t.Errorf("%s: %s", typ, text)
		}
	}
}

// TestLogsThatAreNone: a file that is no log is refused as a whole.
func TestLogsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "a,b\n", head[:len(head)-1] + ",more\n", head + "1,\"open"} {
		if _, err := Read(strings.NewReader(text), time.UTC, now()); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// FuzzRead: a row that may be entered has all that the record needs of it.
func FuzzRead(f *testing.F) {
	f.Add(head + "1,2026-11-26 23:15,Sr Okafor,L1,observation,Heart rate,88,/min\n")
	f.Add(head + "1,2026-11-26 23:15,Sr Okafor,L1,note,\"a\nb\",,\n2\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := Read(strings.NewReader(text), time.UTC, now())
		if err != nil {
			return
		}
		for _, r := range rows {
			if r.Wrong != "" {
				continue
			}
			if r.Key == "" || r.By == "" || r.Patient == "" || r.What == "" || r.Happened.After(now()) || r.Happened.IsZero() {
				t.Errorf("%+v", r)
			}
			if _, err := fhir.ParseObject(r.resource("R1K", "x", "2026-11-27T08:00:00Z").JSON()); err != nil {
				t.Error(err)
			}
		}
	})
}
