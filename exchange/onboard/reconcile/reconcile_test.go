package reconcile

import (
	"concord/exchange/onboard"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/demo/extract"
)

// TestWholeLoadIsEqual: a load that went well is equal in every class, and the
// clocks are; what is planted in the source's waiting lists is found, and nothing
// else.
func TestWholeLoadIsEqual(t *testing.T) {
	s := newScene(t, "R1K")
	faults := extract.Usual()
	faults.LateClock, faults.LeftOn, faults.Dropped, faults.WrongWeek = 0.1, 0.2, 0.1, 0.1
	dir, planted := s.madeUp(extract.Options{Trust: "R1K", Patients: 250, Seed: 9, Faults: faults})
	x := s.staged(dir)
	s.loaded(x)
	r := s.run(x)
	for _, c := range r.Classes {
		if c.Equal != c.Loadable || c.Differ+c.Absent+c.Extra+c.Doubled != 0 || c.SourceHash != c.RecordHash || c.Loadable == 0 {
			t.Errorf("%+v", c)
		}
	}
	if r.Clocks.Equal != r.Clocks.Pathways || r.Clocks.Running != int64(planted.Running) || len(r.Clocks.Differ) > 0 {
		t.Errorf("clocks %+v, planted %+v", r.Clocks, planted)
	}
	wrong := planted.LateClock + planted.LeftOn + planted.WrongWeek
	if wrong == 0 || r.Lists.Listed-r.Lists.Equal != int64(wrong) || r.Lists.Unlisted != int64(planted.Dropped) || len(differences(r, Listed)) != wrong {
		t.Errorf("lists %+v, planted %+v", r.Lists, planted)
	}
	if r.Go || block(r, BlockLists) == nil || block(r, BlockClocks) != nil || block(r, BlockAlerts) != nil || block(r, BlockMedicines) != nil {
		t.Errorf("go %v, %+v", r.Go, r.Blocks)
	}
}

const people = "key,family,given,born,sex,address_1,postcode\n"

// byHand is an extract of two patients with something in each class that a test
// looks at.
func byHand() map[string]string {
	return map[string]string{
		"patients.csv":     people + "L1,EXAMPLE,Ada,1961-04-30,F,1 High Street,HA1 1CA\nL2,EXAMPLE,Bob,1962-02-02,M,2 High Street,HA1 1CA\n",
		"alerts.csv":       "key,patient,kind,code,text,severity,status,recorded\nA1,L1,allergy,91936005,Penicillin,severe,active,2020-01-01\nA2,L2,alert,,Needs an interpreter,,active,2020-01-01\n",
		"medicines.csv":    "key,patient,code,text,dose,route,frequency,status,started\nM1,L1,1,Amlodipine,5 mg,oral,once daily,active,2025-01-01\nM2,L2,1,Amlodipine,5 mg,oral,once daily,stopped,2025-01-01\n",
		"results.csv":      "key,patient,code,name,value,unit,status,taken\nR1,L1,HB,Haemoglobin,131.0,g/L,final,2026-06-01 10:00\n",
		"documents.csv":    "key,patient,kind,title,written,status\nD1,L1,clinic-letter,Letter,2026-11-20 10:00,unsent\nD2,L2,clinic-letter,Letter,2026-11-20 10:00,final\n",
		"encounters.csv":   "key,patient,class,started,ward,bed\nE1,L1,inpatient,2026-11-20 09:00,Crick,Bay 1/Bed 1\nE2,L2,inpatient,2026-11-21 09:00,Crick,Bay 1/Bed 1\n",
		"pathways.csv":     "key,patient,pathway,on,status,kind,start\nP1,L1,PW1,2026-06-01,10,first,2026-05-01\nP2,L1,PW1,2026-07-01,20,follow-up,\n",
		"waiting.csv":      "key,patient,pathway,clock_start,status,weeks\nW1,L1,PW1,2026-05-01,20,29\n",
		"appointments.csv": "key,patient,clinic,starts,minutes,kind,status\nB1,L1,cardiology-clinic,2026-12-01 09:15,15,first,booked\nB2,L1,cardiology-clinic,2026-12-02 09:15,15,first,booked\nB3,L2,cardiology-clinic,2026-12-01 09:20,15,first,booked\nB4,L2,no-such-clinic,2026-12-01 09:30,15,first,booked\nB5,L2,cardiology-clinic,2026-12-01 09:15,15,first,booked\n",
	}
}

