package fhirapi_test

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// known is a Patient of a trust; what is "" is left out.
type known struct{ trust, number, nhs, family, given, sex, born, post, line, active string }

func (k known) json(members ...string) string {
	ids := []string{}
	if k.number != "" {
		ids = append(ids, fmt.Sprintf(`{"system":"urn:concord:%s:hospital-number","value":"%s"}`, k.trust, k.number))
	}
	if k.nhs != "" {
		ids = append(ids, fmt.Sprintf(`{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"%s"}`, k.nhs))
	}
	out := `{"resourceType":"Patient"`
	if len(ids) > 0 {
		out += `,"identifier":[` + strings.Join(ids, ",") + `]`
	}
	if k.active != "" {
		out += `,"active":` + k.active
	}
	out += fmt.Sprintf(`,"name":[{"family":"%s","given":["%s"]}],"gender":"%s","birthDate":"%s"`, k.family, k.given, k.sex, k.born)
	if k.post != "" {
		out += fmt.Sprintf(`,"address":[{"line":["%s"],"postalCode":"%s"}]`, k.line, k.post)
	}
	return out + strings.Join(members, "") + "}"
}

func (s *stage) given(k known) call {
	return call{name: "given " + k.given, method: "POST", path: "Patient", body: k.json(), status: 201, keep: map[string]string{k.trust + k.number: "id"}, audit: trail{"create": 1}}
}

func matchOf(k known, more ...string) string {
	parameters := []string{`{"name":"resource","resource":` + k.json() + `}`}
	return `{"resourceType":"Parameters","parameter":[` + strings.Join(append(parameters, more...), ",") + `]}`
}

const onlyCertain = `{"name":"onlyCertainMatches","valueBoolean":true}`

