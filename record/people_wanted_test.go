package record_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
)

// resident is a Patient with what people are looked for by.
func resident(number, names, more string) string {
	return `{"resourceType":"Patient","identifier":[{"system":"urn:concord:R1K:hospital-number","value":"` + number + `"}],"name":[` + names + `],"birthDate":"1960-07-14"` + more + `}`
}

// TestFindWanted: the rules of the Personal Demographics Service, on a real
// store: who is found as written, by former names, and by sound, in which order.
func TestFindWanted(t *testing.T) {
	s := newStage(t)
	name := func(family, given, more string) string {
		return `{"family":"` + family + `","given":["` + given + `"]` + more + `}`
	}
	home := func(postcode string) string { return `,"address":[{"use":"home","postalCode":"` + postcode + `"}]` }
	ids := map[string]string{}
	for number, text := range map[string]string{
		"smith":   resident("1", name("Smith", "Ann", ""), `,"gender":"female"`+home("LS11 6AD")+`,"telecom":[{"system":"phone","value":"+44 7700 900123"},{"system":"email","value":"Ann@example.org"}]`),
		"smythe":  resident("2", name("Smythe", "Anne", ""), `,"gender":"female"`+home("LS1 4HY")),
		"maiden":  resident("3", name("Okafor", "Ann", "")+`,`+name("Smith", "Ann", `,"use":"maiden"`), `,"gender":"female"`+home("HA9 1PI")),
		"turned":  resident("4", name("Ann", "Smith", ""), `,"gender":"female"`+home("HA1 3UJ")),
		"double":  resident("5", name("Smith-Jones", "Ann", ""), `,"gender":"female"`+home("UB1 3XK")),
		"other":   resident("6", name("Penhaligon", "Sue", ""), `,"gender":"female"`+home("LS11 6AD")),
		"kept":    strings.Replace(resident("7", name("Trelawny", "Jago", ""), `,"gender":"male"`+home("TR1 2AA")), `"identifier"`, `"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]},"identifier"`, 1),
		"another": strings.Replace(resident("8", name("Smith", "Ann", ""), ""), "1960-07-14", "1961-07-14", 1),
	} {
		ids[number] = s.personOf(s.create(s.client("R1K"), text).ID)
	}
	// Renamed: only the version before says Nancarrow of LS2.
	was := s.create(s.client("R1K"), resident("9", name("Nancarrow", "Demelza", ""), home("LS2 7UE")))
	ids["renamed"] = s.personOf(was.ID)
	now := s.json(strings.Replace(resident("9", name("Poldark", "Demelza", ""), home("TR9 9ZZ")), `{"resourceType":"Patient"`, `{"resourceType":"Patient","id":"`+was.ID+`"`, 1))
	if _, err := s.client("R1K").Transact(s.ctx, []record.Op{{Kind: record.Update, Type: "Patient", ID: was.ID, Resource: now}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	const born = "1960-07-14"
	for _, c := range []struct {
		name string
		w    person.Wanted
		want string
	}{
		{"as written", person.Wanted{Family: "smith", BornFrom: born}, "smith"},
		{"a wildcard", person.Wanted{Family: "Sm*", BornFrom: born}, "smith double smythe"},
		{"with history", person.Wanted{Family: "Smith", Given: "ann", BornFrom: born, History: true}, "smith maiden"},
		{"a former name that only an earlier version has", person.Wanted{Family: "Nancarrow", BornFrom: born, History: true}, "renamed"},
		{"and not without history", person.Wanted{Family: "Nancarrow", BornFrom: born}, ""},
		{"a former postcode", person.Wanted{Family: "Poldark", BornFrom: born, Postcode: "LS2*", History: true}, "renamed"},
		{"by sound", person.Wanted{Family: "Smith", Given: "Ann", BornFrom: born, Sounds: true}, "smith maiden turned double smythe"},
		{"by sound, exact ones alone", person.Wanted{Family: "Smith", Given: "Ann", BornFrom: born, Sounds: true, Exact: true}, "smith"},
		{"by sound, family name, gender and postcode", person.Wanted{Family: "Smyth", Gender: "female", Postcode: "ls1 4hy", BornFrom: born, Sounds: true}, "smythe"},
		{"by sound, given name, gender and postcode", person.Wanted{Given: "Ann", Gender: "female", Postcode: "LS11 6AD", BornFrom: born, Sounds: true}, "smith"},
		{"a range of a few days", person.Wanted{Family: "Smith", Given: "Ann", BornFrom: "1960-07-01", BornTo: "1960-07-31"}, "smith"},
		{"a range of years", person.Wanted{Family: "Smith", Given: "Ann", BornFrom: "1960-01-01", BornTo: "1961-12-31"}, "smith another"},
		{"telephone in another form", person.Wanted{Family: "Smith", BornFrom: born, Phone: "07700 900123", Email: "ann@EXAMPLE.org"}, "smith"},
		{"another telephone", person.Wanted{Family: "Smith", BornFrom: born, Phone: "07700 900999"}, ""},
		{"who is restricted", person.Wanted{Family: "Trelawny", BornFrom: born}, "kept"},
		{"is not found by postcode", person.Wanted{Family: "Trelawny", BornFrom: born, Postcode: "TR1 2AA"}, ""},
		{"nor by practice", person.Wanted{Family: "Trelawny", BornFrom: born, Practice: "A81001"}, ""},
		{"a practice that differs lowers by sound", person.Wanted{Family: "Smith", Given: "Ann", BornFrom: born, Practice: "A81001", Sounds: true}, "smith maiden turned double smythe"},
	} {
		found, err := s.as(access.Clinician).FindWanted(s.ctx, c.w)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		last := 1.0
		for _, h := range found.Hits {
			if h.Score <= 0 || h.Score > last {
				t.Errorf("%s: scores %v after %v", c.name, h.Score, last)
			}
			last = h.Score
			for who, id := range ids {
				if id == h.Person.ID {
					got = append(got, who)
				}
			}
		}
		want := strings.Fields(c.want)
		if len(got) != len(want) || !slices.Equal(got, want) {
			t.Errorf("%s: %v instead of %v", c.name, got, want)
		}
	}
	s.clean()
}

// TestTooMany: beyond fifty nobody is shown; with one more particular those who
// are left are, and each stands in the audit log.
func TestTooMany(t *testing.T) {
	s := newStage(t)
	for i := range 51 {
		s.create(s.client("R1K"), resident(fmt.Sprint("t", i), fmt.Sprintf(`{"family":"Smith","given":["Ann%c%c"]}`, 'a'+i/26, 'a'+i%26), ""))
	}
	many, err := s.as(access.Clinician).FindWanted(s.ctx, person.Wanted{Family: "Smith", BornFrom: "1960-07-14"})
	if err != nil || !many.TooMany || len(many.Hits) != 0 {
		t.Fatalf("of 51: %d shown, %v, %v", len(many.Hits), many.TooMany, err)
	}
	few, err := s.as(access.Clinician).FindWanted(s.ctx, person.Wanted{Family: "Smith", Given: "Annb*", BornFrom: "1960-07-14"})
	if err != nil || few.TooMany || len(few.Hits) != 25 {
		t.Fatalf("of 25: %d shown, %v, %v", len(few.Hits), few.TooMany, err)
	}
	_, end := s.audited(0)
	entry := s.entryAt(end - 1)
	for _, h := range few.Hits {
		if !slices.Contains(entry.Records, strings.TrimSuffix(h.Person.ID, "-0")) {
			t.Errorf("the audit entry does not name %s: %v", h.Person.ID, entry.Records)
		}
	}
}

// TestWantedTooLittle: what may not be asked.
func TestWantedTooLittle(t *testing.T) {
	s := newStage(t)
	const born = "1960-07-14"
	for _, c := range []struct {
		w        person.Wanted
		code, at string
	}{
		{person.Wanted{}, "people.too-few", "family"},
		{person.Wanted{Family: "Smith"}, "people.too-few", "born"},
		{person.Wanted{Given: "Ann", BornFrom: born}, "people.too-few", "family"},
		{person.Wanted{Phone: "07700900123", Email: "a@example.org"}, "people.too-few", "family"},
		{person.Wanted{Family: "S*", BornFrom: born}, "people.wildcard", "family"},
		{person.Wanted{Family: "*", BornFrom: born}, "people.wildcard", "family"},
		{person.Wanted{Family: "Sm*th", BornFrom: born}, "people.wildcard", "family"},
		{person.Wanted{Family: "Smith", BornFrom: born, Postcode: "L*"}, "people.wildcard", "postcode"},
		{person.Wanted{Family: "Sm*", Given: "Ann", BornFrom: born, Sounds: true}, "people.wildcard", "family"},
		{person.Wanted{Family: "Smith", BornFrom: born, Sounds: true}, "people.too-few", "given"},
		{person.Wanted{Family: "Smith", Gender: "female", BornFrom: born, Sounds: true}, "people.too-few", "given"},
		{person.Wanted{Given: "Ann", Postcode: "LS1 4HY", BornFrom: born, Sounds: true}, "people.too-few", "given"},
		{person.Wanted{Family: "Smith", BornFrom: "14/07/1960"}, "people.date", "born"},
		{person.Wanted{Family: "Smith", BornFrom: born, BornTo: "1950-01-01"}, "people.date", "born"},
		{person.Wanted{Family: "Smith", BornFrom: "1900-01-01", BornTo: "1999-01-01"}, "people.date", "born"},
		{person.Wanted{Family: "Smith", BornFrom: born, Gender: "mal"}, "people.gender", "gender"},
	} {
		_, err := s.as(access.Clinician).FindWanted(s.ctx, c.w)
		if f := fault.Of(err); f.Code != c.code || f.At != c.at {
			t.Errorf("%+v: %s at %s", c.w, f.Code, f.At)
		}
	}
}
