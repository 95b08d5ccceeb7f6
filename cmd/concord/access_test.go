package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
	"concord/standard/fhir"
)

// TestExplainCommand: it says who refused and what would change it, in words
// and as JSON.
func TestExplainCommand(t *testing.T) {
	h, err := openHouse(t.Context(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	_, err = h.accounts.Office(h.operator()).Create(t.Context(), account.Application{Name: "ada", Display: "Ada", Password: "correct horse battery", Role: access.Clinician, Org: "RQM"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := fhir.ParseObject([]byte(`{"resourceType":"Patient","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}],"name":[{"family":"Canary"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.operator().Transact(t.Context(), []record.Op{{Kind: record.Create, Type: "Patient", Resource: v}}, record.Commit{})
	if err != nil {
		t.Fatal(err)
	}
	var words, asJSON bytes.Buffer
	req := request{Command: "explain", Client: "ada", Patient: res[0].ID}
	if err := h.command(t.Context(), req, &words); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"refused, by default", "relationship with the patient: none", "standing (allowed, by relationship)"} {
		if !strings.Contains(words.String(), want) {
			t.Errorf("%q is not said: %s", want, &words)
		}
	}
	req.JSON = true
	if err := h.command(t.Context(), req, &asJSON); err != nil {
		t.Fatal(err)
	}
	var e record.Explained
	if err := json.Unmarshal(asJSON.Bytes(), &e); err != nil || e.Allowed || len(e.Changes) == 0 || strings.Contains(asJSON.String(), "Canary") {
		t.Errorf("%v: %s", err, &asJSON)
	}
	byID := words.String()
	words.Reset()
	req.JSON, req.Patient = false, "999 000 0018"
	if err := h.command(t.Context(), req, &words); err != nil || words.String() != byID {
		t.Errorf("by NHS number: %v, %s", err, &words)
	}
	req.Patient = "999 000 0026"
	if err := h.command(t.Context(), req, &words); !fault.Is(err, fault.Invalid) || strings.Contains(err.Error(), "0026") {
		t.Errorf("a number of nobody: %v", err)
	}
	req.Patient = "nobody"
	if err := h.command(t.Context(), req, &words); !fault.Is(err, fault.NotFound) {
		t.Errorf("a patient who is not there: %v", err)
	}
}

// TestPoliciesStopTheStart: nothing starts on policies or opt-outs that cannot
// be read.
func TestPoliciesStopTheStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.cedar"), []byte("permit everything"), 0o600); err != nil {
		t.Fatal(err)
	}
	optOuts := filepath.Join(dir, "optouts.txt")
	if err := os.WriteFile(optOuts, []byte("9990000018,\n\n12345\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	codes := filepath.Join(dir, "codes.yaml")
	if err := os.WriteFile(codes, []byte("- {name: mine, label: NONE, systems: ['urn:x'], codes: [a]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]deciding{"sensitive": {Sensitive: codes}, "no sensitive": {Sensitive: filepath.Join(dir, "none")}, "broken": {Policies: dir}, "missing": {Policies: filepath.Join(dir, "none")},
		"opt-outs": {OptOuts: optOuts}, "no opt-outs": {OptOuts: filepath.Join(dir, "none")}} {
		w := where{Data: t.TempDir()}
		w.deciding = d
		if h, err := openHouse(t.Context(), w, nil, quietLog()); err == nil {
			h.close()
			t.Errorf("%s: it starts", name)
		}
	}
	if err := os.WriteFile(optOuts, []byte("9990000018,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask, err := deciding{OptOuts: optOuts}.optOuts()
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := ask("9990000018"); !out {
		t.Error("an opt-out is not known")
	}
	if out, _ := ask("9990000026"); out {
		t.Error("somebody else's is")
	}
}

// TestRelabelCommand: a server that is started with further codes labels what
// lies in the store.
func TestRelabelCommand(t *testing.T) {
	w := where{Data: t.TempDir()}
	h, err := openHouse(t.Context(), w, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	v, err := fhir.ParseObject([]byte(`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:trust:catalogue","code":"GUM1"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.operator().Transact(t.Context(), []record.Op{{Kind: record.Create, Type: "Observation", Resource: v}}, record.Commit{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	w.Sensitive = filepath.Join(t.TempDir(), "codes.yaml")
	if err := os.WriteFile(w.Sensitive, []byte("- {name: mine, label: STD, systems: ['urn:trust:catalogue'], codes: [GUM1]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err = openHouse(t.Context(), w, nil, quietLog()); err != nil {
		t.Fatal(err)
	}
	defer h.close()
	var words bytes.Buffer
	if err := h.command(t.Context(), request{Command: "relabel"}, &words); err != nil || words.String() != "done: 1 resources, 1 labelled, 0 could not be written\n" {
		t.Errorf("%v: %s", err, &words)
	}
	it, err := h.operator().Read(t.Context(), "Observation", res[0].ID)
	if err != nil || it.Resource.StrAt("meta.security.0.code") != "STD" {
		t.Errorf("%+v %v", it, err)
	}
}
