package fhirapi_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// interop is a request as real clients send it, over which servers and clients have
// fallen out, and the answer that the specification has for it.
type interop struct {
	name, method, path, body string
	header                   map[string]string
	status                   int
	has, hasNot              string
}

func (s *stage) holds(list []interop) {
	s.t.Helper()
	for _, x := range list {
		c := call{name: x.name, method: x.method, path: x.path, body: x.body, header: x.header}
		w := s.send(c)
		if body := w.Body.String(); w.Code != x.status || !strings.Contains(body, s.fill(x.has)) || x.hasNot != "" && strings.Contains(body, s.fill(x.hasNot)) {
			s.t.Errorf("%s: %d, want %d with %q and without %q: %.500s", x.name, w.Code, x.status, s.fill(x.has), s.fill(x.hasNot), body)
		}
	}
}

// plainQuery writes a query as it stands, spaces and all, as a browser would send it.
func plainQuery(path string, pairs ...string) string {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return path + "?" + form.Encode()
}

func (s *stage) stored(put map[string]string) {
	s.t.Helper()
	for ref, body := range put {
		typ, id, _ := strings.Cut(ref, "/")
		text := `{"resourceType":"` + typ + `","id":"` + id + `",` + s.fill(body) + `}`
		if w := s.send(call{method: "PUT", path: ref, body: text}); w.Code != 201 {
			s.t.Fatalf("%s: %d %.400s", ref, w.Code, w.Body)
		}
	}
}

