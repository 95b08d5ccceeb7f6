package pds

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/record/person"
	"concord/standard/fhir"
)

// TestSandbox: the scenarios that the service publishes for its sandbox, with its
// published bodies.
func TestSandbox(t *testing.T) {
	s := newStandIn(t)
	s.examples()
	c, ctx := s.client(), context.Background()
	f, err := c.Retrieve(ctx, "900 000 0009")
	if err != nil || f.Number != "9000000009" || f.Restricted || f.Superseded != "" || f.Version != `W/"2"` || f.Patient.StrAt("name.0.family") != "Smith" {
		t.Errorf("a patient: %+v %v", f, err)
	}
	if d := person.GoldenOf([]person.Told{{Patient: f.Patient}}).Death; !d.Dead || !d.Formal {
		t.Errorf("a formal death: %+v", d)
	}
	f, err = c.Retrieve(ctx, "9000000025")
	if err != nil || !f.Restricted || f.Patient.Get("address") != nil || f.Patient.Get("telecom") != nil || f.Patient.Get("generalPractitioner") != nil || f.Patient.StrAt("name.0.family") == "" {
		t.Errorf("a restricted patient: %+v %v", f, err)
	}
	if f, err := c.Retrieve(ctx, "9000000033"); err != nil || f.Number != "9000000033" {
		t.Errorf("a patient of whom little is known: %+v %v", f, err)
	}
	if _, err := c.Retrieve(ctx, "9111231130"); fault.Of(err).Code != "pds.unknown" {
		t.Errorf("nobody: %v", err)
	}
	before := len(s.asked)
	if _, err := c.Retrieve(ctx, "9000000000"); fault.Of(err).Code != "pds.number" || len(s.asked) != before {
		t.Errorf("a wrong number is asked for: %v", err)
	}
	for _, q := range []struct {
		w    person.Wanted
		want string
		sent string
	}{
		{person.Wanted{Family: "Smith", Gender: "female", BornFrom: "2010-10-22", Email: "jane.smith@example.com", Phone: "01632960587"}, "9000000009", "birthdate=eq2010-10-22"},
		{person.Wanted{Family: "Smith", Gender: "female", BornFrom: "2010-10-21", BornTo: "2010-10-23"}, "9000000009", "birthdate=ge2010-10-21&birthdate=le2010-10-23"},
		{person.Wanted{Family: "Smyth", Given: "Jayne", BornFrom: "2010-10-22", Sounds: true}, "9000000017", "_fuzzy-match=true"},
		{person.Wanted{Family: "Smythe", Given: "Janet", BornFrom: "2005-06-16"}, "9000000025", "given=Janet"},
		{person.Wanted{Family: "Smythe", BornFrom: "2005-06-16", Postcode: "LS1 4HY"}, "", "address-postalcode=LS1+4HY"},
		{person.Wanted{Family: "Nobody", BornFrom: "2005-06-16"}, "", "family=Nobody"},
	} {
		m, err := c.Search(ctx, q.w)
		if err != nil {
			t.Errorf("%+v: %v", q.w, err)
			continue
		}
		var got []string
		for _, f := range m.Found {
			got = append(got, string(f.Number))
			if f.Score <= 0 || f.Restricted != (f.Number == "9000000025") || f.Restricted && f.Patient.Get("address") != nil {
				t.Errorf("%+v", f)
			}
		}
		if strings.Join(got, " ") != q.want || !strings.Contains(s.asked[len(s.asked)-1], q.sent) {
			t.Errorf("%+v: %v by %s", q.w, got, s.asked[len(s.asked)-1])
		}
	}
	if m, err := c.Search(ctx, person.Wanted{Family: "Sm*", BornFrom: "2010-10-22"}); err != nil || !m.TooMany || len(m.Found) != 0 {
		t.Errorf("too many: %+v %v", m, err)
	}
	before = len(s.asked)
	if _, err := c.Search(ctx, person.Wanted{Phone: "01632960587"}); fault.Of(err).Code != "people.too-few" || len(s.asked) != before {
		t.Errorf("too little is asked for: %v", err)
	}
}

