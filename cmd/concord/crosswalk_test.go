package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/care/chart"
	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
)

// harmonised is what was decided on codes of London North West.
const harmonised = `org: R1K
decisions:
  - {kind: results, code: GLUR, name: Glucose, verb: map, to: {system: "urn:concord:QRV:code", code: GLU, name: Glucose}, who: R1K/steward, at: 2026-11-20T10:00:00Z, why: a test}
  - {kind: results, code: OLD, name: Old test, verb: variance, owner: Pathology, who: R1K/steward, at: 2026-11-20T10:00:00Z, why: a test}
  - {kind: units, code: mg/dl, name: mg/dl, verb: map, to: {system: "http://unitsofmeasure.org", code: mg/dL, name: mg/dL}, who: R1K/steward, at: 2026-11-20T10:00:00Z, why: a test}
  - {kind: alerts, code: A-PEN, name: Penicillin, verb: map, to: {system: "urn:concord:QRV:code", code: PENICILLIN, name: Allergy to penicillin}, who: R1K/steward, at: 2026-11-20T10:00:00Z, why: a test}
  - {kind: documents, code: LET, name: LET, verb: map, to: {system: "urn:concord:QRV:code", code: LETTER, name: Clinic letter}, who: R1K/steward, at: 2026-11-20T10:00:00Z, why: a test}
  - {kind: wards, code: NPCRI, name: NPCRI, verb: map, to: {system: "urn:concord:R1K:location", code: Crick, name: Crick ward}, who: R1K/steward, at: 2026-11-20T10:00:00Z, why: a test}
`

// harmonise gives a house the catalogue of a domain and decisions of London North
// West.
func harmoniseR1K(t *testing.T, h *house) {
	t.Helper()
	for _, req := range []request{
		{Command: "build-catalogue", Org: access.Domain, Pack: map[string][]byte{
			"results.csv":   []byte("code,name,national_system,national_code,unit,molar_mass\nGLU,Glucose,http://loinc.org,14749-6,mmol/L,180.156\n"),
			"alerts.csv":    []byte("code,name\nPENICILLIN,Allergy to penicillin\n"),
			"documents.csv": []byte("code,name\nLETTER,Clinic letter\n")}},
		{Command: "org-apply", Pack: map[string][]byte{"pack.yaml": []byte("organisation: {code: R1K, name: London North West University Healthcare NHS Trust, kind: acute, privacy-officer: officer}\n" +
			"sites: [{code: R1K01, name: Northwick Park Hospital}]\nwards: [{code: Crick, name: Crick ward, site: R1K01}]\n")}},
		{Command: "build-take", Org: "R1K", Text: []byte(harmonised)},
	} {
		if err := h.command(t.Context(), req, &bytes.Buffer{}); err != nil {
			t.Fatal(req.Command, err)
		}
	}
}