// TestInteropHeaders: formats, entity tags, preferences and methods.
func TestInteropHeaders(t *testing.T) {
	s := newStage(t)
	s.step(givenPatient())
	longID := strings.Repeat("a", 64)
	s.stored(map[string]string{"Observation/o": `"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/{p}"}`})
	put := `{"resourceType":"Observation","id":"o","status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/{p}"}}`
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(`{"resourceType":"Basic","code":{"text":"packed"}}`))
	z.Close()
	form := "application/x-www-form-urlencoded"
	s.holds([]interop{
		{"Accept with a version", "GET", "Observation/o", "", headers("Accept", "application/json;fhirVersion=4.0"), 200, `"final"`, ""},
		{"Accept with a version and a charset", "GET", "Observation/o", "", headers("Accept", "application/fhir+json; fhirVersion=4.0; charset=utf-8"), 200, `"final"`, ""},
		{"Accept of HAPI's client", "GET", "Observation/o", "", headers("Accept", "application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9"), 200, "<Observation", ""},
		{"Accept with the better last", "GET", "Observation/o", "", headers("Accept", "application/fhir+xml;q=0.5, application/fhir+json"), 200, `{"resourceType"`, ""},
		{"Accept that refuses", "GET", "Observation/o", "", headers("Accept", "application/fhir+json;q=0"), 406, "fhir.accept", ""},
		{"Accept of axios", "GET", "Observation/o", "", headers("Accept", "application/json, text/plain, */*"), 200, `"final"`, ""},
		{"_format over Accept", "GET", "Observation/o?_format=application/fhir+json", "", headers("Accept", "application/fhir+xml"), 200, `"final"`, ""},
		{"_format as text/xml", "GET", "Observation/o?_format=text/xml", "", nil, 200, "<Observation", ""},
		{"Content-Type with a charset", "PUT", "Observation/o", put, headers("Content-Type", "application/fhir+json; charset=UTF-8"), 200, `"amended"`, ""},
		{"Content-Type in capitals", "PUT", "Observation/o", put, headers("Content-Type", "Application/FHIR+JSON"), 200, `"amended"`, ""},
		{"Content-Type application/json", "PUT", "Observation/o", put, headers("Content-Type", "application/json"), 200, `"amended"`, ""},
		{"Content-Type on a GET", "GET", "Observation/o", "", headers("Content-Type", "application/fhir+json"), 200, `"amended"`, ""},
		{"a charset that is not UTF-8", "PUT", "Observation/o", put, headers("Content-Type", "application/fhir+json; charset=ISO-8859-1"), 415, "http.content-type", ""},
		{"a byte order mark", "POST", "Basic", "\xef\xbb\xbf" + `{"resourceType":"Basic","code":{"text":"marked"}}`, nil, 201, `"marked"`, ""},
		{"a packed body", "POST", "Basic", packed.String(), headers("Content-Encoding", "gzip"), 201, `"packed"`, ""},
		{"a body packed otherwise", "POST", "Basic", packed.String(), headers("Content-Encoding", "br"), 415, "http.content-encoding", ""},
		{"If-None-Match list", "GET", "Observation/o", "", headers("If-None-Match", `W/"1", W/"5"`), 200, `"amended"`, ""},
		{"If-None-Match list with it", "GET", "Observation/o", "", headers("If-None-Match", `W/"1", W/"4"`), 304, "", "amended"},
		{"If-None-Match, strong", "GET", "Observation/o", "", headers("If-None-Match", `"4"`), 304, "", "amended"},
		{"If-None-Match without quotes", "GET", "Observation/o", "", headers("If-None-Match", `4`), 304, "", "amended"},
		{"If-Match without quotes", "PUT", "Observation/o", put, headers("If-Match", "4"), 200, `"5"`, ""},
		{"If-Match, strong", "PUT", "Observation/o", put, headers("If-Match", `"5"`), 200, `"6"`, ""},
		{"If-Match *", "PUT", "Observation/o", put, headers("If-Match", "*"), 200, `"7"`, ""},
		{"If-Match * of nothing", "PUT", "Observation/none", strings.Replace(put, `"o"`, `"none"`, 1), headers("If-Match", "*"), 412, "http.if-match", ""},
		{"If-Match list with it", "PUT", "Observation/o", put, headers("If-Match", `W/"3", W/"7"`), 200, `"8"`, ""},
		{"If-Match list without it", "PUT", "Observation/o", put, headers("If-Match", `W/"3", W/"4"`), 412, "http.if-match", ""},
		{"If-Modified-Since that is no date", "GET", "Observation/o", "", headers("If-Modified-Since", "yesterday"), 200, `"amended"`, ""},
		{"Prefer with several", "PUT", "Observation/o", put, headers("Prefer", "handling=strict, return=minimal"), 200, "", "amended"},
		{"Prefer in quotes", "PUT", "Observation/o", put, headers("Prefer", `return="OperationOutcome"`), 200, "OperationOutcome", ""},
		{"Prefer lenient in a list", "GET", "Observation?colour=red", "", headers("Prefer", "return=minimal; handling=lenient"), 200, "colour", ""},
		{"Prefer that is nobody's", "GET", "Observation?colour=red", "", headers("Prefer", "x-handling=lenient"), 400, "search.parameter", ""},
		{"HEAD of a search", "HEAD", "Observation?patient={p}", "", nil, 200, "", "{"},
		{"HEAD of nothing", "HEAD", "Observation/none2", "", nil, 404, "", "{"},
		{"an id of 64", "PUT", "Basic/" + longID, `{"resourceType":"Basic","id":"` + longID + `","code":{"text":"x"}}`, nil, 201, longID, ""},
		{"and so found", "GET", "Basic?_id=" + longID, "", nil, 200, `"total":1`, ""},
		{"an id of 65", "PUT", "Basic/" + longID + "a", `{"resourceType":"Basic","id":"` + longID + `a","code":{"text":"x"}}`, nil, 422, "Basic.id", ""},
		{"POST _search with query and body", "POST", "Observation/_search?patient={p}", "code=718-7", headers("Content-Type", form), 200, `"total":0`, ""},
		{"POST _search, both meet", "POST", "Observation/_search?patient={p}", "status=amended", headers("Content-Type", form), 200, `"total":1`, ""},
		{"POST _search without a body", "POST", "Observation/_search?patient={p}", "", nil, 200, `"total":1`, ""},
		{"POST _search with a charset", "POST", "Observation/_search", "patient={p}", headers("Content-Type", form+"; charset=UTF-8"), 200, `"total":1`, ""},
		{"metadata", "GET", "metadata?_format=json", "", nil, 200, "CapabilityStatement", ""},
		{"metadata in words of terminology", "GET", "metadata?mode=terminology", "", nil, 501, "fhir.mode", ""},
	})
	s.clean()
}

