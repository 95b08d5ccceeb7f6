package access_test

import (
	"slices"
	"strings"
	"testing"

	"concord/fault"
	"concord/record/access"
)

// allowed says what each role may do with what: "Type" for that type alone,
// "any" for a request that spans types. What it does not say is refused.
var allowed = map[access.Role]map[access.Action]string{
	access.Clinician: {
		access.Read: "Patient Observation any", access.Search: "Patient Observation any", access.FindPeople: "Patient Observation any",
		access.Create: "Patient Observation any", access.Update: "Patient Observation any",
		access.WatchJoin: "Patient Observation any", access.Attest: "Patient Observation any", access.WatchTotals: "Patient Observation any",
		access.Claim: "Patient Observation any", access.BreakGlass: "Patient Observation any", access.CloseGlass: "Patient Observation any",
		access.SeeMarks: "Observation any", access.Mark: "Observation any",
	},
	access.Insurer:      {},
	access.Commissioner: {access.WatchTotals: "Patient Observation any"},
	access.Receptionist: {access.Read: "Patient any", access.Search: "Patient any", access.FindPeople: "Patient Observation any"},
	access.Engineer: {access.WatchFeeds: "Patient Observation any", access.Replay: "Patient Observation any", access.OpenMessage: "Patient Observation any",
		access.EditMessage: "Patient Observation any", access.Steer: "Patient Observation any",
		access.Join: "Patient Observation any", access.WatchJoin: "Patient Observation any", access.WatchTotals: "Patient Observation any"},
	access.Steward: {
		access.Read: "Patient any", access.Search: "Patient any", access.FindPeople: "Patient Observation any", access.Links: "Patient Observation any",
		access.WatchJoin: "Patient Observation any", access.WatchTotals: "Patient Observation any", access.Harmonise: "Patient Observation any",
	},
	access.Administrator: {access.Accounts: "Patient Observation any", access.Join: "Patient Observation any", access.WatchJoin: "Patient Observation any", access.WatchTotals: "Patient Observation any"},
	access.Privacy: {
		access.ReadAudit: "Patient Observation any", access.Read: "Patient any", access.Search: "Patient any", access.FindPeople: "Patient Observation any",
		access.Explain: "Patient Observation any", access.Review: "Patient Observation any",
		access.SeeMarks: "Patient Observation any", access.Mark: "Patient Observation any",
		access.WatchJoin: "Patient Observation any", access.WatchTotals: "Patient Observation any",
	},
	access.Patient: {access.ReadAudit: "Patient"},
	access.System: { // with system/Patient.rs
		access.Receive: "Patient Observation any", access.Forward: "Patient Observation any", access.Read: "Patient any", access.Search: "Patient any", access.Export: "Patient any",
	},
	access.Operator: {
		access.Export: "Patient Observation any", access.Verify: "Patient Observation any", access.Retain: "Patient Observation any", access.ReadAudit: "Patient Observation any", access.Accounts: "Patient Observation any", access.Replay: "Patient Observation any",
		access.WatchFeeds: "Patient Observation any", access.Create: "Patient Observation any", access.Update: "Patient Observation any", access.Search: "Patient Observation any", access.Read: "Patient Observation any",
		access.Explain: "Patient Observation any", access.EditMessage: "Patient Observation any", access.Steer: "Patient Observation any",
		access.OpenMessage: "Patient Observation any",
		access.Join:        "Patient Observation any", access.WatchJoin: "Patient Observation any", access.WatchTotals: "Patient Observation any",
		access.Harmonise: "Patient Observation any",
	},
}

// human are the roles that sign in at the pages.
var human = map[access.Role]bool{access.Clinician: true, access.Receptionist: true, access.Engineer: true, access.Steward: true, access.Administrator: true, access.Privacy: true, access.Patient: true, access.Commissioner: true}

// TestMatrix: every role, every action, every kind of target.
func TestMatrix(t *testing.T) {
	scopes, err := access.ParseScopes("system/Patient.rs")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range access.Roles() {
		for _, act := range access.Actions() {
			for _, typ := range []string{"Patient", "Observation", ""} {
				name := typ
				if typ == "" {
					name = "any"
				}
				want := human[role] && (act == access.SignIn || act == access.SignOut) || slices.Contains(strings.Fields(allowed[role][act]), name)
				v := access.Decide(access.Requester{ID: "u", Role: role, Org: "R1K", Scopes: scopes}, access.Reason{Purpose: access.DirectCare, Text: "why"}, act, typ)
				if v.Allowed != want || v.Rule == "" {
					t.Errorf("%s %s %s: %+v, want allowed %v", role, act, name, v, want)
				}
				if !v.Allowed && (v.Filter.Type("Patient") || !fault.Is(v.Refusal(), fault.Denied)) {
					t.Errorf("%s %s %s is refused with the filter %v and %v", role, act, name, v.Filter.Type("Patient"), v.Refusal())
				}
			}
		}
	}
}