// TestMatchCases are the ten cases of PDQm 3.2.0 ITI-119
// (https://profiles.ihe.net/ITI/PDQm/ITI-119.html, 2:3.119.4.1.3), each by its
// number, and what its test plan asks of a supplier. Every answer is held
// against the profile of the output.
func TestMatchCases(t *testing.T) {
	s := newStage(t)
	ada := known{"R1K", "1", "9990000018", "Okonkwo", "Adaeze", "female", "1948-03-14", "UB1 3XK", "14 Lady Margaret Road", ""}
	adaToo := ada
	adaToo.trust, adaToo.number = "RYJ", "2"
	li := known{"R1K", "3", "", "Penhaligon", "Liwen", "female", "1971-06-12", "HA9 1PI", "3 Mate House", ""}
	twin := known{"R1K", "4", "", "Penhaligon", "Josephine", "female", "1971-06-12", "HA9 1PI", "3 Mate House", ""}
	gone := known{"RAS", "5", "", "Trevelyan", "Humphrey", "male", "1933-09-30", "TW8 0AA", "1 High Street", "false"}
	common := known{"RQM", "6", "", "Smith", "John", "male", "1950-01-01", "", "", ""}
	commonToo := common
	commonToo.number = "7"
	bare := known{"RQM", "", "", "Lanyon", "Perran", "male", "1962-11-05", "TR1 2AA", "9 Quay Street", ""}
	for _, k := range []known{ada, adaToo, li, twin, gone, common, commonToo, bare} {
		s.step(s.given(k))
	}
	asked := func(k known) known { k.trust, k.number = "", ""; return k }
	noNumber := func(k known) known { k = asked(k); k.nhs = ""; return k }
	unsure := known{family: "Trevelyan", given: "Humphrey", sex: "male", born: "1933-09-30"}
	stranger := known{family: "Quillfeather", given: "Barnaby", sex: "male", born: "1999-12-31"}
	bad := asked(li)
	bad.nhs = "9990000019"
	count := func(n string) string { return `{"name":"count","valueInteger":` + n + `}` }
	modified := strings.Replace(asked(ada).json(), `"gender"`, `"modifierExtension":[{"url":"urn:x","valueBoolean":true}],"gender"`, 1)
	within := strings.Replace(asked(ada).json(), `{"family"`, `{"modifierExtension":[{"url":"urn:x","valueBoolean":true}],"family"`, 1)
	extended := strings.Replace(asked(gone).json(), `"gender"`, `"extension":[{"url":"urn:unheard-of","valueString":"x"}],"gender"`, 1)
	for _, c := range []struct {
		name, body string
		ids        string // of the records expected, in order, "|" between those that may change places
		grade      string // of the first; "" = nobody
		note       string // detail of the warning
	}{
		{"1: one record", matchOf(asked(gone)), "RAS5", "certain", ""},
		{"1: the Patient alone", asked(gone).json(), "RAS5", "certain", ""},
		{"1: a record without an identifier", matchOf(noNumber(bare)), "RQM", "certain", ""},
		{"2: several records of one person", matchOf(asked(ada)), "R1K1|RYJ2", "certain", ""},
		{"2: several people, likeliest first", matchOf(noNumber(li)), "R1K3 R1K4", "certain", ""},
		{"3: only certain", matchOf(asked(gone), onlyCertain), "RAS5", "certain", ""},
		{"3: only certain, several records of one person", matchOf(asked(ada), onlyCertain), "R1K1|RYJ2", "certain", ""},
		{"4: one record, not certain, is found", matchOf(unsure), "RAS5", "probable", ""},
		{"4: and is not when only certain ones are asked for", matchOf(unsure, onlyCertain), "", "", ""},
		{"5: several people are found", matchOf(asked(common)), "RQM6|RQM7", "probable", ""},
		{"5: and nobody when it must be certain", matchOf(asked(common), onlyCertain), "", "", ""},
		{"6: count, the likeliest is left", matchOf(noNumber(li), count("1")), "R1K3", "certain", ""},
		{"6: count, more than there are", matchOf(noNumber(li), count("9")), "R1K3 R1K4", "certain", ""},
		{"7: nobody", matchOf(stranger), "", "", ""},
		{"8: no longer active", matchOf(asked(gone)), "RAS5", "certain", ""},
		{"10: found, with a warning", matchOf(bad), "R1K3 R1K4", "certain", "match.nhs-number"},
		{"an extension that nobody knows", extended, "RAS5", "certain", ""},
	} {
		v := s.step(call{name: "case " + c.name, method: "POST", path: "Patient/$match", body: c.body, status: 200, audit: trail{"search": 1}})
		s.matched(c.name, v, strings.Fields(s.idsOf(c.ids)), c.grade, c.note)
	}
	s.play([]call{
		{name: "case 8: it says so", method: "POST", path: "Patient/$match", body: matchOf(asked(gone)), status: 200, audit: trail{"search": 1}, has: []string{`"active":false`}},
		{name: "case 9: no Patient", method: "POST", path: "Patient/$match", body: `{"resourceType":"Parameters","parameter":[]}`, status: 400, has: []string{"OperationOutcome", `"error"`}},
		{name: "case 9: another resource", method: "POST", path: "Patient/$match", body: `{"resourceType":"Basic","code":{"text":"x"}}`, status: 400, has: []string{"OperationOutcome"}},
		{name: "case 9: a count that is none", method: "POST", path: "Patient/$match", body: matchOf(asked(ada), count("0")), status: 400, has: []string{"count"}},
		{name: "case 9: a parameter twice", method: "POST", path: "Patient/$match", body: matchOf(asked(ada), count("1"), count("2")), status: 400, has: []string{"count"}},
		{name: "case 9: a modifier extension", method: "POST", path: "Patient/$match", body: modified, status: 400, has: []string{"modifierExtension"}, hasNot: []string{"Adaeze"}},
		{name: "case 9: a modifier extension within", method: "POST", path: "Patient/$match", body: within, status: 400, has: []string{"modifierExtension"}},
		{name: "case 9: not allowed", method: "POST", path: "Patient/$match", body: matchOf(asked(ada)), scopes: "system/Observation.rs", status: 403, hasNot: []string{"Adaeze"}, audit: trail{"!search": 1}},
	})
	w := s.send(call{method: "POST", path: "Patient/$match", body: matchOf(asked(gone)), header: map[string]string{"Accept": "application/fhir+xml"}})
	for _, has := range []string{"<Bundle", `<score value="`, `<mode value="match"`, `<valueCode value="certain"`} {
		if !strings.Contains(w.Body.String(), has) {
			t.Errorf("in XML there is no %s: %s", has, w.Body)
		}
	}
	s.clean()
}