// TestInteropSearch: dates, escapes, references, counts and pages.
func TestInteropSearch(t *testing.T) {
	s := newStage(t)
	s.step(givenPatient())
	about := `"status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},"subject":{"reference":"Patient/{p}"},`
	s.stored(map[string]string{
		"Observation/early": about + `"effectiveDateTime":"2024-07-08T20:47:12.123+03:30","valueQuantity":{"value":5.40,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}`,
		"Observation/late":  about + `"effectiveDateTime":"2026-07-08T20:47:12Z","valueQuantity":{"value":7,"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}`,
		"Location/comma":    `"name":"Ward 4, East","identifier":[{"system":"urn:l","value":"a,b"}]`,
		"Location/end":      `"name":"Ward 5","identifier":[{"system":"urn:l","value":"ends,"}]`,
		"Location/pipe":     `"name":"Ward 6 $ | \\ x","identifier":[{"system":"urn:l","value":"a|b"},{"value":"bare"}]`,
	})
	q := plainQuery
	s.holds([]interop{
		{"a plus in a date", "GET", "Observation?date=2024-07-08T20:47:12.123+03:30", "", nil, 200, `"total":1`, "late"},
		{"a plus that is escaped", "GET", "Observation?date=2024-07-08T20:47:12.123%2B03:30", "", nil, 200, `"total":1`, "late"},
		{"the same moment elsewhere", "GET", "Observation?date=2024-07-08T17:17:12.123Z", "", nil, 200, `"total":1`, "late"},
		{"a plus after a prefix", "GET", "Observation?date=gt2024-07-08T20:47:12.123+03:30", "", nil, 200, `"total":1`, "early"},
		{"two dates", "GET", "Observation?date=ge2024-01-01&date=lt2025-01-01", "", nil, 200, `"total":1`, "late"},
		{"a date that is none", "GET", "Observation?date=junk", "", nil, 400, `"date"`, ""},
		{"a date the other way round", "GET", "Patient?birthdate=09-30-1960", "", nil, 400, `"birthdate"`, ""},
		{"a date that is none, chained", "GET", "Observation?subject:Patient.birthdate=invaliddate", "", nil, 400, "birthdate", ""},
		{"_lastUpdated with a plus", "GET", "Observation?_lastUpdated=gt2020-01-01T00:00:00+00:00", "", nil, 200, `"total":2`, ""},
		{"a pipe, escaped by percent", "GET", "Observation?code=http%3A%2F%2Floinc.org%7C718-7", "", nil, 200, `"total":2`, ""},
		{"a pipe as it is", "GET", "Observation?code=http://loinc.org|718-7", "", nil, 200, `"total":2`, ""},
		{"a comma, escaped by percent, is still an or", "GET", "Observation?code=1%2C718-7", "", nil, 200, `"total":2`, ""},
		{"a comma in a name", "GET", q("Location", "name:exact", `Ward 4\, East`), "", nil, 200, `"total":1`, ""},
		{"a comma in a token", "GET", q("Location", "identifier", `urn:l|a\,b`), "", nil, 200, `"comma"`, ""},
		{"a comma at the end of a token", "GET", q("Location", "identifier", `urn:l|ends\,`), "", nil, 200, `"id":"end"`, ""},
		{"a pipe in a token", "GET", q("Location", "identifier", `urn:l|a\|b`), "", nil, 200, `"id":"pipe"`, ""},
		{"dollar, pipe and backslash in a name", "GET", q("Location", "name:exact", `Ward 6 \$ \| \\ x`), "", nil, 200, `"id":"pipe"`, ""},
		{"a token without a system", "GET", q("Location", "identifier", "|bare"), "", nil, 200, `"total":1`, ""},
		{"any of a system", "GET", q("Location", "identifier", "urn:l|"), "", nil, 200, `"total":3`, ""},
		{"a quantity with a unit", "GET", "Observation?value-quantity=5.40|http://unitsofmeasure.org|mmol/L", "", nil, 200, `"total":1`, ""},
		{"a quantity without a system", "GET", "Observation?value-quantity=gt6||mmol/L", "", nil, 200, `"total":1`, ""},
		{"a quantity within its precision", "GET", "Observation?value-quantity=5.4", "", nil, 200, `"total":1`, ""},
		{"a reference by its id", "GET", "Observation?subject={p}", "", nil, 200, `"total":2`, ""},
		{"a reference with its type", "GET", "Observation?subject=Patient/{p}", "", nil, 200, `"total":2`, ""},
		{"a reference with a modifier", "GET", "Observation?subject:Patient={p}", "", nil, 200, `"total":2`, ""},
		{"a reference with its address", "GET", "Observation?subject=https://concord.example/fhir/Patient/{p}", "", nil, 200, `"total":2`, ""},
		{"a reference to nobody", "GET", "Observation?subject=Patient/none", "", nil, 200, `"total":0`, ""},
		{"_count=0", "GET", "Observation?_count=0", "", nil, 200, `"total":2`, `"entry"`},
		{"_summary=count with a page size", "GET", "Observation?_summary=count&_count=1", "", nil, 200, `"total":2`, `"next"`},
		{"_count beyond the most", "GET", "Observation?_count=100000", "", nil, 200, `"total":2`, ""},
		{"_count that is negative", "GET", "Observation?_count=-1", "", nil, 400, `"_count"`, ""},
		{"_count posted as text", "POST", "Observation/_search", "_count=1", headers("Content-Type", "application/x-www-form-urlencoded"), 200, `"next"`, ""},
		{"an unknown parameter", "GET", "Observation?foo=bar", "", nil, 400, `"foo"`, ""},
		{"an unknown modifier", "GET", "Observation?code:foo=bar", "", nil, 400, "code", ""},
		{"an empty value is refused as an unknown name is", "GET", "Observation?code=&status=final", "", nil, 400, `"code"`, ""},
		{"a comma behind a value", "GET", "Observation?code=718-7,", "", nil, 200, `"total":2`, ""},
		{"a separator too many", "GET", "Observation?&code=718-7&", "", nil, 200, `"total":2`, ""},
		{"_sort with a space and down", "GET", "Observation?_sort=-date,_id", "", nil, 200, `"late"`, ""},
		{"_sort by what is none", "GET", "Observation?_sort=colour", "", nil, 400, "_sort", ""},
		{"_include with a version of the form", "GET", "Observation?_id=early&_include=Observation:subject:Patient", "", nil, 200, "Okonkwo", ""},
		{"_include of nothing", "GET", "Observation?_include=Observation:colour", "", nil, 400, "_include", ""},
		{"_elements brings what must be", "GET", "Observation?_id=early&_elements=effective", "", nil, 200, `"status"`, "valueQuantity"},
		{"_has", "GET", "Patient?_has:Observation:patient:code=718-7", "", nil, 200, `"total":1`, ""},
		{"_id with several", "GET", "Observation?_id=early,late,none", "", nil, 200, `"total":2`, ""},
		{"a code in the wrong case", "GET", "Patient?gender=FEMALE", "", nil, 200, `"total"`, ""},
		{"a name in any case and form", "GET", "Patient?family=ÒKONKWO", "", nil, 200, `"total":1`, ""},
		{":missing", "GET", "Observation?encounter:missing=true", "", nil, 200, `"total":2`, ""},
		{":not", "GET", "Observation?status:not=final", "", nil, 200, `"total":0`, ""},
	})
	s.clean()
}

