package main

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/exchange/onboard"
	"concord/record"
	"concord/record/access"
)

// extractFolder writes an extract of London North West.
func extractFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["extract.yaml"] = "trust: R1K\nsource: PAS\ntaken: 2026-11-25T02:00:00Z\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// loadFolder stages, profiles and loads an extract of London North West.
func loadFolder(t *testing.T, h *house, dir string) *onboard.Loading {
	t.Helper()
	ctx := context.Background()
	s, err := h.stageOf("R1K")
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Add(ctx, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(ctx, x, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	e, err := h.loaderOf("R1K")
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Load(ctx, x, e, onboard.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for class, p := range l.Classes {
		if len(p.Refused) > 0 {
			t.Errorf("%s: refused %v", class, p.Refused)
		}
	}
	return l
}

// TestFeedGoesOnWithWhatWasLoaded: after the switch the trust's own feed speaks
// of stays, appointments, documents and allergies that came with the load; each
// goes on as what it is, and none comes a second time.
func TestFeedGoesOnWithWhatWasLoaded(t *testing.T) {
	h, err := openHouse(context.Background(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	loadFolder(t, h, extractFolder(t, map[string]string{
		"patients.csv":     "key,family,given,born,sex\nH100,Example,Meera,1971-06-12,F\n",
		"encounters.csv":   "key,patient,class,started,ward,bed\nV100,H100,inpatient,2026-11-20 09:30,Crick,Bay 3/Bed 2\n",
		"appointments.csv": "key,patient,clinic,starts,status\nA7,H100,CARD1,2026-12-20 10:00,booked\n",
		"documents.csv":    "key,patient,kind,title,written,status\nD9,H100,LET,Clinic letter,2026-11-01 10:00,draft\n",
		"alerts.csv": "key,patient,kind,code,text,severity,status\nAL1,H100,allergy,PEN,Penicillin,mild,active\n" +
			"AL2,H100,allergy,PEN,Penicillin,severe,active\n",
	}))
	pid := "PID|1||H100^^^PAS^MR||Example^Meera||19710612|F\r"
	head := func(app, typ, id string) string {
		return "MSH|^~\\&|" + app + "|R1K|C|N|20261126073809||" + typ + "|" + id + "|P|2.4\rEVN||20261126073000\r" + pid
	}
	send(t, h,
		head("PAS", "ADT^A03", "1")+"PV1|1|I|Crick^Bay 3^Bed 2^R1K01|21|||||||||||||||V100|||||||||||||||||01||||||||20261120093000|20261126071500\rAL1|1|DA|PEN^Penicillin|SV\r",
		"MSH|^~\\&|PAS|R1K|C|N|20261126073809||SIU^S15|2|P|2.4\rSCH|A7|A7|||||||||^^^20261220100000^20261220101500||||||||||||||Cancelled\r"+pid,
		head("PAS", "MDM^T02", "3")+"TXA|1|LET|TX|20261101100000||||||||D9|||||AU\rOBX|1|TX|LET||The letter||||||F\r")
	showsOnly(t, h, map[string][]string{
		"Encounter": {"finished"}, "Appointment": {"cancelled"}, "DocumentReference": {"current"}, "AllergyIntolerance": {"active", "active"},
	})
}

// TestLoadAfterTheFeed: what the feed brought before the load is not brought a
// second time, and an allergy of which the source says more than the feed is kept
// beside the feed's.
func TestLoadAfterTheFeed(t *testing.T) {
	h, err := openHouse(context.Background(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	send(t, h, "MSH|^~\\&|PAS|R1K|C|N|20261120093100||ADT^A01|1|P|2.4\rEVN||20261120093000\rPID|1||H100^^^PAS^MR||Example^Meera||19710612|F\r"+
		"PV1|1|I|Crick^Bay 3^Bed 2^R1K01|21|||||||||||||||V100|||||||||||||||||||||||||20261120093000\rAL1|1|DA|PEN^Penicillin|MI\r")
	l := loadFolder(t, h, extractFolder(t, map[string]string{
		"patients.csv":   "key,family,given,born,sex\nH100,Example,Meera,1971-06-12,F\n",
		"encounters.csv": "key,patient,class,started,ward,bed\nV100,H100,inpatient,2026-11-20 09:30,Crick,Bay 3/Bed 2\n",
		"alerts.csv":     "key,patient,kind,code,text,severity,status\nAL1,H100,allergy,PEN,Penicillin,severe,active\n",
	}))
	if e := l.Classes["encounters"]; e.There != 1 || e.Created != 0 {
		t.Errorf("the stay that the feed brought: %+v", e)
	}
	showsOnly(t, h, map[string][]string{"Patient": {""}, "Encounter": {"in-progress"}, "AllergyIntolerance": {"active", "active"}})
}

// send hands messages of a feed in and waits until they are applied.
func send(t *testing.T, h *house, messages ...string) {
	t.Helper()
	for _, text := range messages {
		if ack := h.receiver.Receive(context.Background(), []byte(text), nil); !strings.Contains(string(ack), "|AA|") {
			t.Fatalf("%q: %s", text, ack)
		}
	}
	applied(t, h)
}

func anOperator(h *house) *record.Errand {
	return h.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
}

// showsOnly holds the statuses of all resources of some types against those that
// should be.
func showsOnly(t *testing.T, h *house, types map[string][]string) {
	t.Helper()
	for typ, want := range types {
		found, err := anOperator(h).Search(context.Background(), record.Asked{Types: []string{typ}, Form: url.Values{}})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Matches) != len(want) {
			t.Errorf("%d of %s, want %d", len(found.Matches), typ, len(want))
			continue
		}
		for i, it := range found.Matches {
			v, err := it.Full()
			if err != nil {
				t.Fatal(err)
			}
			status := v.StrAt("status")
			if typ == "AllergyIntolerance" {
				status = v.StrAt("clinicalStatus.coding.0.code")
			}
			if status != want[i] || it.Org != "R1K" {
				t.Errorf("%s is %s: %s", typ, status, v.JSON())
			}
		}
	}
}

// applied lets the messages that wait be applied, each without a complaint.
func applied(t *testing.T, h *house) {
	t.Helper()
	e := anOperator(h)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.applier.Run(ctx)
	}()
	defer func() {
		stop()
		<-ended
	}()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		rows, err := e.Messages(ctx, record.MessageFilter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		waiting := false
		for _, m := range rows {
			waiting = waiting || m.State == record.Received
		}
		if waiting {
			continue
		}
		for _, m := range rows {
			if m.State != record.Applied {
				t.Errorf("message %d: %v %s", m.Seq, m.State, m.Code)
			}
		}
		return
	}
	t.Fatal("messages still wait")
}

// TestFeedGoesOnAfterADelta: what a delta changed keeps the key by which the feed
// knows it.
func TestFeedGoesOnAfterADelta(t *testing.T) {
	ctx := context.Background()
	h, err := openHouse(ctx, where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	patients := "key,family,given,born,sex\nH100,Example,Meera,1971-06-12,F\n"
	encounters := "key,patient,class,started,ward,bed\nV100,H100,inpatient,2026-11-20 09:30,Crick,Bay 3/Bed 2\n"
	loadFolder(t, h, extractFolder(t, map[string]string{"patients.csv": patients, "encounters.csv": encounters}))
	after := extractFolder(t, map[string]string{"patients.csv": patients, "encounters.csv": strings.Replace(encounters, "Bed 2", "Bed 5", 1)})
	if err := os.WriteFile(filepath.Join(after, "extract.yaml"), []byte("trust: R1K\nsource: PAS\ntaken: 2026-11-25T20:00:00Z\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, base, e := stageOfR1K(t, h, "")
	x, err := s.Add(ctx, after, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(ctx, x, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MakeDelta(ctx, x, base, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	if l, err := s.Load(ctx, x, e, onboard.LoadOptions{}); err != nil || l.Classes["encounters"].Created != 1 {
		t.Fatalf("%+v %v", l, err)
	}
	send(t, h, "MSH|^~\\&|PAS|R1K|C|N|20261126073809||ADT^A03|1|P|2.4\rEVN||20261126073000\rPID|1||H100^^^PAS^MR||Example^Meera||19710612|F\r"+
		"PV1|1|I|Crick^Bay 3^Bed 5^R1K01|21|||||||||||||||V100|||||||||||||||||01||||||||20261120093000|20261126071500\r")
	showsOnly(t, h, map[string][]string{"Encounter": {"finished"}})
}

// TestFeedThatReplaysAWeek: after the load the feed plays a week again: what is
// older than the extract changes nothing that was loaded, and what is newer does.
func TestFeedThatReplaysAWeek(t *testing.T) {
	h, err := openHouse(context.Background(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	loadFolder(t, h, extractFolder(t, map[string]string{
		"patients.csv":     "key,family,given,born,sex,town\nH100,Example,Meera,1971-06-12,F,Harrow\n",
		"encounters.csv":   "key,patient,class,started,ended,ward,bed\nV99,H100,inpatient,2026-11-20 09:30,2026-11-22 12:00,Crick,Bay 3/Bed 2\nV100,H100,inpatient,2026-11-24 09:30,,Crick,Bay 3/Bed 2\n",
		"appointments.csv": "key,patient,clinic,starts,status\nA7,H100,CARD1,2026-12-20 10:00,cancelled\n",
		"alerts.csv":       "key,patient,kind,code,text,severity,status\nAL1,H100,allergy,PEN,Penicillin,severe,active\n",
	}))
	before := shownBy(t, h)
	pid := "PID|1||H100^^^PAS^MR||Exampel^Mira||19710612|F|||^^Wembley\r"
	send(t, h,
		"MSH|^~\\&|PAS|R1K|C|N|20261120093100||ADT^A01|1|P|2.4\rEVN||20261120093000\r"+pid+"PV1|1|I|Crick^Bay 1^Bed 1^R1K01|21|||||||||||||||V99|||||||||||||||||||||||||20261120093000\rAL1|1|DA|PEN^Penicillin|MI\r",
		"MSH|^~\\&|PAS|R1K|C|N|20261123100000||SIU^S12|2|P|2.4\rSCH|A7|A7|||||||||^^^20261218100000^20261218101500||||||||||||||Booked\r"+pid,
		"MSH|^~\\&|PAS|R1K|C|N|20261124093100||ADT^A01|3|P|2.4\rEVN||20261124093000\r"+pid+"PV1|1|I|Crick^Bay 1^Bed 1^R1K01|21|||||||||||||||V100|||||||||||||||||||||||||20261124093000\r")
	if after := shownBy(t, h); !slices.Equal(before, after) {
		t.Errorf("before %q\nafter %q", before, after)
	}
	send(t, h, "MSH|^~\\&|PAS|R1K|C|N|20261126073809||ADT^A03|4|P|2.4\rEVN||20261126073000\r"+pid+"PV1|1|I|Crick^Bay 3^Bed 2^R1K01|21|||||||||||||||V100|||||||||||||||||01||||||||20261124093000|20261126071500\r")
	if after := strings.Join(shownBy(t, h), "\n"); strings.Contains(after, "in-progress") || !strings.Contains(after, "Wembley") {
		t.Errorf("what is new does not count: %s", after)
	}
}

// shownBy is what the record says of people, stays, appointments and allergies: names, towns,
// places, times and statuses.
func shownBy(t *testing.T, h *house) []string {
	t.Helper()
	var out []string
	for _, typ := range []string{"Patient", "Encounter", "Appointment", "AllergyIntolerance"} {
		found, err := anOperator(h).Search(context.Background(), record.Asked{Types: []string{typ}, Form: url.Values{}})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range found.Matches {
			v, err := it.Full()
			if err != nil {
				t.Fatal(err)
			}
			says := []string{typ}
			for _, path := range []string{"name.0.family", "address.0.city", "status", "start", "period.start", "period.end", "location.0.location.identifier.value", "reaction.0.severity"} {
				says = append(says, v.StrAt(path))
			}
			out = append(out, strings.Join(says, " "))
		}
	}
	slices.Sort(out)
	return out
}
