package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/demo/extract"
	"concord/exchange/onboard"
	"concord/fault"
	"concord/record"
	"concord/record/access"
)

// TestExtractOfMessages: HL7 v2 messages of a trust become rows; a later account
// of a patient counts, and one in a result does not take the place of the
// administration's. What nobody can read counts as refused.
func TestExtractOfMessages(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	pid := "PID|1||H100^^^PAS^MR~9990001006^^^NHS^NH||Patel^Meera||19710612|F|||3 Mate House^^Wembley^^HA9 1PI^GBR^H\r"
	messages := "MSH|^~\\&|PAS|R1K|C|N|20240301073809||ADT^A01|1|P|2.4\rEVN||20240301073809\r" + pid +
		"PV1|1|I|Crick^Bay 3^Bed 2^R1K01|21||||||300|||||||||V100|||||||||||||||||||||||||20240301073000\n" +
		"MSH|^~\\&|PAS|R1K|C|N|20240302073809||ADT^A08|2|P|2.4\rEVN||20240302073809\r" + strings.Replace(pid, "3 Mate House", "5 New Road", 1) + "PV1|1|I|Crick|||||||||||||||||V100\r\n" +
		"MSH|^~\\&|LAB|R1K|C|N|20240303073809||ORU^R01|3|P|2.4\rPID|1||H100^^^PAS^MR||Patel^Meera||19710612|F\rOBR|1|P1|F1|UE^Urea and electrolytes|||20240303070000\rOBX|1|NM|NA^Sodium||140|mmol/L|133-146|N|||F|||20240303070000\n" +
		"MSH|^~\\&|PAS|R1K|C|N|20240304073809||ZZZ^Z99|4|P|2.4\rPID|1||H100\n"
	for name, text := range map[string]string{"extract.yaml": "trust: R1K\nsource: PAS\ntaken: 2026-11-25T02:00:00Z\n", "feed.hl7": messages} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := staged{Data: t.TempDir(), Org: "R1K"}.stage()
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Add(ctx, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Profile(ctx, x, onboard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	loadable := map[string]int64{}
	for _, c := range r.Classes {
		loadable[c.Class] = c.Loadable
	}
	if loadable["patients"] != 1 || loadable["encounters"] != 1 || loadable["results"] != 1 || r.Refused != 1 {
		t.Errorf("rows %v, %d refused: %+v", loadable, r.Refused, r.Problems)
	}
	if f := x.Parts[0].Files[0]; f.Refused != 1 {
		t.Errorf("the message that nobody can read is not refused: %+v", f)
	}
	m, err := os.ReadFile(x.Folder("refused/part-1/unreadable-feed.csv"))
	if err != nil || !bytes.Contains(m, []byte("ZZZ^Z99")) {
		t.Errorf("%s, %v", m, err)
	}
}

// TestExtractOfMerges: a message by which the source merges two numbers makes one person
// of both rows, whatever came of either before; a result that comes under the old
// number later changes nothing of it.
func TestExtractOfMerges(t *testing.T) {
	dir, data := t.TempDir(), t.TempDir()
	n := 0
	message := func(kind, number, more string) string {
		n++
		at := fmt.Sprintf("202403%02d073809", n)
		return "MSH|^~\\&|PAS|R1K|C|N|" + at + "||" + kind + "|" + at + "|P|2.4\rEVN||" + at + "\rPID|1||" + number + "^^^PAS^MR||Patel^Meera||19710612|F|||3 Mate House^^Wembley^^HA9 1PI^GBR^H\r" + more + "\n"
	}
	result := "OBR|1|P1|F1|UE^Urea and electrolytes|||20240303070000\rOBX|1|NM|NA^Sodium||140|mmol/L|133-146|N|||F|||20240303070000\r"
	messages := message("ADT^A28", "H100", "") + message("ADT^A28", "H200", "") + message("ADT^A40", "H200", "MRG|H100^^^PAS^MR~H300^^^PAS^MR\r") +
		message("ADT^A08", "H200", "PV1|1|N\r") + message("ORU^R01", "H100", result)
	for name, text := range map[string]string{"extract.yaml": "trust: R1K\nsource: PAS\ntaken: 2026-11-25T02:00:00Z\n", "feed.hl7": messages} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := staged{Data: data, Org: "R1K"}.stage()
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Add(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(t.Context(), x, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	into := map[string]string{}
	for row, err := range x.Rows("patients") {
		if err != nil {
			t.Fatal(err)
		}
		into[row.Key()] = row.At("merged_into") + " " + row.At("hospital_number")
	}
	if want := map[string]string{"H100": "H200 H100", "H200": " H200", "H300": "H200 H300"}; !maps.Equal(into, want) {
		t.Errorf("rows %v, not %v", into, want)
	}
	h, err := openHouse(t.Context(), where{Data: data}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	var out bytes.Buffer
	if err := h.command(t.Context(), request{Command: "onboard-load", Org: "R1K", AsSent: "a test"}, &out); err != nil {
		t.Fatalf("%s %v", &out, err)
	}
	found, err := h.operator().Search(t.Context(), record.Asked{Types: []string{"Patient"}})
	if err != nil || len(found.Matches) != 3 {
		t.Fatalf("%d entries, %v", len(found.Matches), err)
	}
	steward := h.desk.For(access.Requester{ID: "okafor", Role: access.Steward, Org: "R1K"}, access.Reason{Purpose: access.Integrity})
	persons, active := map[string]bool{}, 0
	for _, it := range found.Matches {
		seen, err := steward.Foresee(t.Context(), []record.AskedPair{{Entry: it.ID}})
		if err != nil || seen[0] == nil {
			t.Fatal(seen, err)
		}
		if v, err := it.Full(); err == nil && v.Get("active").Bool() {
			active++
		}
		persons[seen[0].Person] = true
	}
	if len(persons) != 1 || active != 1 {
		t.Errorf("%d persons of one woman, %d numbers in use", len(persons), active)
	}
}

// TestOnboardCommands: stage, profile and match as an operator does them, on one
// data folder, and in words.
func TestOnboardCommands(t *testing.T) {
	ctx := context.Background()
	dir, data := t.TempDir(), t.TempDir()
	if _, err := extract.Write(dir, extract.Options{Trust: "RAS", Patients: 60, Seed: 2, Faults: extract.Usual()}); err != nil {
		t.Fatal(err)
	}
	s, err := staged{Data: data, Org: "RAS"}.stage()
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Add(ctx, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Profile(ctx, x, onboard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Text(&out, r); err != nil || !strings.Contains(out.String(), "(+0)") || !strings.Contains(out.String(), "waiting lists: ") {
		t.Errorf("%s, %v", &out, err)
	}
	h, err := openHouse(ctx, where{Data: data}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	out.Reset()
	if err := h.command(ctx, request{Command: "onboard-match", Org: "RAS"}, &out); err != nil || !strings.Contains(out.String(), "100.0%  new") {
		t.Errorf("%s, %v", &out, err)
	}
	if err := h.command(ctx, request{Command: "onboard-load", Org: "RAS"}, &out); fault.Of(err).Code != "onboard.build" {
		t.Errorf("codes that nobody has looked at are loaded: %v", err)
	}
	for _, factor := range []float64{-1, 0.5} {
		for _, command := range []string{"onboard-load", "onboard-undo"} {
			if err := h.command(ctx, request{Command: command, Org: "RAS", Factor: factor}, &out); fault.Of(err).Code != "cli.p95-factor" {
				t.Errorf("%s held to %v: %v", command, factor, err)
			}
		}
	}
	for _, c := range []struct {
		command string
		factor  float64
		says    string
	}{{"onboard-load", 0, "created"}, {"onboard-load", 0, ": loaded"}, {"onboard-undo", 2, "removed: Patient"}} {
		out.Reset()
		err := h.command(ctx, request{Command: c.command, Org: "RAS", AsSent: "a test", Factor: c.factor}, &out)
		if told := strings.Contains(out.String(), "95 of 100 waited at most"); err != nil || !strings.Contains(out.String(), c.says) || told != (c.factor > 0) {
			t.Errorf("%s: %s, %v", c.command, &out, err)
		}
	}
	if err := h.command(ctx, request{Command: "onboard-match", Org: "../RAS"}, &out); err == nil {
		t.Error("a path was taken for an organisation")
	}
	reports := []*onboard.Report{r, r}
	out.Reset()
	if err := onboard.Trend(&out, reports); err != nil || !strings.Contains(out.String(), "patients that can be loaded") {
		t.Errorf("%s, %v", &out, err)
	}
}

// TestStageFolder: commands and the server find the extracts of an organisation
// at the same place, also where it is not within the data folder.
func TestStageFolder(t *testing.T) {
	data, elsewhere := t.TempDir(), t.TempDir()
	for named, want := range map[string]string{"": filepath.Join(data, "stage"), elsewhere: elsewhere} {
		s, err := staged{Data: data, Stages: named, Org: "R1K"}.stage()
		if err != nil {
			t.Fatal(err)
		}
		h := &house{stages: where{Data: data, Stages: named}.stages(), desk: &record.Desk{}}
		served, err := h.stageOf("R1K")
		if err != nil || s.Dir != filepath.Join(want, "R1K") || served.Dir != s.Dir {
			t.Errorf("%q: %s, %s, %v", named, s.Dir, served.Dir, err)
		}
	}
}