// TestInteropBundles: conditions, fullUrls and references within Bundles.
func TestInteropBundles(t *testing.T) {
	s := newStage(t)
	s.step(givenPatient())
	s.stored(map[string]string{
		"Organization/a": `"name":"A","identifier":[{"system":"urn:o","value":"1"}]`, "Organization/b": `"name":"B","identifier":[{"system":"urn:o","value":"2"},{"system":"urn:o","value":"twice"}]`,
		"Organization/c": `"name":"C","identifier":[{"system":"urn:o","value":"twice"},{"system":"urn:o","value":"Über"}]`,
	})
	org := func(value string) string {
		return `{"resourceType":"Organization","name":"New","identifier":[{"system":"urn:o","value":"` + value + `"}]}`
	}
	at := func(full, method, target, resource, more string) string {
		if full != "" {
			full = `"fullUrl":"` + full + `",`
		}
		return `{` + full + `"resource":` + resource + `,"request":{"method":"` + method + `","url":"` + target + `"` + more + `}}`
	}
	visit := func(reference string) string {
		return fmt.Sprintf(`{"resourceType":"Encounter","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/{p}"},"serviceProvider":{"reference":%q}}`, reference)
	}
	post := func(name, body string, status int, has string) interop {
		return interop{name: name, method: "POST", body: body, status: status, has: has}
	}
	s.holds([]interop{
		{"If-None-Exist", "POST", "Organization", org("1"), headers("If-None-Exist", "identifier=urn:o|1"), 200, `"id":"a"`, ""},
		{"If-None-Exist with the type", "POST", "Organization", org("1"), headers("If-None-Exist", "Organization?identifier=urn:o|1"), 200, `"id":"a"`, ""},
		{"If-None-Exist with the address", "POST", "Organization", org("1"), headers("If-None-Exist", "https://concord.example/fhir/Organization?identifier=urn:o|1"), 200, `"id":"a"`, ""},
		{"If-None-Exist with a question mark", "POST", "Organization", org("1"), headers("If-None-Exist", "?identifier=urn:o|1"), 200, `"id":"a"`, ""},
		{"If-None-Exist beyond ASCII", "POST", "Organization", org("Über"), headers("If-None-Exist", "identifier=urn:o|Über"), 200, `"id":"c"`, ""},
		{"If-None-Exist beyond ASCII, escaped", "POST", "Organization", org("Über"), headers("If-None-Exist", "identifier=urn:o%7C%C3%9Cber"), 200, `"id":"c"`, ""},
		{"If-None-Exist of another type", "POST", "Organization", org("1"), headers("If-None-Exist", "Location?identifier=urn:o|1"), 400, "Location", ""},
		{"If-None-Exist of several", "POST", "Organization", org("twice"), headers("If-None-Exist", "identifier=urn:o|twice"), 412, "record.multiple", ""},
		{"If-None-Exist that says nothing", "POST", "Organization", org("1"), headers("If-None-Exist", "_count=1"), 400, "", ""},
		{"If-None-Exist of what is no parameter", "POST", "Organization", org("1"), headers("If-None-Exist", "colour=red"), 400, "colour", ""},
		post("batch with ifNoneExist", bundleOf("batch", at("", "POST", "Organization", org("1"), `,"ifNoneExist":"identifier=urn:o|1"`)), 200, "Organization/a/_history/1"),
		post("batch with ifNoneExist and the type", bundleOf("batch", at("", "POST", "Organization", org("1"), `,"ifNoneExist":"Organization?identifier=urn:o|1"`)), 200, "Organization/a/_history/1"),
		post("fullUrl urn:oid", bundleOf("transaction", at("urn:oid:1.2.3", "POST", "Organization", org("oid"), ""), at("", "POST", "Encounter", visit("urn:oid:1.2.3"), "")), 200, `"201 Created"`),
		post("fullUrl with its address", bundleOf("transaction", at("https://concord.example/fhir/Organization/d", "PUT", "Organization/d", strings.Replace(org("d"), `{`, `{"id":"d",`, 1), ""), at("", "POST", "Encounter", visit("Organization/d"), "")), 200, `"201 Created"`),
		post("no fullUrl", bundleOf("transaction", at("", "POST", "Organization", org("no-url"), "")), 200, `"201 Created"`),
		post("a conditional reference", bundleOf("transaction", at("", "POST", "Encounter", visit("Organization?identifier=urn:o|1"), "")), 200, `"201 Created"`),
		post("a conditional reference to nothing", bundleOf("transaction", at("", "POST", "Encounter", visit("Organization?identifier=urn:o|none"), "")), 422, "Bundle.entry[0].resource.Encounter.serviceProvider"),
		post("a conditional reference to several", bundleOf("transaction", at("", "POST", "Encounter", visit("Organization?identifier=urn:o|twice"), "")), 412, "Bundle.entry[0]"),
		post("a slash before the URL", bundleOf("batch", `{"request":{"method":"GET","url":"/Organization/a"}}`), 200, `"200 OK"`),
		post("the address before the URL", bundleOf("batch", `{"request":{"method":"GET","url":"https://concord.example/fhir/Organization/a"}}`), 200, `"200 OK"`),
		post("another address before the URL", bundleOf("batch", `{"request":{"method":"GET","url":"https://elsewhere.example/fhir/Organization/a"}}`), 200, `"400 Bad Request"`),
		post("the address before the URL of a write", bundleOf("transaction", at("", "PUT", "https://concord.example/fhir/Organization/e", strings.Replace(org("e"), `{`, `{"id":"e",`, 1), "")), 200, `"201 Created"`),
		post("another address before the URL of a write", bundleOf("transaction", at("", "PUT", "https://elsewhere.example/fhir/Organization/e", strings.Replace(org("e"), `{`, `{"id":"e",`, 1), "")), 400, "Bundle.entry[0].request.url"),
		post("a search with a plus in a batch", bundleOf("batch", `{"request":{"method":"GET","url":"Encounter?date=ge2024-07-08T20:47:12.123+03:30"}}`), 200, `"200 OK"`),
		post("a conditional update with a plus", bundleOf("transaction", at("", "PUT", "Encounter?date=2024-07-08T20:47:12.123+03:30", visit("Organization/a"), "")), 200, `"201 Created"`),
		post("a batch without entries", `{"resourceType":"Bundle","type":"batch"}`, 200, "batch-response"),
		post("a transaction without entries", `{"resourceType":"Bundle","type":"transaction"}`, 200, "transaction-response"),
		post("a Bundle of a type that is not done", `{"resourceType":"Bundle","type":"searchset"}`, 400, "Bundle.type"),
		{"a transaction to its slash", "POST", "/", bundleOf("transaction", at("", "POST", "Organization", org("slash"), "")), nil, 200, `"201 Created"`, ""},
		{"a Bundle that is kept", "POST", "Bundle", `{"resourceType":"Bundle","type":"collection"}`, nil, 201, `"collection"`, ""},
	})
	s.clean()
}
