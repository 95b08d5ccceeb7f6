package person

import (
	"reflect"
	"testing"

	"concord/standard/fhir"
	"concord/standard/match"
)

func TestRecordOf(t *testing.T) {
	for text, want := range map[string]match.Record{
		`{"name":[{"use":"maiden","family":"Jones"},{"family":"Smith","given":["Ada"]},{"use":"official","family":"Khan","given":["Ada","Mary"]}]}`: {Given: "Ada Mary", Family: "Khan", Former: "Jones"},
		`{"name":[{"use":"old","family":"Jones","given":["Ada"]}]}`:                                                                                 {Given: "Ada", Family: "Jones"},
		`{"name":[{"text":"OKAFOR, Ngozi"}]}`:                                                                                                       {Given: "Ngozi", Family: "OKAFOR"},
		`{"name":[{"text":"Ngozi Ada Okafor"}]}`:                                                                                                    {Given: "Ngozi Ada", Family: "Okafor"},
		`{"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000019"},{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}]}`:                                                                                                     {NHS: "9990000018"},
		`{"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000019"}]}`:                                                                                                                                                                         {NHS: "9990000019"},
		`{"identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"700001"}]}`:                                                                                                                                                                               {Keeper: "RYJ"},
		`{"managingOrganization":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"RAS"}},"identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"700001"},{"system":"urn:concord:RAS:hospital-number","value":"800001"}]}`:   {Keeper: "RAS"},
		`{"managingOrganization":{"identifier":{"system":"urn:local","value":"X"}},"identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"700001"}]}`:                                                                                                      {Keeper: "RYJ"},
		`{"managingOrganization":{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"ras01"}},"identifier":[{"system":"urn:concord:RYJ:hospital-number","value":"700001"},{"system":"urn:concord:RAS:hospital-number","value":"800001"}]}`: {Keeper: "RAS"},
		`{"birthDate":"1984-03-07","gender":"female","multipleBirthInteger":2}`:                                                                                                                                                                                        {Born: "1984-03-07", Sex: "female", Multiple: true},
		`{"multipleBirthBoolean":false}`: {},
		`{"address":[{"use":"old","postalCode":"UB1 1AA"},{"use":"work","postalCode":"HA1 1AA"},{"use":"home","line":["Flat 2","14 Lady Road"],"city":"Southall","postalCode":"UB1 3XK"}]}`: {Address: "Flat 2 14 Lady Road", Locality: "Southall", Postcode: "UB1 3XK"},
		`{"telecom":[{"system":"phone","use":"old","value":"1"},{"system":"phone","value":"2"},{"system":"email","value":"a@b.org"},{"system":"fax","value":"3"}]}`:                         {Phones: []string{"2"}, Email: "a@b.org"},
		`{"generalPractitioner":[{"identifier":{"system":"x","value":"C1"}},{"identifier":{"system":"https://fhir.nhs.uk/Id/ods-organization-code","value":"E84001"}}]}`:                    {Practice: "E84001"},
	} {
		v, err := fhir.ParseObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := RecordOf(v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", text, got, want)
		}
	}
}

// FuzzSubject: whatever a Patient says, it is read without panic, is certainly
// like itself or has nothing to be like, and is filed the same each time.
func FuzzSubject(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","name":[{"family":"Khan","given":["Ada"]}],"birthDate":"1984-03-07","identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"}]}`))
	f.Add([]byte(`{"name":{"family":["x"]},"address":"y","telecom":[1],"identifier":[{"system":null}],"multipleBirthInteger":"two"}`))
	m, err := NewMatcher(nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	hash := func(parts ...string) uint64 { return uint64(len(parts[len(parts)-1])) }
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := fhir.ParseObject(text)
		if err != nil {
			return
		}
		a, b := m.Subject(v), m.Subject(v)
		if a != b || len(m.Blocks(hash, &a)) > match.MaxKeys {
			t.Fatal("one Patient, two subjects")
		}
		m.Asked(v)
		m.BadNumber(v)
		if w := m.Explain(&a, &b); w.Model == "" {
			t.Fatal("no waterfall")
		}
	})
}