// TestFindsWhatIsWrong: what the record had before, what was deleted, and what
// does not fit beds and slots is found, by the source's keys.
func TestFindsWhatIsWrong(t *testing.T) {
	s := newScene(t, "R1K")
	feed := s.errand("pas", "R1K")
	s.transact(feed, record.Op{Kind: record.Create, Type: "Patient", Resource: fhir.Obj("resourceType", "Patient", "active", true,
		"identifier", fhir.Arr(fhir.Obj("system", uk.HospitalNumber.System("R1K"), "value", "L2")), "name", fhir.Arr(fhir.Obj("use", "official", "family", "EXAMPLE", "given", fhir.Arr("Bob"))),
		"gender", "male", "birthDate", "1962-02-02", "address", fhir.Arr(fhir.Obj("line", fhir.Arr("9 New Road"), "postalCode", "HA1 1CA")))})
	x := s.staged(s.folder(byHand()))
	l := s.loaded(x)
	allergy := s.find(feed, "AllergyIntolerance", l.Load)[0]
	s.transact(feed, record.Op{Kind: record.Delete, Type: allergy.Type, ID: allergy.ID})
	r := s.run(x)
	if c := r.class("patients"); c.Before != 1 || c.Loaded != 1 || c.Differ != 1 || c.Equal != 1 || c.SourceHash == c.RecordHash {
		t.Errorf("%+v", c)
	}
	var columns []string
	for _, d := range r.Differences {
		if d.What == Differs {
			columns = append(columns, d.Class, d.Key)
			columns = append(columns, d.Columns...)
		}
	}
	if !slices.Equal(columns, []string{"patients", "L2", "address_1"}) {
		t.Errorf("differ %v", columns)
	}
	if got := differences(r, Absent); !slices.Equal(got, []string{"alerts A1"}) {
		t.Errorf("absent %v", got)
	}
	if b := block(r, BlockAlerts); b == nil || b.Rows != 1 || b.Acceptable {
		t.Errorf("an allergy is lost: %+v", r.Blocks)
	}
	if got := differences(r, InSharedBed); !slices.Equal(got, []string{"encounters E1", "encounters E2"}) || r.Beds.Unknown != 0 {
		t.Errorf("beds %v %+v", got, r.Beds)
	}
	if r.Appointments.Booked != 5 || r.Appointments.InSlot != 2 || r.Appointments.Shared != 1 || r.Appointments.Out["session"] != 1 || r.Appointments.Out["grid"] != 1 || r.Appointments.Out["no-clinic"] != 1 {
		t.Errorf("%+v", r.Appointments)
	}
	if r.Documents.Unsent != 1 || r.Documents.Marked != 1 || !slices.Equal(differences(r, NotSent), []string{"documents D1"}) {
		t.Errorf("%+v", r.Documents)
	}
	if r.Lists.Equal != 1 || r.Clocks.Equal != 1 || r.Clocks.Running != 1 {
		t.Errorf("%+v %+v", r.Lists, r.Clocks)
	}
	if r.Safety[1].Rows != 1 || r.Safety[1].Equal != 1 {
		t.Errorf("active medicines %+v", r.Safety)
	}
}