// idsOf turns names that were kept into ids: "R1K1 RYJ2|RYJ3" into "a b|c".
func (s *stage) idsOf(names string) string {
	words := strings.FieldsFunc(names, func(r rune) bool { return r == ' ' || r == '|' })
	for _, w := range words {
		names = strings.Replace(names, w, s.fill("{"+w+"}"), 1)
	}
	return names
}

// matched holds an answer of $match against the profile of its Bundle and of
// its Patients, and against what is expected.
func (s *stage) matched(name string, v *fhir.Value, ids []string, grade, note string) {
	s.t.Helper()
	if v.StrAt("type") != "searchset" || v.StrAt("link.0.relation") != "self" {
		s.t.Errorf("%s: no searchset with its link: %s", name, v.JSON())
	}
	var got []string
	last, notes := 1.0, ""
	for e := range v.Get("entry").Each() {
		p, search := e.Get("resource"), e.Get("search")
		if p.Type() == "OperationOutcome" {
			notes += p.StrAt("issue.0.details.coding.0.code") + p.StrAt("issue.0.severity")
			continue
		}
		score, err := strconv.ParseFloat(search.Get("score").Raw(), 64)
		if err != nil || score < 0 || score > last || search.StrAt("mode") != "match" {
			s.t.Errorf("%s: score or order: %s", name, search.JSON())
		}
		last = score
		g := search.All("extension.valueCode")
		if len(g) != 1 || len(got) == 0 && g[0].Str() != grade {
			s.t.Errorf("%s: %v instead of %s", name, g, grade)
		}
		if p.StrAt("identifier.0.system") == "" || p.StrAt("identifier.0.value") == "" || p.Get("link") != nil && p.Get("active") == nil {
			s.t.Errorf("%s: not as the profile has it: %s", name, p.JSON())
		}
		got = append(got, p.ID())
	}
	sort.Strings(got)
	var want []string
	for _, w := range ids {
		want = append(want, strings.Split(w, "|")...)
	}
	first := ""
	if len(ids) > 0 && len(got) > 0 {
		first = v.StrAt("entry.0.resource.id")
		if !slices.Contains(strings.Split(ids[0], "|"), first) {
			s.t.Errorf("%s: %s comes first", name, first)
		}
	}
	sort.Strings(want)
	if !slices.Equal(got, want) || v.Get("total").Raw() != strconv.Itoa(len(want)) {
		s.t.Errorf("%s: %v (total %s) instead of %v", name, got, v.Get("total").Raw(), want)
	}
	if (note == "") != (notes == "") || !strings.Contains(notes, note) || strings.Contains(notes, "error") {
		s.t.Errorf("%s: the notes are %q", name, notes)
	}
}

