package reconcile

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/uk"
)

func (r *reading) person(name string) string {
	v := r.v
	address := v.Get("address").At(0)
	switch name {
	case "nhs_number":
		return fhir.Identifier(v, uk.NHSNumberSystem)
	case "nhs_status":
		for id := range v.Get("identifier").Each() {
			if id.StrAt("system") == uk.NHSNumberSystem {
				return code(fhir.Extension(id, uk.VerificationExtension).Get("valueCodeableConcept"))
			}
		}
		return ""
	case "family", "given", "title":
		n := named(v, "official")
		return map[string]string{"family": n.StrAt("family"), "given": words(n.Get("given")), "title": words(n.Get("prefix"))}[name]
	case "former_family":
		return named(v, "maiden").StrAt("family")
	case "born":
		return v.StrAt("birthDate")
	case "died":
		return v.StrAt("deceasedDateTime")
	case "sex":
		return v.StrAt("gender")
	case "ethnic":
		return code(fhir.Extension(v, uk.EthnicExtension).Get("valueCodeableConcept"))
	case "town":
		return address.StrAt("city")
	case "postcode":
		return address.StrAt("postalCode")
	case "practice":
		return v.Get("generalPractitioner").At(0).StrAt("identifier.value")
	case "multiple_birth":
		return flag(v.Get("multipleBirthBoolean").Bool())
	case "hospital_number":
		return keyIn(r.trust, "patients", v)
	case "merged_into":
		return flag(!v.Get("active").Bool())
	}
	return contact(v, address, name)
}

// contact reads where somebody lives and how they are reached.
func contact(v, address *fhir.Value, name string) string {
	lines := address.Get("line")
	switch name {
	case "address_1":
		return lines.At(0).Str()
	case "address_2":
		return lines.At(1).Str()
	}
	want := map[string][2]string{"phone": {"phone", "home"}, "mobile": {"phone", "mobile"}, "email": {"email", "home"}}[name]
	for t := range v.Get("telecom").Each() {
		if t.StrAt("system") == want[0] && t.StrAt("use") == want[1] {
			return t.StrAt("value")
		}
	}
	return ""
}

func named(v *fhir.Value, use string) *fhir.Value {
	for n := range v.Get("name").Each() {
		if n.StrAt("use") == use {
			return n
		}
	}
	return nil
}

func words(list *fhir.Value) string {
	var out []string
	for w := range list.Each() {
		out = append(out, w.Str())
	}
	return strings.Join(out, " ")
}