// TestClocksOfBothSides: a clock that the record works out otherwise than the
// source is named, and nobody may take it on.
func TestClocksOfBothSides(t *testing.T) {
	s := newScene(t, "R1K")
	x := s.staged(s.folder(byHand()))
	l := s.loaded(x)
	feed := s.errand("pas", "R1K")
	for _, it := range s.find(feed, "Task", l.Load) {
		v, err := it.Full()
		if err != nil {
			t.Fatal(err)
		}
		if fhir.Identifier(v, onboard.IdentifierSystem("R1K", "pathways")) == "P1" { // the event that starts the clock
			s.transact(feed, record.Op{Kind: record.Delete, Type: it.Type, ID: it.ID})
		}
	}
	r := s.run(x)
	if b := block(r, BlockClocks); b == nil || b.Acceptable || r.Clocks.Differ["clock"] != 1 || !slices.Equal(differences(r, Clock), []string{"pathways PW1"}) {
		t.Errorf("%+v %+v", r.Clocks, r.Blocks)
	}
	if !slices.Equal(differences(r, Listed), []string{"waiting W1"}) {
		t.Errorf("the list says what no event says: %+v", r.Lists)
	}
}

// TestWardsAccount: stays are held against what the wards say of their beds.
func TestWardsAccount(t *testing.T) {
	s := newScene(t, "R1K")
	files := byHand()
	files["encounters.csv"] = "key,patient,class,started,ward,bed\nE1,L1,inpatient,2026-11-20 09:00,Crick,Bay 1/Bed 1\nE2,L2,inpatient,2026-11-21 09:00,Crick,Bay 9/Bed 9\n"
	x := s.staged(s.folder(files))
	s.loaded(x)
	account := "ward,bed,state\nCrick,Bay 1/Bed 1,empty\nCrick,Bay 1/Bed 2,occupied\nCrick,Bay 1/Bed 3,closed\n"
	if err := os.WriteFile(filepath.Join(s.stage.Dir, BedFile), []byte(account), 0o600); err != nil {
		t.Fatal(err)
	}
	r := s.run(x)
	if r.Beds != (Beds{Pack: true, Told: true, Open: 2, Unknown: 1, Empty: 1, Nobody: 1}) {
		t.Errorf("%+v", r.Beds)
	}
	if got := differences(r, NobodyThere); !slices.Equal(got, []string{"encounters Crick/Bay 1/Bed 2"}) {
		t.Errorf("%v", got)
	}
}

// TestStoppedLoadReconcilesTheSame: a load that was stopped many times and went
// on is equal to one that was not, by the hashes of every class.
func TestStoppedLoadReconcilesTheSame(t *testing.T) {
	for seed := range uint64(12) {
		d := rand.New(rand.NewPCG(seed, 6))
		s := newScene(t, "RAS")
		dir, _ := s.madeUp(extract.Options{Trust: "RAS", Patients: 8 + d.IntN(17), Seed: d.Uint64N(1 << 40), Faults: extract.Usual()})
		x := s.staged(dir)
		stops := 0
		for {
			ctx, stop := context.WithCancel(s.ctx)
			n, after, stage := 0, 2+d.IntN(8), *s.stage
			stage.Now = func() time.Time { // the clock is looked at around each transaction
				if n++; stops < 12 && n > after {
					stop()
				}
				return time.Now()
			}
			_, err := stage.Load(ctx, x, s.load, onboard.LoadOptions{Batch: 5})
			stop()
			if err == nil {
				break
			}
			if stops++; ctx.Err() == nil {
				t.Fatal(err)
			}
		}
		if stops == 0 {
			t.Errorf("seed %d: the load was never stopped", seed)
		}
		r := s.run(x)
		for _, c := range r.Classes {
			if c.SourceHash != c.RecordHash || c.Equal != c.Loadable || c.Loaded != c.Loadable {
				t.Errorf("seed %d: %+v", seed, c)
			}
		}
		if r.Clocks.Equal != r.Clocks.Pathways {
			t.Errorf("seed %d: %+v", seed, r.Clocks)
		}
	}
}