// TestCrossReference is PIXm ITI-83 (https://profiles.ihe.net/ITI/PIXm/ITI-83.html).
func TestCrossReference(t *testing.T) {
	s := newStage(t)
	ada := known{"R1K", "1", "9990000018", "Okonkwo", "Adaeze", "female", "1948-03-14", "UB1 3XK", "14 Lady Margaret Road", ""}
	adaToo := ada
	adaToo.trust, adaToo.number = "RYJ", "2"
	li := known{"RAS", "3", "", "Penhaligon", "Liwen", "female", "1971-06-12", "HA9 1PI", "3 Mate House", ""}
	for _, k := range []known{ada, adaToo, li} {
		s.step(s.given(k))
	}
	const pix, hospital = "Patient/$ihe-pix?sourceIdentifier=", "urn:concord:%s:hospital-number"
	r1k, ryj, ras := fmt.Sprintf(hospital, "R1K"), fmt.Sprintf(hospital, "RYJ"), fmt.Sprintf(hospital, "RAS")
	one := trail{"search": 1}
	s.play([]call{
		{name: "all other identifiers", path: pix + r1k + "|1", status: 200, audit: one, has: []string{"targetIdentifier", `"value":"2"`, "9990000018", "targetId", "Patient/{RYJ2}"}, hasNot: []string{"Okonkwo"}},
		{name: "of one system", path: pix + r1k + "|1&targetSystem=" + ryj, status: 200, audit: one, has: []string{`"value":"2"`, "Patient/{RYJ2}"}, hasNot: []string{"9990000018", "Patient/{R1K1}"}},
		{name: "by NHS number", path: pix + "https://fhir.nhs.uk/Id/nhs-number|9990000018&targetSystem=" + r1k, status: 200, audit: one, has: []string{`"value":"1"`}},
		{name: "known, and nothing there", path: pix + ras + "|3&targetSystem=" + ryj, status: 200, audit: one, hasNot: []string{"targetIdentifier"}},
		{name: "by POST", method: "POST", path: "Patient/$ihe-pix", status: 200, audit: one, has: []string{`"value":"2"`},
			body: `{"resourceType":"Parameters","parameter":[{"name":"sourceIdentifier","valueIdentifier":{"system":"` + r1k + `","value":"1"}},{"name":"targetSystem","valueUri":"` + ryj + `"}]}`},
		{name: "nobody has it", path: pix + r1k + "|99", status: 404, audit: trail{"search?": 1}, has: []string{"identity.unknown"}},
		{name: "no such source system", path: pix + "urn:other|1", status: 400, has: []string{"sourceIdentifier"}},
		{name: "no such target system", path: pix + r1k + "|1&targetSystem=urn:other", status: 403, has: []string{"targetSystem"}},
		{name: "no source", path: "Patient/$ihe-pix", status: 400},
		{name: "an unknown parameter", path: pix + r1k + "|1&colour=red", status: 400},
		{name: "not allowed", path: pix + r1k + "|1", scopes: "system/Observation.rs", status: 403, audit: trail{"!search": 1}},
	})
}

