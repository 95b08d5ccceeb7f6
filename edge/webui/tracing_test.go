package webui_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concord/edge/login"
	"concord/edge/webui"
	"concord/exchange/pds"
)

// TestStewardAsksPDS: without settings nothing is offered or sent; with them a
// steward asks about a number of the person, and is told of a superseded number
// and of what differs; a number of nobody's is not asked about; and who they may be by
// name and date of birth.
func TestStewardAsksPDS(t *testing.T) {
	const okonkwo = `{"resourceType":"Patient","id":"9990000026","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000026"}],"name":[{"family":"Okonkwo","given":["Adaeze"]}],"gender":"male","birthDate":"1948-03-14"}`
	var asked atomic.Int64
	var last atomic.Pointer[url.Values]
	standIn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if strings.HasSuffix(r.URL.Path, "/Patient") {
			q := r.URL.Query()
			last.Store(&q)
			io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"search":{"score":0.95},"resource":`+okonkwo+`}]}`)
			return
		}
		if !strings.HasSuffix(r.URL.Path, "/9990000018") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, okonkwo)
	}))
	defer standIn.Close()
	s := newStage(t)
	s.tell()
	id := s.people["adaeze"]
	g := s.as("steward")
	if r := g.get("/mpi/" + id); strings.Contains(r.body, "Ask PDS") {
		t.Error("PDS is offered without settings")
	}
	if r := g.post("/mpi/"+id+"/trace", "number", "9990000018"); r.status != http.StatusNotFound {
		t.Errorf("without settings: %d", r.status)
	}
	client, err := pds.New(pds.Options{Base: standIn.URL})
	s.must(err)
	s.setDemographics(client)
	g = s.as("steward")
	g.get("/mpi/"+id).has(t, "Ask PDS about 999 000 0018")
	g.post("/mpi/"+id+"/trace", "number", "9990000018").has(t, "Superseded", "999 000 0026", "Restricted", "Differs in sex", "PDS says so", "A privacy officer can end it")
	s.as("registrar").get("/p/"+id+"/demographics").lacks(t, "Kenton Road")
	again := g.post("/mpi/"+id+"/trace", "number", "9990000018")
	again.has(t, "Restricted")
	again.lacks(t, "PDS says so")
	s.as("privacy").get("/p/"+id+"/marks").has(t, "End the restriction", "the demographics service says that the patient is restricted")
	before := asked.Load()
	if r := g.post("/mpi/"+id+"/trace", "number", "9990000034"); r.status < 400 || asked.Load() != before {
		t.Errorf("a number of nobody's: %d", r.status)
	}
	g.get("/mpi/"+id).has(t, "Ask PDS by name and date of birth")
	g.post("/mpi/"+id+"/search").has(t, "999 000 0026", "OKONKWO, Adaeze", "14-Mar-1948", "0.95", "Restricted")
	if q := last.Load(); q == nil || q.Get("family") != "Okonkwo" || q.Get("birthdate") != "eq1948-03-14" {
		t.Errorf("PDS was asked by %v", q)
	}
	before = asked.Load()
	if r := s.as("registrar").post("/mpi/" + id + "/search"); r.status != http.StatusForbidden || asked.Load() != before {
		t.Errorf("a registrar searches PDS: %d", r.status)
	}
	if r := s.as("registrar").post("/mpi/"+id+"/trace", "number", "9990000018"); r.status != http.StatusForbidden || asked.Load() != before {
		t.Errorf("a registrar asks PDS: %d", r.status)
	}
}

// setDemographics opens the pages anew with a demographics service.
func (s *stage) setDemographics(d webui.Demographics) {
	handler, err := webui.New(webui.Options{Desk: s.desk, Accounts: s.accounts, Door: s.door, Witnesses: s.desk.Witnesses, BaseURL: "https://concord.example", Guard: login.Guard,
		Orgs: orgs(), Now: func() time.Time { return s.now }, Zone: s.zone, Parse: parsed, Demographics: d})
	s.must(err)
	s.server.Config.Handler = handler
}