// FuzzParseBeds: whatever is read is a state that is known.
func FuzzParseBeds(f *testing.F) {
	f.Add("ward,bed,state\nCrick,Bay 1/Bed 1,empty\n")
	f.Add("ward,bed,state\n\"a\nb\",1,closed")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseBeds(strings.NewReader(text))
		for name, state := range got {
			if err != nil || name == "/" || state != "occupied" && state != "empty" && state != "closed" {
				t.Errorf("%q is %q, %v", name, state, err)
			}
		}
	})
}

// TestDeltaIsReconciledWhole: a delta is held against the whole of its extract:
// what it left as it was is the base's, what is gone is told, and clocks are those
// of the events of both.
func TestDeltaIsReconciledWhole(t *testing.T) {
	s := newScene(t, "R1K")
	files := byHand()
	base := s.staged(s.folder(files))
	s.loaded(base)
	files = byHand()
	files["alerts.csv"] = strings.Replace(files["alerts.csv"], "Penicillin,severe", "Penicillin,moderate", 1)
	files["pathways.csv"] += "P3,L1,PW1,2026-11-25,30,admission,\n" // treated: the clock stops
	files["waiting.csv"] = "key,patient,pathway,clock_start,status,weeks\n"
	files["medicines.csv"] = strings.Replace(files["medicines.csv"], "M2,L2", "M9,L2", 1)
	dir := s.folder(files)
	if err := os.WriteFile(filepath.Join(dir, "extract.yaml"), []byte("trust: R1K\nsource: PAS\ntaken: 2026-11-25T20:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := s.staged(dir)
	if _, err := s.stage.MakeDelta(s.ctx, x, base, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	l := s.loaded(x)
	if n := l.Classes["patients"].Rows + l.Classes["alerts"].Rows + l.Classes["pathways"].Rows; n != 2 {
		t.Errorf("%d rows are loaded, of those that changed or are new", n)
	}
	r := s.run(x)
	for _, c := range r.Classes {
		if c.Equal != c.Loadable || c.Before != 0 || c.Extra != 0 || c.SourceHash != c.RecordHash && c.Gone == 0 {
			t.Errorf("%+v", c)
		}
	}
	if got := append(differences(r, Gone), differences(r, Extra)...); !slices.Equal(got, []string{"medicines M2", "waiting W1"}) {
		t.Errorf("gone: %v", got)
	}
	if r.Clocks.Equal != 1 || r.Clocks.Running != 0 || block(r, BlockClocks) != nil || block(r, BlockAlerts) != nil {
		t.Errorf("%+v %+v", r.Clocks, r.Blocks)
	}
	if b := block(r, BlockGone); b == nil || !b.Acceptable || b.Rows != 2 {
		t.Errorf("%+v", r.Blocks)
	}
}

// TestNoPackIsNoGo: without an org pack nobody knows slots and beds; that stands
// against the go until somebody takes it on, and is not said to be none in slot.
func TestNoPackIsNoGo(t *testing.T) {
	s := newScene(t, "R1K")
	s.opt.Pack = nil
	x := s.staged(s.folder(byHand()))
	s.loaded(x)
	r := s.run(x)
	if b := block(r, BlockNoPack); b == nil || b.Rows != 7 || !b.Acceptable || b.Accepted { // five appointments, two stays
		t.Errorf("%+v", r.Blocks)
	}
	if b := block(r, BlockAppointments); b == nil || b.Rows != 1 { // that share a slot is known all the same
		t.Errorf("%+v", r.Blocks)
	}
	if block(r, BlockBeds) == nil || r.Appointments.Words() != "5 booked; no org pack tells the slots; 1 share one" {
		t.Errorf("%+v, %s", r.Blocks, r.Appointments.Words())
	}
}

// TestMendedAfterTheLoadIsReconciled: a row that was mended after it was loaded is held
// against what the load made of it then, and not against what a ward changed later.
func TestMendedAfterTheLoadIsReconciled(t *testing.T) {
	s := newScene(t, "R1K")
	x := s.staged(s.folder(byHand()))
	s.loaded(x)
	mended := strings.Replace(byHand()["alerts.csv"], "Penicillin,severe", "Penicillin,moderate", 1)
	x, err := s.stage.Mend(s.ctx, x, s.folder(map[string]string{"alerts.csv": mended}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.stage.Profile(s.ctx, x, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	l := s.loaded(x)
	ward := s.errand("ward", "R1K")
	for _, it := range s.find(ward, "AllergyIntolerance", l.Load) {
		v, err := it.Full()
		if err != nil {
			t.Fatal(err)
		}
		s.transact(ward, record.Op{Kind: record.Update, Type: it.Type, ID: it.ID, Resource: v.With("criticality", "high")})
	}
	r := s.run(x)
	for _, c := range r.Classes {
		if c.Class == "alerts" && (c.Equal != c.Loadable || c.Differ+c.Absent+c.Extra+c.Doubled > 0) {
			t.Errorf("%+v", c)
		}
	}
	if block(r, BlockAlerts) != nil {
		t.Errorf("%+v", r.Blocks)
	}
}

// TestMergedBetweenExtractsIsReconciled: rows that the source files under another number
// since it merged the two are the same on both sides of a delta.
func TestMergedBetweenExtractsIsReconciled(t *testing.T) {
	s := newScene(t, "R1K")
	files := byHand()
	files["patients.csv"] = "key,family,given,born,sex,merged_into\nL1,EXAMPLE,Ada,1961-04-30,F,\nL2,EXAMPLE,Bob,1962-02-02,M,\nL3,EXAMPEL,Ada,1961-04-30,F,\n"
	files["alerts.csv"] += "A9,L3,allergy,,Nuts,severe,active,\n"
	base := s.staged(s.folder(files))
	s.loaded(base)
	files["patients.csv"] = strings.Replace(files["patients.csv"], "L3,EXAMPEL,Ada,1961-04-30,F,", "L3,EXAMPEL,Ada,1961-04-30,F,L1", 1)
	files["alerts.csv"] = strings.Replace(files["alerts.csv"], "A9,L3,allergy,,Nuts,severe", "A9,L1,allergy,,Nuts,moderate", 1)
	dir := s.folder(files)
	if err := os.WriteFile(filepath.Join(dir, "extract.yaml"), []byte("trust: R1K\nsource: PAS\ntaken: 2026-11-25T20:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := s.staged(dir)
	if _, err := s.stage.GoOn(s.ctx, x, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	s.loaded(x)
	r := s.run(x)
	for _, c := range r.Classes {
		if c.Equal != c.Loadable || c.Differ+c.Absent+c.Extra > 0 {
			t.Errorf("%+v", c)
		}
	}
	if block(r, BlockAlerts) != nil {
		t.Errorf("%+v", r.Blocks)
	}
}

// TestRefiledIsReconciled: what a delta has moved to another patient is whole, is named
// and has to be taken on; the report of the base stays what it was, byte by byte, and
// so do both when the source moves the row again.
func TestRefiledIsReconciled(t *testing.T) {
	s := newScene(t, "R1K")
	files := byHand()
	const a9 = "A9,L1,allergy,,Nuts,severe,active,\n"
	plain := files["alerts.csv"]
	files["alerts.csv"] = plain + a9
	next := func(taken, row string) *onboard.Extract {
		t.Helper()
		files["alerts.csv"] = plain + row
		dir := s.folder(files)
		if err := os.WriteFile(filepath.Join(dir, "extract.yaml"), []byte("trust: R1K\nsource: PAS\ntaken: "+taken+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		x := s.staged(dir)
		if _, err := s.stage.GoOn(s.ctx, x, onboard.Options{}); err != nil {
			t.Fatal(err)
		}
		s.loaded(x)
		return x
	}
	base := s.staged(s.folder(files))
	s.loaded(base)
	first := s.text(s.run(base))
	x := next("2026-11-25T20:00:00Z", strings.Replace(a9, "L1", "L2", 1))
	r := s.run(x)
	if got := differences(r, Refiled); !slices.Equal(got, []string{"alerts A9"}) || r.class("alerts").Refiled != 1 {
		t.Errorf("%v %+v", got, r.class("alerts"))
	}
	if b := block(r, BlockRefiled); b == nil || b.Rows != 1 || !b.Acceptable || block(r, BlockAlerts) != nil || block(r, BlockRows) != nil {
		t.Errorf("%+v", r.Blocks)
	}
	if again := s.text(s.run(base)); again != first {
		t.Errorf("the report of the base is another:\n%s\n%s", again, first)
	}
	second := s.text(r)
	next("2026-11-25T21:00:00Z", strings.Replace(a9, "severe", "moderate", 1))
	if s.text(s.run(base)) != first || s.text(s.run(x)) != second {
		t.Error("the reports before are others")
	}
}

// TestContentIsReconciled: the content of a document is held against the source byte by
// byte.
func TestContentIsReconciled(t *testing.T) {
	s := newScene(t, "R1K")
	files := byHand()
	files["documents.csv"] = "key,patient,kind,title,written,status,file\nD1,L1,clinic-letter,Letter,2026-11-20 10:00,final,one.pdf\nD2,L2,clinic-letter,Letter,2026-11-20 10:00,final,https://archive.example.org/2\n"
	dir := s.folder(files)
	content := filepath.Join(dir, ".letters") // what begins with a dot is no file of rows
	if err := os.Mkdir(content, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(content, "one.pdf"), []byte("%PDF made up"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "documents.csv"), []byte(strings.Replace(files["documents.csv"], "one.pdf", ".letters/one.pdf", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	x := s.staged(dir)
	s.loaded(x)
	documents := func() ClassCount {
		t.Helper()
		for _, c := range s.run(x).Classes {
			if c.Class == "documents" {
				return c
			}
		}
		return ClassCount{}
	}
	if c := documents(); c.Equal != 2 || c.SourceHash != c.RecordHash {
		t.Errorf("%+v", c)
	}
}

// TestSeverityOfOnesOwn: how severe an allergy is comes across in the source's own word
// where the record has none for it, and is held against the source.
func TestSeverityOfOnesOwn(t *testing.T) {
	s := newScene(t, "R1K")
	files := byHand()
	files["alerts.csv"] = strings.Replace(files["alerts.csv"], "Penicillin,severe", "Penicillin,life-threatening", 1)
	x := s.staged(s.folder(files))
	l := s.loaded(x)
	found := s.find(s.errand("ward", "R1K"), "AllergyIntolerance", l.Load)
	if len(found) != 1 {
		t.Fatalf("%d allergies", len(found))
	}
	v, err := found[0].Full()
	if err != nil || !strings.Contains(string(v.JSON()), "life-threatening") {
		t.Errorf("%s %v", v.JSON(), err)
	}
	if r := s.run(x); block(r, BlockAlerts) != nil {
		t.Errorf("%+v", r.Blocks)
	}
}

// TestRefusedRowsStandAgainstTheGo: a patient who was refused is in no count of what was
// loaded: their appointment and their place on a waiting list are lost unless somebody
// takes them on.
func TestRefusedRowsStandAgainstTheGo(t *testing.T) {
	s := newScene(t, "R1K")
	rows := byHand()
	rows["patients.csv"] = strings.Replace(rows["patients.csv"], "1962-02-02", "", 1)
	rows["all.ndjson"] = "{\"resourceType\":\"Patient\",\"id\":\"L3\",\"name\":[{\n"
	x := s.staged(s.folder(rows))
	s.loaded(x)
	r := s.run(x)
	// the patient, a document, a stay and three appointments; and what could not be read
	if b := block(r, BlockRefusedRows); b == nil || b.Rows != 7 || !b.Acceptable || b.Accepted || r.Unread != 1 {
		t.Errorf("%+v, %d unread", r.Blocks, r.Unread)
	}
	if b := block(r, BlockRefused); b == nil || b.Rows != 2 { // an alert and a medicine of theirs
		t.Errorf("%+v", r.Blocks)
	}
}