// TestAnswers: what each kind of answer comes to, made-up numbers alone.
func TestAnswers(t *testing.T) {
	s := newStandIn(t)
	for number, answer := range map[string]string{"9990000034": "invalidated", "9990000042": "busy", "9990000050": "denied", "9990000069": "html",
		"9990000077": strings.ReplaceAll(made, `"value":"9990000018"`, `"value":"9990000026"`), "9990000085": `{"resourceType":"Basic"}`} {
		s.patients[number] = answer
	}
	c, ctx := s.client(), context.Background()
	f, err := c.Retrieve(ctx, "9990000026")
	if err != nil || f.Superseded != "9990000026" || f.Number != "9990000018" {
		t.Fatalf("superseded: %+v %v", f, err)
	}
	for number, code := range map[string]string{"9990000034": "pds.invalidated", "9990000042": "pds.busy", "9990000050": "pds.denied", "9990000069": "pds.answer",
		"9990000077": "pds.answer", "9990000085": "pds.answer", "9990000093": "pds.unknown"} {
		f, err := c.Retrieve(ctx, number)
		if fault.Of(err).Code != code || f != nil {
			t.Errorf("%s: %v, %v instead of %s", number, f, err, code)
		}
		if err != nil && strings.Contains(err.Error(), "999000") {
			t.Errorf("the fault holds the number: %v", err)
		}
	}
	s.server.Close()
	if _, err := c.Retrieve(ctx, "9990000018"); fault.Of(err).Code != "pds.unreachable" || strings.Contains(err.Error(), "999000") {
		t.Errorf("unreachable: %v", err)
	}
	ours, err := fhir.ParseObject([]byte(strings.Replace(made, "1948-03-14", "1984-03-14", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if ok, differs := f.CrossCheck(ours); ok || len(differs) != 1 || differs[0] != person.DateOfBirth {
		t.Errorf("the cross-check: %v %v", ok, differs)
	}
}

// TestToken: a token is fetched once for many requests, and anew when it has run
// out; another key gets none.
func TestToken(t *testing.T) {
	s := newStandIn(t)
	s.key = rsaKey(t)
	now := time.Now()
	signer := &Signer{URL: s.server.URL + "/oauth2/token", Key: "api-key", KeyID: "test-1", Private: s.key, Now: func() time.Time { return now }}
	c, err := New(Options{Base: s.server.URL, Token: signer.Token, PerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := c.Retrieve(context.Background(), "9990000018"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if s.tokens != 1 {
		t.Errorf("%d tokens for one spell", s.tokens)
	}
	now = now.Add(11 * time.Minute)
	signer.mu.Lock()
	signer.Now = time.Now // the stand-in goes by the real clock
	signer.until = time.Time{}
	signer.mu.Unlock()
	if _, err := c.Retrieve(context.Background(), "9990000018"); err != nil || s.tokens != 2 {
		t.Errorf("after it ran out: %d tokens, %v", s.tokens, err)
	}
	wrong := &Signer{URL: signer.URL, Key: "api-key", KeyID: "test-1", Private: rsaKey(t), Now: time.Now}
	if _, err := wrong.Token(context.Background()); fault.Of(err).Code != "pds.token" {
		t.Errorf("another key: %v", err)
	}
	if _, err := s.client().Retrieve(context.Background(), "9990000018"); fault.Of(err).Code != "pds.denied" {
		t.Errorf("without a token: %v", err)
	}
}

// TestBase: nothing is sent in the clear to another machine.
func TestBase(t *testing.T) {
	for base, ok := range map[string]bool{"https://api.service.nhs.uk/personal-demographics/FHIR/R4": true, "http://127.0.0.1:9": true,
		"http://api.service.nhs.uk": false, "": false, "api.service.nhs.uk": false} {
		if _, err := New(Options{Base: base}); (err == nil) != ok {
			t.Errorf("%s: %v", base, err)
		}
	}
}

// FuzzAnswer: whatever is answered is read or refused.
func FuzzAnswer(f *testing.F) {
	f.Add(200, made)
	f.Add(404, spine("INVALIDATED_RESOURCE"))
	f.Add(200, `{"resourceType":"Bundle","type":"searchset","entry":[{"search":{"score":2},"resource":`+made+`}]}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if v, err := fhir.ParseObject([]byte(body)); err == nil {
			if found, err := read(v); err == nil && (found.Number == "" || found.Patient == nil) {
				t.Fatalf("%+v", found)
			}
			if err := refusal(status, v); err == nil || strings.Contains(fmt.Sprint(err), "\n") {
				t.Fatal(err)
			}
		}
	})
}

// TestRestrictedCodes: each code of the service that keeps back where a patient
// lives does, and the address goes, should it come.
func TestRestrictedCodes(t *testing.T) {
	for code, want := range map[string]bool{"U": false, "N": false, "R": true, "V": true, "S": true} {
		body, err := fhir.ParseObject([]byte(strings.Replace(made, `"meta":{"versionId":"3"},`,
			`"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"`+code+`"}]},"address":[{"postalCode":"HA3 0DQ"}],`, 1)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := read(body)
		if err != nil || f.Restricted != want || (f.Patient.Get("address") == nil) != want {
			t.Errorf("%s: %+v %v", code, f, err)
		}
	}
}
