package onboard

import (
	"strings"
	"time"

	"concord/exchange/crosswalk"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// LoadTag is the system of the tag that tells which load a resource came with.
const LoadTag = "urn:concord:load"

// maker makes resources of rows: each says its source and key in meta.source,
// and its load in a tag.
type maker struct {
	trust, load string
	asAt        *fhir.Value // extensions of meta: when the extract was taken
	zone        *time.Location
	class       *Class
	fields      [][]byte
	table       *crosswalk.Table // nil = codes as sent
	numbers     Numbers
	patients    *knownPatients
	known       bool     // one of them was used
	extract     *Extract // that has the content of documents; nil = they are made without
	size        int      // bytes of content
	failed      error    // the content could not be read
}

func (m *maker) at(name string) string { return string(m.fields[m.class.column(name)]) }

// system is the identifier system of a class's keys.
func (m *maker) system(class string) string {
	switch class {
	case "patients":
		return uk.HospitalNumber.System(m.trust)
	case "encounters":
		return uk.VisitNumber.System(m.trust)
	case "appointments":
		return uk.Appointment.System(m.trust)
	case "documents":
		return uk.DocumentNumber.System(m.trust)
	}
	return uk.Local("extract-" + class).System(m.trust)
}

// name is what the record knows a row by: of a patient the hospital number.
func (m *maker) name() string {
	if m.class.Name == "patients" {
		return m.numbers.Of(m.at("key"))
	}
	return m.at("key")
}

// meta tells where a row came from, and when what it says was so: a message about
// something earlier changes nothing.
func (m *maker) meta() *fhir.Value {
	return fhir.Obj("extension", m.asAt, "source", "urn:extract:"+m.trust+":"+m.load+"#"+m.class.Name+"/"+escapedKey(m.at("key")),
		"tag", fhir.Arr(fhir.Obj("system", LoadTag, "code", m.load)))
}

// escapedKey keeps what a URI may have (RFC 3986, unreserved).
func escapedKey(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// asAt says in meta when what an extract says was so.
func asAt(x *Extract) *fhir.Value {
	return fhir.Arr(fhir.Obj("url", record.EventExtension, "valueInstant", fhir.FormatInstant(x.Taken)))
}

func (m *maker) identifier(class, key string) *fhir.Value {
	return fhir.Obj("system", m.system(class), "value", key)
}

// subject is a reference to the row's patient, found by the hospital number.
func (m *maker) subject() *fhir.Value {
	if ref := m.patients.ref(m.fields[m.class.column("patient")]); ref != "" {
		m.known = true
		return fhir.Obj("reference", ref)
	}
	return fhir.Obj("reference", "Patient?identifier="+escapedKey(m.system("patients"))+"%7C"+escapedKey(searchEscaped(m.numbers.Of(m.at("patient")))))
}

// coded is a concept of the trust's own codes.
func (m *maker) coded(code, text string) *fhir.Value {
	return fhir.Concept(uk.LocalCode.System(m.trust), code, "", text)
}

// instant is a local time with its offset; a value that is none is left out.
func (m *maker) instant(name string) string {
	t, err := time.ParseInLocation("2006-01-02T15:04:05", m.at(name), m.zone)
	if err != nil {
		return ""
	}
	return t.Format("2006-01-02T15:04:05-07:00")
}

func (m *maker) day(name string) string {
	if v := m.fields[m.class.column(name)]; len(v) == 10 && number(v[:4]) > 0 && v[4] == '-' {
		return string(v)
	}
	return ""
}

// resource makes the resource of a row, nil for a class that is none of its
// own: events of pathways and waiting lists.
func (m *maker) resource() *fhir.Value {
	switch m.class.Name {
	case "patients":
		return m.patient()
	case "alerts":
		return m.alert()
	case "encounters":
		return m.encounter()
	case "pathways":
		return m.pathwayEvent()
	case "waiting":
		return m.listed()
	case "appointments":
		return m.appointment()
	case "documents":
		return m.document()
	case "results":
		return m.result()
	}
	return m.medicine()
}

func (m *maker) patient() *fhir.Value {
	ids := []*fhir.Value{m.identifier("patients", m.name()).With("use", "usual")}
	if m.name() != m.at("key") {
		ids = append(ids, fhir.Obj("use", "secondary", "system", KeyKind.System(m.trust), "value", m.at("key")))
	}
	if n := m.at("nhs_number"); n != "" {
		ids = append(ids, m.nhs(n))
	}
	names := []*fhir.Value{fhir.Obj("use", "official", "family", m.at("family"), "given", strings.Fields(m.at("given")), "prefix", nonEmpty(m.at("title")))}
	if f := m.at("former_family"); f != "" {
		names = append(names, fhir.Obj("use", "maiden", "family", f))
	}
	var telecom []*fhir.Value
	for _, t := range [][3]string{{"mobile", "phone", "mobile"}, {"phone", "phone", "home"}, {"email", "email", "home"}} {
		if v := m.at(t[0]); v != "" {
			telecom = append(telecom, fhir.Obj("system", t[1], "value", v, "use", t[2]))
		}
	}
	p := fhir.Obj("resourceType", "Patient", "meta", m.meta(), "extension", fhir.Arr(m.ethnic()), "identifier", ids, "active", m.at("merged_into") == "",
		"name", names, "telecom", telecom, "gender", genderOf(m.at("sex")), "birthDate", m.day("born"), "deceasedDateTime", m.day("died"),
		"address", fhir.Arr(m.address()))
	if m.at("multiple_birth") == "Y" {
		p = p.With("multipleBirthBoolean", true)
	}
	if gp := m.at("practice"); uk.ODSCode(gp) {
		p = p.With("generalPractitioner", fhir.Arr(fhir.Obj("identifier", fhir.Obj("system", uk.ODSOrganization, "value", gp))))
	}
	return p
}

// nhs is the NHS number with its status: one that is not valid needs a trace,
// whatever the source says.
func (m *maker) nhs(n string) *fhir.Value {
	status, ok := uk.ParseStatus(m.at("nhs_status"))
	if !ok {
		status = uk.NotTraced
	}
	if _, err := uk.ParseNHSNumber(n); err != nil {
		status = uk.TraceRequired
	}
	return fhir.Obj("extension", fhir.Arr(fhir.Obj("url", uk.VerificationExtension, "valueCodeableConcept", fhir.Concept(uk.VerificationSystem, string(status), status.Display(), ""))),
		"system", uk.NHSNumberSystem, "value", n)
}

func (m *maker) ethnic() *fhir.Value {
	code := m.at("ethnic")
	if uk.EthnicCategory(code) == "" {
		return nil
	}
	return fhir.Obj("url", uk.EthnicExtension, "valueCodeableConcept", fhir.Concept(uk.EthnicSystem, code, uk.EthnicCategory(code), ""))
}

func (m *maker) address() *fhir.Value {
	a := fhir.Obj("line", append(nonEmpty(m.at("address_1")), nonEmpty(m.at("address_2"))...), "city", m.at("town"), "postalCode", m.at("postcode"))
	if fhir.Of(a) == nil {
		return nil
	}
	return a.With("use", "home")
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func genderOf(sex string) string {
	switch sex {
	case "1", "M", "male":
		return "male"
	case "2", "F", "female":
		return "female"
	case "9":
		return "other"
	}
	return "unknown"
}
