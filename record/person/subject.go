package person

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/match"
	"concord/standard/uk"
)

const odsOrganization = "https://fhir.nhs.uk/Id/ods-organization-code"

// RecordOf reads from a Patient resource what records are matched by. Its
// hospital numbers are left out: two entries of one trust never share one, and
// that twins were given neighbouring numbers says nothing for their being one.
func RecordOf(patient *fhir.Value) match.Record {
	r := askedOf(patient)
	if r.Keeper == "" && len(r.Numbers) > 0 {
		r.Keeper = r.Numbers[0].Scope
	}
	r.Numbers = nil
	return r
}

// keeperOf is the organisation that a Patient says it is kept by: a letter or a
// result may carry another trust's number before its own. A site, whose code begins
// with its trust's, is the trust where a number of the trust's stands too. "" = it
// does not say.
func keeperOf(patient *fhir.Value, numbers []match.Number) string {
	org := patient.Path("managingOrganization.identifier")
	if org.StrAt("system") != odsOrganization {
		return ""
	}
	code := strings.ToUpper(strings.TrimSpace(org.StrAt("value")))
	for _, n := range numbers {
		if n.Scope != "" && strings.HasPrefix(code, n.Scope) {
			return n.Scope
		}
	}
	return code
}

// askedOf reads a Patient that somebody asks for, hospital numbers included.
func askedOf(patient *fhir.Value) match.Record {
	r := match.Record{Born: patient.StrAt("birthDate"), Sex: patient.StrAt("gender")}
	readNames(patient, &r)
	readNumbers(patient, &r)
	r.Keeper = keeperOf(patient, r.Numbers)
	if a := HomeAddress(patient); a != nil {
		var lines []string
		for l := range a.Get("line").Each() {
			lines = append(lines, l.Str())
		}
		r.Address, r.Locality, r.Postcode = strings.Join(lines, " "), a.StrAt("city"), a.StrAt("postalCode")
	}
	for t := range patient.Get("telecom").Each() {
		switch v := t.StrAt("value"); {
		case v == "" || t.StrAt("use") == "old":
		case t.StrAt("system") == "email" && r.Email == "":
			r.Email = v
		case t.StrAt("system") == "phone" || t.StrAt("system") == "sms":
			r.Phones = append(r.Phones, v)
		}
	}
	for gp := range patient.Get("generalPractitioner").Each() {
		if gp.StrAt("identifier.system") == odsOrganization {
			r.Practice = gp.StrAt("identifier.value")
			break
		}
	}
	n := patient.Get("multipleBirthInteger")
	r.Multiple = patient.Get("multipleBirthBoolean").Bool() || n != nil
	return r
}

// KeeperOf gives the trust of a Patient's first hospital number, and the number.
func KeeperOf(patient *fhir.Value) (trust, number string) {
	var r match.Record
	readNumbers(patient, &r)
	if len(r.Numbers) == 0 {
		return "", ""
	}
	return r.Numbers[0].Scope, r.Numbers[0].Value
}

// readNames takes the name in use; the family name of an old one is the former.
func readNames(patient *fhir.Value, r *match.Record) {
	var best, former *fhir.Value
	for n := range patient.Get("name").Each() {
		switch use := n.StrAt("use"); {
		case use == "old" || use == "maiden":
			if former == nil {
				former = n
			}
		case best == nil, use == "official" && best.StrAt("use") != "official":
			best = n
		}
	}
	if best == nil {
		best, former = former, nil
	}
	var given []string
	for g := range best.Get("given").Each() {
		given = append(given, g.Str())
	}
	r.Given, r.Family = strings.Join(given, " "), best.StrAt("family")
	if r.Given == "" && r.Family == "" {
		r.Given, r.Family = cutName(best.StrAt("text"))
	}
	if f := former.StrAt("family"); !strings.EqualFold(f, r.Family) {
		r.Former = f
	}
}

// cutName divides a name that is given as text alone: "OKAFOR, Ngozi", or the
// family name last.
func cutName(text string) (given, family string) {
	if f, g, ok := strings.Cut(text, ","); ok {
		return strings.TrimSpace(g), strings.TrimSpace(f)
	}
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, ' '); i >= 0 {
		return text[:i], text[i+1:]
	}
	return "", text
}

// readNumbers takes the valid NHS number where there is one, and the hospital
// numbers, each within its trust.
func readNumbers(patient *fhir.Value, r *match.Record) {
	valid := false
	for id := range patient.Get("identifier").Each() {
		system, value := id.StrAt("system"), id.StrAt("value")
		if value == "" {
			continue
		}
		if system == uk.NHSNumberSystem {
			_, err := uk.ParseNHSNumber(value)
			ok := err == nil && !placeholder(value)
			if r.NHS == "" || ok && !valid {
				r.NHS, valid = value, ok
			}
			continue
		}
		if trust, ok := uk.HospitalNumberTrust(system); ok {
			r.Numbers = append(r.Numbers, match.Number{Scope: trust, Value: value})
		}
	}
}

// HomeAddress is the home address, else the first that is not old.
func HomeAddress(patient *fhir.Value) *fhir.Value {
	var best *fhir.Value
	for a := range patient.Get("address").Each() {
		switch a.StrAt("use") {
		case "old":
			continue
		case "home":
			return a
		}
		if best == nil {
			best = a
		}
	}
	return best
}