// loadHarmonised stages, profiles and loads an extract by what was decided.
func loadHarmonised(t *testing.T, h *house, files map[string]string) *onboard.Loading {
	t.Helper()
	ctx := t.Context()
	s, err := h.stageOf("R1K")
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Add(ctx, extractFolder(t, files), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(ctx, x, onboard.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := h.command(ctx, request{Command: "onboard-load", Org: "R1K"}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	l, err := x.Loading()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func harmonisedExtract() map[string]string {
	return map[string]string{
		"patients.csv": "key,family,given,born,sex\nH100,Example,Meera,1971-06-12,F\nH200,Example,Ada,1961-06-12,F\n",
		"results.csv": resultsHead + "R1,H100,P1,GLUR,Glucose,126,mg/dl,70-110,final,2026-11-20 08:05,2026-11-20 10:00\n" +
			"R2,H100,P1,OLD,Old test,7,mg/dl,,final,2026-11-20 08:05,2026-11-20 10:00\n",
		"encounters.csv": "key,patient,class,started,ward,bed\nV100,H100,inpatient,2026-11-20 09:30,NPCRI,Bay 3/Bed 2\n",
		"documents.csv":  "key,patient,kind,title,written,status\nD9,H100,LET,Clinic letter,2026-11-01 10:00,final\n",
		"alerts.csv":     "key,patient,kind,code,text,severity,status\nAL1,H100,allergy,A-PEN,Penicillin,mild,active\n",
	}
}

// found are the resources of a type, by the value at a path.
func foundBy(t *testing.T, h *house, typ, path string) map[string]*fhir.Value {
	t.Helper()
	res, err := anOperator(h).Search(context.Background(), record.Asked{Types: []string{typ}, Form: url.Values{"_count": {"1000"}}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*fhir.Value{}
	for _, it := range res.Matches {
		v, err := it.Full()
		if err != nil {
			t.Fatal(err)
		}
		out[v.Path(path).Text()] = v
	}
	return out
}

// TestLoadAndFeedAlike: what the load of a trust brought and what its feed says of the
// same after it are the same resources but for where they come from; the feed goes by
// what was decided from the end of the load on, without a restart.
func TestLoadAndFeedAlike(t *testing.T) {
	h, err := openHouse(t.Context(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	harmoniseR1K(t, h)
	l := loadHarmonised(t, h, harmonisedExtract())
	k, err := h.harmony.Published(t.Context(), "R1K")
	if err != nil || k == nil || k.Load != l.Load {
		t.Fatalf("the load has published %+v %v", k, err)
	}
	pid := strings.NewReplacer("H100", "H200", "Meera", "Ada", "1971", "1961")
	send(t, h, pid.Replace(oru("1", "20261120100000", "P1", "", "20261120080500", "OBX|1|NM|GLUR^Glucose^L||126|mg/dl|70-110||||F", "OBX|2|NM|OLD^Old test^L||7|mg/dl|||||F")),
		pid.Replace("MSH|^~\\&|PAS|R1K|C|N|20261126073809||ADT^A01|2|P|2.4\rEVN||20261126073000\rPID|1||H100^^^PAS^MR||Example^Meera||19710612|F\r"+
			"PV1|1|I|NPCRI^Bay 3^Bed 2^R1K01|||||||||||||||||V200|||||||||||||||||||||||||20261120093000\rAL1|1|DA|A-PEN^Penicillin|MI\r"),
		pid.Replace("MSH|^~\\&|PAS|R1K|C|N|20261126073809||MDM^T02|3|P|2.4\rPID|1||H100^^^PAS^MR||Example^Meera||19710612|F\rTXA|1|LET|TX|20261101100000||||||||D10|||||AU\rOBX|1|TX|LET||The letter||||||F\r"))
	patients := foundBy(t, h, "Patient", "identifier.0.value")
	loaded, said := "Patient/"+patients["H100"].ID(), "Patient/"+patients["H200"].ID()
	for _, c := range []struct{ typ, by, pick string }{
		{"Observation", "code.coding.0.code", "GLU"}, {"Observation", "code.coding.0.code", "OLD"},
		{"AllergyIntolerance", "", ""}, {"DocumentReference", "", ""}, {"Encounter", "", ""},
	} {
		a, b := pickOf(t, h, c.typ, loaded, c.by, c.pick), pickOf(t, h, c.typ, said, c.by, c.pick)
		for _, path := range []string{"code.coding", "code.text", "valueQuantity", "referenceRange", "effectiveDateTime", "issued", "status", "category", "basedOn", "type.coding", "location.0.location.identifier.value", "location.0.location.extension"} {
			if c.typ == "AllergyIntolerance" && path == "category" || c.typ == "Encounter" && path == "type.coding" || c.typ == "DocumentReference" && path == "category" {
				continue
			}
			if c.pick == "OLD" && path == "code.coding" { // what is not mapped keeps the sender's own words
				path = "code.coding.0.code"
			}
			if x, y := a.Path(path), b.Path(path); !fhir.Equal(x, y) {
				t.Errorf("%s %s: the load has %s, the feed %s", c.typ, path, x.JSON(), y.JSON())
			}
		}
		if version := b.StrAt("meta.tag.0.code"); version != k.Version {
			t.Errorf("%s does not say by which table it was written: %s", c.typ, b.Path("meta").JSON())
		}
	}
	if q := pickOf(t, h, "Observation", said, "code.coding.0.code", "GLU").Get("valueQuantity"); q.Path("value").Raw() != "6.99" || q.StrAt("unit") != "mmol/L" {
		t.Errorf("the value is %s", q.JSON())
	}
	if list, err := anOperator(h).Unmapped(t.Context(), "R1K"); err != nil || len(list) != 1 || list[0].Kind != "orders" { // of panels no extract has a code
		t.Errorf("what is decided on is asked for: %+v %v", list, err)
	}
}

// pickOf is the one resource of a type about a patient, with a value at a path.
func pickOf(t *testing.T, h *house, typ, patient, path, value string) *fhir.Value {
	t.Helper()
	res, err := anOperator(h).Search(context.Background(), record.Asked{Types: []string{typ}, Form: url.Values{"patient": {patient}}})
	if err != nil {
		t.Fatal(err)
	}
	var out *fhir.Value
	for _, it := range res.Matches {
		v, err := it.Full()
		if err != nil {
			t.Fatal(err)
		}
		if value == "" || v.StrAt(path) == value {
			out = v
		}
	}
	if out == nil {
		t.Fatalf("%s has no %s %s", patient, typ, value)
	}
	return out
}

// TestOneSeries: on the page of a test stand the results that were loaded and those
// that came after it, in one line and one unit; a value whose unit nobody has decided
// on is not among them, and is asked about until somebody has.
func TestOneSeries(t *testing.T) {
	h, err := openHouse(t.Context(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	harmoniseR1K(t, h)
	loadHarmonised(t, h, harmonisedExtract())
	send(t, h, oru("1", "20261126100000", "P2", "F2", "20261126080500", "OBX|1|NM|GLUR^Glucose^L||90|mg/dl|70-110||||F"),
		oru("2", "20261127100000", "P3", "F3", "20261127080500", "OBX|1|NM|GLUR^Glucose^L||1.1|g/l|||||F", "OBX|2|NM|NEW^New test^L||5|mmol/L|||||F"),
		oru("3", "20261128100000", "P4", "F4", "20261128080500", "OBX|1|NM|GLUR^Glucose^L||<36|mg/dl|||||F"))
	if got := series(t, h, "code:GLU"); !slices.Equal(got, []string{"mmol/L 6.99 5.00"}) && !slices.Equal(got, []string{"mmol/L 6.99 5"}) {
		t.Errorf("the series are %q", got)
	}
	if got := series(t, h, "code:GLUR"); !slices.Equal(got, []string{"g/l 1.1"}) {
		t.Errorf("what could not be converted is %q", got)
	}
	asked := func() (out []string) {
		list, err := anOperator(h).Unmapped(t.Context(), "R1K")
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range list {
			out = append(out, strings.TrimSpace(u.Kind+" "+u.Code+" "+u.Unit))
			if u.Kind == "results" && u.Messages != 1 || u.Feed != "lab@r1k" {
				t.Errorf("%+v", u)
			}
		}
		return out
	}
	if got := asked(); !slices.Equal(got, []string{"orders UE", "results GLUR g/l", "results NEW"}) {
		t.Errorf("asked about are %q", got)
	}
	b, _, err := h.harmony.Build(t.Context(), "R1K", "")
	if err != nil {
		t.Fatal(err)
	}
	if it := b.One(crosswalk.Results, "NEW"); it == nil || it.Heard != 1 || it.Blocks {
		t.Errorf("the worklist has %+v", it)
	}
	if it := b.One(crosswalk.Units, "g/l"); it == nil || it.Heard != 1 {
		t.Errorf("the worklist has %+v", it)
	}
	for _, req := range []request{
		{Command: "build-decide", Org: "R1K", Kind: "units", Code: "g/l", Verb: "map", To: "http://unitsofmeasure.org|g/L", Why: "the same unit"},
		{Command: "build-decide", Org: "R1K", Kind: "results", Code: "NEW", Verb: "variance", Owner: "Pathology", Why: "the domain has none"},
		{Command: "build-publish", Org: "R1K", Why: "the laboratory has a new unit"},
	} {
		var out bytes.Buffer
		if err := h.command(t.Context(), req, &out); err != nil {
			t.Fatal(req, err)
		}
	}
	if got := asked(); !slices.Equal(got, []string{"orders UE"}) {
		t.Errorf("asked about are %q", got)
	}
	send(t, h, oru("5", "20261127100000", "P3", "F3", "20261127080500", "OBX|1|NM|GLUR^Glucose^L||1.1|g/l|||||F")) // said again: it is written anew
	if got := series(t, h, "code:GLU"); !slices.Equal(got, []string{"mmol/L 6.99 5.00 6.11"}) && !slices.Equal(got, []string{"mmol/L 6.99 5 6.11"}) {
		t.Errorf("the series are %q", got)
	}
	if err := h.command(t.Context(), request{Command: "build-withdraw", Org: "R1K", Why: "a test"}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	send(t, h, oru("6", "20261129100000", "P6", "F6", "20261129080500", "OBX|1|NM|GLUR^Glucose^L||99|mg/dl|||||F"))
	if got := series(t, h, "code:GLUR"); len(got) != 1 || !strings.Contains(got[0], "99") {
		t.Errorf("withdrawn, and written as %q", got)
	}
}

// series are the lines of a test's page: unit and values, the oldest first.
func series(t *testing.T, h *house, key string) []string {
	t.Helper()
	patient := foundBy(t, h, "Patient", "identifier.0.value")["H100"].ID()
	c, err := anOperator(h).Chart(t.Context(), patient, record.ChartQuery{Sections: chart.TrendSections(key)})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range (chart.Lens{Zone: time.UTC, Now: time.Now(), Orgs: func(code string) chart.Organisation { return chart.Organisation{Code: code} }}).Trend(c, key).Series {
		line := s.Unit
		for _, p := range s.Points {
			line += " " + p.Text
		}
		out = append(out, line)
	}
	return out
}

// TestPublishedBesideAServer: what another process publishes is what a server writes
// by, from the next message on; and after a restart.
func TestPublishedBesideAServer(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	w := databaseOf(t)
	open := func() *house {
		h, err := openHouse(ctx, w, nil, quietLog())
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	server, beside := open(), open()
	defer beside.close()
	var works sync.WaitGroup
	works.Go(func() { server.apply(ctx) })
	n := 0
	said := func(h *house) string {
		n++
		id := string(rune('A' + n))
		if ack := h.receiver.Receive(ctx, []byte(oru(id, "20261126100000", "P"+id, "F"+id, "20261126080500", "OBX|1|NM|GLUR^Glucose^L||126|mg/dl|||||F")), nil); !strings.Contains(string(ack), "|AA|") {
			t.Fatalf("%s", ack)
		}
		for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
			for placer, v := range foundBy(t, h, "Observation", "basedOn.0.identifier.value") {
				if placer == "P"+id {
					return v.StrAt("code.coding.0.code") + " " + v.Path("valueQuantity.value").Raw()
				}
			}
		}
		t.Fatal("the message was not applied")
		return ""
	}
	if got := said(server); got != "GLUR 126" {
		t.Errorf("before: %s", got)
	}
	harmoniseR1K(t, beside)
	var out bytes.Buffer
	if err := beside.command(ctx, request{Command: "build-publish", Org: "R1K", Why: "a test", JSON: true}, &out); err != nil {
		t.Fatal(err)
	}
	var p published
	if err := json.Unmarshal(out.Bytes(), &p); err != nil || p.Version != "R1K.1" || p.By != "R1K/operator" {
		t.Errorf("%s %v", out.String(), err)
	}
	for range 3 {
		if got := said(server); got != "GLU 6.99" {
			t.Errorf("after it was published beside the server: %s", got)
		}
	}
	stop()
	works.Wait()
	server.close()
	ctx, stop = context.WithCancel(t.Context())
	again := open()
	defer again.close()
	works.Go(func() { again.apply(ctx) })
	if got := said(again); got != "GLU 6.99" {
		t.Errorf("after a restart: %s", got)
	}
	stop()
	works.Wait()
}
