package main

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"concord/exchange/onboard"
	"concord/exchange/onboard/reconcile"
	"concord/record"
	"concord/standard/fhir"
)

const resultsHead = "key,patient,order,code,name,value,unit,range,status,taken,reported\n"

// oru is a result message of London North West about H100.
func oru(id, at, placer, filler, taken string, obx ...string) string {
	text := "MSH|^~\\&|LAB|R1K|C|N|" + at + "||ORU^R01|" + id + "|P|2.4\rPID|1||H100^^^PAS^MR||Example^Meera||19710612|F\r" +
		"OBR|1|" + placer + "|" + filler + "|UE^Urea and electrolytes|||" + taken + "|||||||||||||||" + at + "||CH|F\r"
	for _, o := range obx {
		text += o + "\r"
	}
	return text
}

// values are those of the results of a trust, each with its status, by code.
func values(t *testing.T, h *house) []string {
	t.Helper()
	found, err := anOperator(h).Search(context.Background(), record.Asked{Types: []string{"Observation"}, Form: url.Values{"_count": {"1000"}}})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, it := range found.Matches {
		v, err := it.Full()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v.StrAt("code.coding.0.code")+" "+v.Path("valueQuantity.value").Text()+" "+v.StrAt("status")+" "+fhir.Identifier(v, onboard.IdentifierSystem("R1K", "results")))
	}
	slices.Sort(out)
	return out
}

// TestCorrectionOfALoadedResult: what a feed says after the switch of a result that
// the load brought changes that result, and does not stand beside it; what is
// another result comes as one; what was said before the extract was taken changes
// nothing; the load's report stays what it was, and its undo names what was changed.
func TestCorrectionOfALoadedResult(t *testing.T) {
	ctx := context.Background()
	h, err := openHouse(ctx, where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	dir := extractFolder(t, map[string]string{
		"patients.csv": "key,family,given,born,sex\nH100,Example,Meera,1971-06-12,F\n",
		"results.csv": resultsHead +
			"R1,H100,P26,NA,Sodium,125,mmol/L,133-146,final,2026-11-24 08:05,2026-11-24 10:00\n" + // by the placer's number
			"R2,H100,L77,K,Potassium,7.1,mmol/L,3.5-5.3,preliminary,2026-11-24 08:05,2026-11-24 10:00\n" + // by the laboratory's
			"R3,H100,,CREA,Creatinine,900,umol/L,45-84,final,2026-11-24 08:05,2026-11-24 10:00\n" + // by none
			"R4,H100,P26,GLU,Glucose,4.0,mmol/L,,final,2026-11-24 08:05,\nR5,H100,P26,GLU,Glucose,9.0,mmol/L,,final,2026-11-24 08:05,\n" + // nobody can say which
			"R6,H100,P26,GLU,Glucose,6.0,mmol/L,,final,2026-11-24 10:05,\n",
	})
	l := loadFolder(t, h, dir)
	loaded := values(t, h)
	report := reportOf(t, h)
	send(t, h, oru("1", "20261124103000", "P26", "L77", "20261124080500", "OBX|1|NM|NA^Sodium^L||111|mmol/L|||||F")) // before the extract: a replay
	if now := values(t, h); !slices.Equal(now, loaded) {
		t.Errorf("a message that is older than the extract changes what was loaded: %v", now)
	}
	corrected := oru("2", "20261126090000", "P26", "L77", "20261124080530",
		"OBX|1|NM|NA^Sodium^L||135|mmol/L|133-146||||C", "OBX|2|NM|K^Potassium^L||4.1|mmol/L|3.5-5.3||||F",
		"OBX|3|NM|CREA^Creatinine^L||90|umol/L|45-84||||C", "OBX|4|NM|GLU^Glucose^L||5.0|mmol/L|||||C", "OBX|5|NM|CRP^C-reactive protein^L||5|mg/L|||||F")
	send(t, h, corrected)
	want := []string{"CREA 90 corrected R3", "CRP 5 final ", "GLU 4.0 final R4", "GLU 5.0 corrected ", "GLU 6.0 final R6", "GLU 9.0 final R5", "K 4.1 final R2", "NA 135 corrected R1"}
	if now := values(t, h); !slices.Equal(now, want) {
		t.Errorf("now %q\nnot %q", now, want)
	}
	send(t, h, strings.ReplaceAll(strings.Replace(corrected, "|2|P|2.4", "|3|P|2.4", 1), "|135|", "|136|")) // found by its own key now
	want[7] = "NA 136 corrected R1"
	if now := values(t, h); !slices.Equal(now, want) {
		t.Errorf("now %q\nnot %q", now, want)
	}
	send(t, h, oru("4", "20261126093000", "P26", "L77", "20261124100500", "OBX|1|NM|GLU^Glucose^L|1|6.1|mmol/L|||||C", "OBX|2|NM|GLU^Glucose^L|2|6.2|mmol/L|||||C"))
	want = slices.Insert(want, 4, "GLU 6.1 corrected ", "GLU 6.2 corrected ") // nobody can say which of them the loaded one is
	slices.Sort(want)
	if now := values(t, h); !slices.Equal(now, want) {
		t.Errorf("now %q\nnot %q", now, want)
	}
	if again := reportOf(t, h); again != report {
		t.Errorf("the report of the load is another: %s\n%s", report, again)
	}
	kept := undone(t, h, l.Extract)
	if len(kept) != 4 { // three results, and whose they are
		t.Errorf("kept %+v", kept)
	}
}

// reportOf reconciles the newest extract of London North West.
func reportOf(t *testing.T, h *house) string {
	t.Helper()
	s, x, e := stageOfR1K(t, h, "")
	r, err := reconcile.Run(context.Background(), s, x, e, reconcile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Differences) != 0 {
		t.Errorf("%+v", r.Differences)
	}
	text, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func stageOfR1K(t *testing.T, h *house, id string) (*onboard.Stage, *onboard.Extract, *record.Errand) {
	t.Helper()
	s, err := h.stageOf("R1K")
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	e, err := h.loaderOf("R1K")
	if err != nil {
		t.Fatal(err)
	}
	return s, x, e
}

func undone(t *testing.T, h *house, id string) []onboard.KeptResource {
	t.Helper()
	s, x, e := stageOfR1K(t, h, id)
	u, err := s.Undo(context.Background(), x, e, onboard.UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return u.Kept
}