// TestMergeAndUnmerge: two entries of one trust become one person, the other id
// redirects, and undoing it leaves both as they were; circles are refused.
func TestMergeAndUnmerge(t *testing.T) {
	s := newStage(t)
	a := known{"RYJ", "1", "", "Penhaligon", "Liwen", "female", "1971-06-12", "HA9 1PI", "3 Mate House", ""}
	b := known{"RYJ", "2", "", "Trevelyan", "Sue", "female", "1971-06-12", "TW8 0AA", "1 High Street", ""}
	c := known{"R1K", "3", "", "Quill", "Ann", "female", "1990-01-12", "TW8 0AA", "9 High Street", ""}
	for _, k := range []known{a, b, c} {
		s.step(s.given(k))
	}
	person := func(id, name string) call {
		return call{name: "who " + id + " is", path: "Patient/" + id, status: 200, keep: map[string]string{name: "link.0.other.reference"}, audit: trail{"read": 1}}
	}
	body := func(source, target string, more ...string) string {
		list := []string{`{"name":"source-patient","valueReference":{"reference":"Patient/` + source + `"}}`, `{"name":"target-patient","valueReference":{"reference":"Patient/` + target + `"}}`}
		return `{"resourceType":"Parameters","parameter":[` + strings.Join(append(list, more...), ",") + `]}`
	}
	done := trail{"read": 2, "update": 1}
	s.play([]call{
		person("{RYJ1}", "p"), person("{RYJ2}", "q"),
		{name: "preview", method: "POST", path: "Patient/$merge", body: body("{RYJ2}", "{RYJ1}", `{"name":"preview","valueBoolean":true}`), status: 200, has: []string{`"replaces"`}, audit: trail{"read": 2}},
		{name: "nothing was written", path: "{q}", status: 200, hasNot: []string{"{RYJ1}"}, audit: trail{"read": 1}},
		{name: "merge", method: "POST", path: "Patient/$merge", body: body("{RYJ2}", "{RYJ1}"), status: 200, has: []string{`"replaces"`, `"name":"outcome"`, `"name":"result"`}, audit: done},
		{name: "the source goes on under the target", path: "Patient/{RYJ2}", status: 200, has: []string{`"active":false`, `"replaced-by"`, `"{p}"`}, audit: trail{"read": 1}},
		{name: "the old id redirects", path: "{q}", status: 307, heads: map[string]string{"Location": "https://concord.example/fhir/{p}"}, audit: trail{"read": 1}},
		{name: "again", method: "POST", path: "Patient/$merge", body: body("{RYJ2}", "{RYJ1}"), status: 409, audit: trail{"read": 2}},
		{name: "in a circle", method: "POST", path: "Patient/$merge", body: body("{RYJ1}", "{RYJ2}"), status: 409, has: []string{"merge.circle"}, audit: trail{"read": 2}},
		{name: "into itself", method: "POST", path: "Patient/$merge", body: body("{RYJ1}", "{RYJ1}"), status: 400},
		{name: "a person", method: "POST", path: "Patient/$merge", body: strings.Replace(body("X", "{RYJ1}"), "Patient/X", "{p}", 1), status: 400, audit: trail{"read": 1}},
		{name: "unmerge", method: "POST", path: "Patient/$unmerge", body: body("{RYJ2}", "{RYJ1}"), status: 200, audit: done},
		{name: "the source is active", path: "Patient/{RYJ2}", status: 200, has: []string{`"active":true`, `"{q}"`}, hasNot: []string{"replaced-by", "{p}"}, audit: trail{"read": 1}},
		{name: "the old id is its own", path: "{q}", status: 200, has: []string{"{RYJ2}"}, hasNot: []string{"{RYJ1}"}, audit: trail{"read": 1}},
		{name: "unmerge again", method: "POST", path: "Patient/$unmerge", body: body("{RYJ2}", "{RYJ1}"), status: 409, audit: trail{"read": 2}},
		{name: "by identifier", method: "POST", path: "Patient/$merge", status: 200, audit: trail{"search": 2, "read": 2, "update": 1},
			body: `{"resourceType":"Parameters","parameter":[{"name":"source-patient-identifier","valueIdentifier":{"system":"urn:concord:RYJ:hospital-number","value":"2"}},{"name":"target-patient-identifier","valueIdentifier":{"system":"urn:concord:RYJ:hospital-number","value":"1"}}]}`},
	})
	s.clean()
}

// TestIdentityFeed is PIXm ITI-104: a source adds, revises and resolves
// duplicates by a conditional update
// (https://profiles.ihe.net/ITI/PIXm/ITI-104.html).
func TestIdentityFeed(t *testing.T) {
	s := newStage(t)
	a := known{"RYJ", "1", "", "Penhaligon", "Liwen", "female", "1971-06-12", "HA9 1PI", "3 Mate House", ""}
	b := known{"RYJ", "2", "", "Trevelyan", "Sue", "female", "1971-06-12", "TW8 0AA", "1 High Street", ""}
	feed := func(number string) string { return "Patient?identifier=urn:concord:RYJ:hospital-number|" + number }
	wrote := trail{"update": 1}
	s.play([]call{
		{name: "add", method: "PUT", path: feed("1"), body: a.json(), status: 201, has: []string{`"type":"refer"`}, keep: map[string]string{"a": "id"}, audit: wrote},
		{name: "add another", method: "PUT", path: feed("2"), body: b.json(), status: 201, keep: map[string]string{"b": "id", "bp": "link.0.other.reference"}, audit: wrote},
		{name: "revise", method: "PUT", path: feed("2"), body: b.json(`,"maritalStatus":{"text":"M"}`), status: 200, has: []string{`"id":"{b}"`}, audit: wrote},
		{name: "resolve a duplicate", method: "PUT", path: feed("2"), body: b.json(`,"active":false,"link":[{"other":{"reference":"Patient/{a}"},"type":"replaced-by"}]`), status: 200, audit: wrote},
		{name: "its person is the other's", path: "{bp}", status: 307, audit: trail{"read": 1}},
		{name: "the index says so", path: "Patient/$ihe-pix?sourceIdentifier=urn:concord:RYJ:hospital-number|2", status: 200, has: []string{`"value":"1"`}, audit: trail{"search": 1}},
		{name: "it was a mistake", method: "PUT", path: feed("2"), body: b.json(), status: 200, audit: wrote},
		{name: "both are as before", path: "{bp}", status: 200, has: []string{"{b}"}, hasNot: []string{"{a}"}, audit: trail{"read": 1}},
		{name: "under itself", method: "PUT", path: feed("2"), body: b.json(`,"link":[{"other":{"reference":"Patient/{b}"},"type":"replaced-by"}]`), status: 400, audit: trail{"update?": 1}},
	})
	s.clean()
}

