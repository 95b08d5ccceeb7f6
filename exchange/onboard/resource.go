package onboard

import (
	"strings"
	"time"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// Resource is a FHIR resource of a source. Its references are those of FHIR
// ("Patient/1", or an identifier), or those of a message: "#patient" and
// "#key:Type/Key".
type Resource struct {
	Key     string // by which the source knows it; "" = its id
	Patient string // what "#patient" stands for
	Weak    bool   // it says less than another of its key may: a result's account of its patient
	Value   *fhir.Value
}

// resourceRow reads resources as rows: the fields by name, in the forms of the
// layout. What a row has no column for stays behind.
type resourceRow struct {
	Resource
	trust string
	zone  *time.Location
	row   map[string]string
}

// rowOf gives the class and fields of a resource; class is "" for a resource
// of which an extract has no class.
func rowOf(r Resource, trust string, zone *time.Location) (class string, fields map[string]string) {
	x := &resourceRow{r, trust, zone, map[string]string{}}
	switch r.Value.Type() {
	case "Patient":
		class = "patients"
		x.patient()
	case "AllergyIntolerance":
		class = "alerts"
		x.allergy()
	case "Flag":
		class = "alerts"
		x.flag()
	case "Encounter":
		class = "encounters"
		x.encounter()
	case "Appointment":
		class = "appointments"
		x.appointment()
	case "DocumentReference":
		class = "documents"
		x.document()
	case "Observation":
		class = "results"
		x.observation()
	case "MedicationRequest", "MedicationStatement":
		class = "medicines"
		x.medicine()
	default:
		return "", nil
	}
	if x.row["key"] = r.Key; r.Key == "" {
		x.row["key"] = r.Value.StrAt("id")
	}
	return class, x.row
}

// identifierTypes are kinds of identifier; MR is a hospital number
// (https://terminology.hl7.org/CodeSystem-v2-0203.html).
const identifierTypes = "http://terminology.hl7.org/CodeSystem/v2-0203"

// set takes a text from a path of the resource.
func (x *resourceRow) set(column, path string) { x.row[column] = x.Value.StrAt(path) }

// ref is the key of what a reference leads to.
func (x *resourceRow) ref(v *fhir.Value) string {
	text := v.StrAt("reference")
	switch {
	case text == "#patient":
		return x.Patient
	case strings.HasPrefix(text, "#key:"):
		_, key, _ := strings.Cut(text, "/")
		return key
	case text != "":
		if r, ok := fhir.ParseReference(text); ok && r.ID != "" {
			return r.ID
		}
		return text
	}
	return v.StrAt("identifier.value")
}

// moment gives a FHIR date or time in local time, as rows have it.
func (x *resourceRow) moment(column, path string) {
	text := x.Value.StrAt(path)
	if in, ok := fhir.ParseInstant(text, x.zone); ok && in.Precision > fhir.Day {
		text = in.Start.In(x.zone).Format("2006-01-02T15:04:05")
	}
	x.row[column] = text
}

func (x *resourceRow) day(column, path string) {
	x.moment(column, path)
	x.row[column], _, _ = strings.Cut(x.row[column], "T")
}

// coded gives code and words of a concept.
func (x *resourceRow) coded(code, words, path string) {
	v := x.Value.Get(path)
	if c := fhir.Codings(v); len(c) > 0 {
		x.row[code] = c[0].Code
	}
	if words != "" {
		x.row[words] = fhir.ConceptText(v)
	}
}

func (x *resourceRow) patient() {
	for id := range x.Value.Get("identifier").Each() {
		switch system := id.StrAt("system"); {
		case system == uk.NHSNumberSystem:
			x.row["nhs_number"] = id.StrAt("value")
			x.row["nhs_status"] = extensionCode(id, uk.VerificationExtension)
		case system == uk.HospitalNumber.System(x.trust), x.row["hospital_number"] == "" && fhir.HasCode(id.Get("type"), identifierTypes, "MR"):
			x.row["hospital_number"] = id.StrAt("value")
		}
	}
	x.name()
	x.set("born", "birthDate")
	x.day("died", "deceasedDateTime")
	x.row["sex"] = map[string]string{"male": "male", "female": "female", "other": "9", "unknown": "unknown"}[x.Value.StrAt("gender")]
	x.row["ethnic"] = extensionCode(x.Value, uk.EthnicExtension)
	x.home()
	for gp := range x.Value.Get("generalPractitioner").Each() {
		if gp.StrAt("identifier.system") == uk.ODSOrganization {
			x.row["practice"] = gp.StrAt("identifier.value")
		}
	}
	if x.Value.Get("multipleBirthBoolean").Bool() || x.Value.Get("multipleBirthInteger") != nil {
		x.row["multiple_birth"] = "Y"
	}
	for l := range x.Value.Get("link").Each() {
		if l.StrAt("type") == "replaced-by" {
			x.row["merged_into"] = x.ref(l.Get("other"))
		}
	}
}

func extensionCode(v *fhir.Value, url string) string {
	for e := range v.Get("extension").Each() {
		if e.StrAt("url") == url {
			if c := fhir.Codings(e.Get("valueCodeableConcept")); len(c) > 0 {
				return c[0].Code
			}
		}
	}
	return ""
}

func (x *resourceRow) name() {
	taken := false
	for n := range x.Value.Get("name").Each() {
		switch use := n.StrAt("use"); {
		case use == "old" || use == "maiden":
			x.row["former_family"] = n.StrAt("family")
		case !taken || use == "official":
			taken = true
			var given []string
			for g := range n.Get("given").Each() {
				given = append(given, g.Str())
			}
			x.row["family"], x.row["given"], x.row["title"] = n.StrAt("family"), strings.Join(given, " "), n.StrAt("prefix.0")
		}
	}
}

func (x *resourceRow) home() {
	for a := range x.Value.Get("address").Each() {
		if a.StrAt("use") == "old" {
			continue
		}
		var lines []string
		for l := range a.Get("line").Each() {
			lines = append(lines, l.Str())
		}
		if len(lines) > 0 {
			x.row["address_1"], x.row["address_2"] = lines[0], strings.Join(lines[1:], ", ")
		}
		x.row["town"], x.row["postcode"] = a.StrAt("city"), a.StrAt("postalCode")
		break
	}
	for t := range x.Value.Get("telecom").Each() {
		column := map[string]string{"phone": "phone", "sms": "mobile", "email": "email"}[t.StrAt("system")]
		if t.StrAt("use") == "mobile" && column == "phone" {
			column = "mobile"
		}
		if column != "" && x.row[column] == "" && t.StrAt("use") != "old" {
			x.row[column] = t.StrAt("value")
		}
	}
}