// TestDefaultIsDeny: what nobody has thought of is refused.
func TestDefaultIsDeny(t *testing.T) {
	care := access.Reason{Purpose: access.DirectCare, Text: "why"}
	for name, c := range map[string]struct {
		who access.Requester
		why access.Reason
		act access.Action
	}{
		"no role":                                     {access.Requester{ID: "u"}, care, access.Read},
		"a role that is none":                         {access.Requester{ID: "u", Role: "porter"}, care, access.Read},
		"a role in capitals":                          {access.Requester{ID: "u", Role: "Clinician"}, care, access.Read},
		"an action that is none":                      {access.Requester{ID: "u", Role: access.Operator}, care, "peek"},
		"no action":                                   {access.Requester{ID: "u", Role: access.Clinician}, care, ""},
		"nobody":                                      {access.Requester{Role: access.Clinician}, care, access.Read},
		"no purpose":                                  {access.Requester{ID: "u", Role: access.Clinician}, access.Reason{}, access.Read},
		"a clinician out of curiosity":                {access.Requester{ID: "u", Role: access.Clinician}, access.Reason{Purpose: "CURIOUS"}, access.Read},
		"a clinician for the office":                  {access.Requester{ID: "u", Role: access.Clinician}, access.Reason{Purpose: access.Administration}, access.Read},
		"a message opened for nothing":                {access.Requester{ID: "u", Role: access.Engineer}, access.Reason{Purpose: access.Integrity}, access.OpenMessage},
		"a client without scopes":                     {access.Requester{ID: "u", Role: access.System}, care, access.Read},
		"an export with search alone":                 {access.Requester{ID: "u", Role: access.System, Scopes: access.Scopes{{Type: "*", Can: "s"}}}, care, access.Export},
		"a client that finds people":                  {access.Requester{ID: "u", Role: access.System, Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, care, access.FindPeople},
		"a client that reads the audit by a wildcard": {access.Requester{ID: "u", Role: access.System, Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, care, access.ReadAudit},
		"a client that opens a message":               {access.Requester{ID: "u", Role: access.System, Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, care, access.OpenMessage},
		"an operator who deletes":                     {access.Requester{ID: "u", Role: access.Operator}, care, access.Delete},
	} {
		if v := access.Decide(c.who, c.why, c.act, "Patient"); v.Allowed {
			t.Errorf("%s: allowed by %s", name, v.Rule)
		}
	}
}

// TestZeroFilter: what nobody decided on lets nothing pass.
func TestZeroFilter(t *testing.T) {
	var zero access.Filter
	if zero.Type("Patient") || zero.Look("Patient", access.Target{}).Shown {
		t.Error("the zero filter lets something pass")
	}
}

func TestScopes(t *testing.T) {
	for text, want := range map[string]string{
		"system/*.cruds": "system/*.cruds", "system/Patient.read": "system/Patient.rs", "system/Patient.write system/Observation.*": "system/Patient.cud system/Observation.cruds",
		" system/Patient.rs  system/*.s ": "system/Patient.rs system/*.s",
	} {
		s, err := access.ParseScopes(text)
		if err != nil || s.String() != want {
			t.Errorf("%q: %v %v", text, s, err)
		}
	}
	for _, text := range []string{"", "patient/*.rs", "user/*.read", "system/Patient", "system/.rs", "system/Patient.", "system/Patient.sr", "system/Patient.rr", "system/Patient.x", "system/Patient.rs?category=x", "openid", "system/Patient.rs launch"} {
		if s, err := access.ParseScopes(text); fault.Of(err) == nil || fault.Of(err).Code != "access.scope" {
			t.Errorf("%q: %v %v", text, s, err)
		}
	}
}

func FuzzParseScopes(f *testing.F) {
	f.Add("system/*.cruds system/Patient.read")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := access.ParseScopes(text)
		if err != nil {
			return
		}
		again, err := access.ParseScopes(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%q reads as %q, which reads as %v: %v", text, s, again, err)
		}
	})
}