// TestDemographicsQuery is PDQm ITI-78 (https://profiles.ihe.net/ITI/PDQm/ITI-78.html):
// its parameters and its cases, as far as a search of R4 does not answer them
// elsewhere.
func TestDemographicsQuery(t *testing.T) {
	s := newStage(t)
	ada := known{"R1K", "1", "9990000018", "Okonkwo", "Adaeze", "female", "1948-03-14", "UB1 3XK", "14 Lady Margaret Road", "true"}
	li := known{"RAS", "3", "", "Penhaligon", "Liwen", "female", "1971-06-12", "HA9 1PI", "3 Mate House", "true"}
	gone := known{"RAS", "5", "", "Trevelyan", "Humphrey", "male", "1933-09-30", "TW8 0AA", "1 High Street", "false"}
	for _, k := range []known{ada, li} {
		s.step(s.given(k))
	}
	c := s.given(gone)
	c.body = gone.json(`,"telecom":[{"system":"phone","value":"000 5555 1201"},{"system":"email","value":"hump@example.org"}]`)
	s.step(c)
	one := trail{"search": 1}
	found := func(name, query, id string) call {
		return call{name: name, path: "Patient?" + query, status: 200, audit: one, has: []string{`"type":"searchset"`, `"total":1`, `"id":"{` + id + `}"`, `"mode":"match"`}}
	}
	s.play([]call{
		found("_id", "_id={RAS3}", "RAS3"),
		found("identifier with its domain", "identifier=urn:concord:RAS:hospital-number|3", "RAS3"),
		found("identifier without", "identifier=9990000018", "R1K1"),
		found("family", "family=penhal", "RAS3"),
		found("family, exact", "family:exact=Penhaligon", "RAS3"),
		found("given", "given=ada", "R1K1"),
		found("birthdate", "birthdate=1971-06-12", "RAS3"),
		found("birthdate, a range", "birthdate=ge1930-01-01&birthdate=le1940-01-01", "RAS5"),
		found("address", "address=3+mate", "RAS3"),
		found("address-postalcode", "address-postalcode=UB1", "R1K1"),
		found("gender and family", "gender=female&family=okonkwo", "R1K1"),
		found("telecom", "telecom=hump@example.org", "RAS5"),
		found("active", "active=false", "RAS5"),
		{name: "by POST", method: "POST", path: "Patient/_search", body: "family=okonkwo&birthdate=1948-03-14", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 200, audit: one, has: []string{`"total":1`}},
		{name: "nobody", path: "Patient?family=nobody", status: 200, audit: one, has: []string{`"total":0`}, hasNot: []string{`"entry"`}},
		{name: "a domain that is none of ours", path: "Patient?identifier=urn:other|1", status: 200, audit: one, has: []string{`"total":0`}},
		{name: "a value that cannot be read", path: "Patient?birthdate=yesterday", status: 400},
		{name: "retrieve", path: "Patient/{RAS3}", status: 200, audit: trail{"read": 1}, has: []string{"Penhaligon"}},
		{name: "retrieve nobody", path: "Patient/nobody", status: 404, audit: trail{"read?": 1}},
	})
}
