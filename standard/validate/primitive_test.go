package validate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"concord/standard/fhir"
)

// valueOf is a resource that holds one primitive value.
func valueOf(typ, json string) string {
	return `{"resourceType":"Parameters","parameter":[{"name":"p","value` + strings.ToUpper(typ[:1]) + typ[1:] + `":` + json + `}]}`
}

func TestPrimitives(t *testing.T) {
	for _, c := range []struct{ typ, good, bad string }{
		{"boolean", `true false`, `"true" 1 null`},
		{"integer", `0 -1 2147483647 -2147483648`, `2147483648 -2147483649 1.0 1e3 -0 "1"`},
		{"positiveInt", `1 2147483647`, `0 -1 2147483648 1.5`},
		{"unsignedInt", `0 2147483647`, `-1 -0 2147483648`},
		{"decimal", `0 -0 1.0e-245 100.00 1E400`, `"1.0" true`},
		{"date", `"0001" "2024-02" "2024-02-29" "2000-02-29"`, `"0000" "999" "2023-02-29" "1900-02-29" "2024-13" "2024-00" "2024-1-1" "2024-04-31" "2024-02-29T00:00:00Z" "2024/02/29"`},
		{"dateTime", `"2024" "2024-02-29T23:59:60Z" "2024-02-29T00:00:00.123456789+14:00" "2024-02-29T00:00:00-13:59"`,
			`"2024-02-29T00:00Z" "2024-02-29T00:00:00" "2024-02-29T24:00:00Z" "2024-02-29T00:60:00Z" "2024-02-29T00:00:61Z" "2024-02-29T00:00:00.Z" "2024-02-29T00:00:00+14:01" "2024-02-29T00:00:00+1400" "2024-02-29t00:00:00z" "2024-02-29T"`},
		{"instant", `"2024-02-29T00:00:00Z" "2024-02-29T00:00:00.000+01:00"`, `"2024-02-29" "2024" "2024-02-29T00:00:00"`},
		{"time", `"00:00:00" "23:59:59.9"`, `"24:00:00" "12:00" "12:00:00Z" "12:00:00." ""`},
		{"id", `"a" "A-1.b"`, `"" "a_b" "a/b"`},
		{"code", `"a" "a-b_c" "<="`, `"\ta" "a\n" "\u0001"`},
		{"uri", `"x" "urn:oid:1.2.840" "urn:uuid:53FEFA32-fcbb-4ff8-8a92-55ee120877b7"`, `"\u0020x" "urn:oid:1.02" "urn:oid:3.1" "urn:uuid:53fefa32" "a\tb"`},
		{"oid", `"urn:oid:2.16.0"`, `"2.16" "urn:oid:1" "urn:oid:1..2" "urn:oid:1.a"`},
		{"uuid", `"urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7"`, `"53fefa32-fcbb-4ff8-8a92-55ee120877b7" "urn:uuid:53fefa32xfcbb-4ff8-8a92-55ee120877b7"`},
		{"base64Binary", `"QQ==" "QUI=" "QUJD" "QU\nJD"`, `"QQ" "Q===" "QQ=A" "Q-_=" "\n" "===="`},
		{"string", `"x" "\n" "a\tb" "\u00e9" "\u0009" "\uFFFF"`, `"" "\u0000" "\u001F" "\b" "\f"`},
		{"markdown", `"*x*\r\n"`, `"\u0007"`},
	} {
		for _, json := range strings.Fields(c.good) {
			if got := found(parse(t, valueOf(c.typ, json))); got != "" {
				t.Errorf("%s %s: %s", c.typ, json, got)
			}
		}
		for _, json := range strings.Fields(c.bad) {
			if got := found(parse(t, valueOf(c.typ, json))); got == "" {
				t.Errorf("%s %s is accepted", c.typ, json)
			}
		}
	}
	if got := found(parse(t, valueOf("code", `"two  spaces"`))); got == "" {
		t.Error("a code with two spaces is accepted")
	}
	if got := found(parse(t, valueOf("string", `"`+strings.Repeat("x", 1<<20)+`"`))); got == "" {
		t.Error("a string of more than a megabyte is accepted")
	}
}

var edgeCase = regexp.MustCompile(`(json_string|invalid_json): ("(?:[^"\\]|\\.)*")`)

// TestPrimitiveEdgeCases holds the scanners against another implementation's
// lists of valid and invalid values.
func TestPrimitiveEdgeCases(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "fhir/json-edge-cases"), "primitives/*.prototxt"))
	if err != nil || len(files) == 0 {
		t.Fatal("no lists")
	}
	for _, f := range files {
		typ := strings.TrimSuffix(filepath.Base(f), ".prototxt")
		if typ == "Xhtml" { // their empty narrative is none
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range edgeCase.FindAllSubmatch(b, -1) {
			json, err := strconv.Unquote(string(m[2]))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(json, "+") { // no JSON
				continue
			}
			got := found(parse(t, valueOf(typ, json)))
			if valid := string(m[1]) == "json_string"; valid != (got == "") {
				t.Errorf("%s %s: valid is %v, found %q", typ, json, valid, got)
			}
		}
	}
}

// TestJSONEdgeCases: what other implementations stumble over.
func TestJSONEdgeCases(t *testing.T) {
	dir := filepath.Join(corpus(t, "fhir/json-edge-cases"), "jsonformat")
	for name, want := range map[string]string{
		"location_element_with_ids_analytic":            "resource-type Resource",
		"location_ndjson":                               "",
		"observation_decimal_corner_cases":              "",
		"observation_scientific_notation_corner_cases":  "",
		"observation_three_digit_year":                  "",
		"observation_invalid_unicode":                   "",
		"observation_invalid_multiple_choicex_provided": "choice Observation.value, required Observation.status, required Observation.code",
	} {
		b, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := fhir.ParseObject(b)
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		if got := found(v); got != want {
			t.Errorf("%s: found %q, not %q", name, got, want)
		}
	}
}
