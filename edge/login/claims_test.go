package login

import (
	"encoding/json"
	"testing"

	"concord/fault"
)

func TestLevel(t *testing.T) {
	for text, want := range map[string]int{
		`{}`: 1, `{"authentication_assurance_level":"3"}`: 3, `{"authentication_assurance_level":2}`: 2,
		`{"authentication_assurance_level":"0"}`: 1, `{"acr":"AAL3_ANY"}`: 3, `{"acr":"AAL2_OR_AAL3_ANY"}`: 2, `{"acr":"AAL1_USERPASS"}`: 1,
		`{"authentication_assurance_level":"1","acr":"AAL3_ANY"}`: 1, `{"acr":"urn:other"}`: 1, `{"authentication_assurance_level":null}`: 1,
	} {
		var c claims
		if err := json.Unmarshal([]byte(text), &c); err != nil || c.level() != want {
			t.Errorf("%s: %d %v, want %d", text, c.level(), err, want)
		}
	}
}

func TestBrowser(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                         "Chrome on Linux",
		"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1":              "Safari on iPad",
		"": "Unknown browser", "curl/8": "Unknown browser",
	} {
		if got := Browser(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}

// TestPlaces: passkeys are bound to a name that browsers trust, or not at all.
func TestPlaces(t *testing.T) {
	for base, want := range map[string]string{
		"https://record.example": "https://record.example", "https://record.example:8443/x": "https://record.example:8443",
		"http://127.0.0.1:8080": "http://localhost:8080", "http://[::1]:8080": "http://localhost:8080", "http://localhost:8080": "http://localhost:8080",
		"http://record.example": "", "https://10.0.0.1": "", "": "", "://": "",
	} {
		if got := New(nil, false).At(base).Place().Origin; got != want {
			t.Errorf("%s: %q, want %q", base, got, want)
		}
	}
}

// FuzzClaims: whatever a provider says, nobody becomes what the rules do not
// allow.
func FuzzClaims(f *testing.F) {
	f.Add(`{"sub":"a","authentication_assurance_level":"3","uid":"555","nhsid_nrbac_roles":[{"person_roleid":"1","org_code":"RYJ","role_code":"S:G:R8000"}]}`,
		`{"vot":"P9.Cp.Cd","identity_proofing_level":"P9","nhs_number":"9990000018"}`)
	f.Add(`{"amr":"x","authentication_assurance_level":{}}`, `{"nhsid_nrbac_roles":[{"role_code":":"}]}`)
	p := &provider{Provider: Provider{Name: "x", Level: 2}}
	place := func(code string) (string, string, bool) { return code, "", code == "RYJ" }
	f.Fuzz(func(t *testing.T, signed, info string) {
		var a, b claims
		if json.Unmarshal([]byte(signed), &a) != nil || json.Unmarshal([]byte(info), &b) != nil {
			return
		}
		if o, err := p.staff(&a, &b, place); err == nil {
			if o.Level < 2 || o.NHSNumber != "" {
				t.Fatalf("%+v", o)
			}
			for _, x := range o.Profiles {
				if x.Org != "RYJ" || x.Role != "clinician" && x.Role != "receptionist" {
					t.Fatalf("%+v", x)
				}
			}
		} else if !fault.Is(err, fault.Denied) {
			t.Fatal(err)
		}
		if o, err := p.patient(&a, &b); err == nil && (len(o.NHSNumber) != 10 || len(o.Profiles) != 0 || a.Vector[:3] != "P9.") {
			t.Fatalf("%+v", o)
		}
	})
}
