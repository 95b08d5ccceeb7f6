package access

import (
	"cmp"
	"slices"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// StandingSealCode is the code of ObjectionSystem for a Consent that seals what a patient
// has, and will have, under the codes of its provision
// (https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.code).
const StandingSealCode = "standing-seal"

// StandingSeal is a seal on what a patient has, and will have, under some codes: of the
// organisation that controls its Consent, or of everybody's when the domain does.
type StandingSeal struct {
	ID    string   // of the Consent
	Org   string   // whose resources it covers; Domain = everybody's
	Label Label    // Sealed or Locked
	Teams []string // "ORG/CODE"; none = the controlling organisation
	Codes []string // "system|code"
}

// wholeBelow are the systems of which a code stands for all that begin with it: those
// of ICD-10 and OPCS-4, whose categories do. They are compared without their dot.
var wholeBelow = []string{"http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-uk", "http://hl7.org/fhir/sid/icd-10-cm", "https://fhir.hl7.org.uk/CodeSystem/OPCS-4"}

// IsStanding tells whether a resource is the Consent of a standing seal, whether it
// holds or not.
func IsStanding(resource *fhir.Value) bool {
	return resource.Type() == "Consent" && slices.ContainsFunc(resource.All("category.coding"), func(c *fhir.Value) bool {
		return c.StrAt("system") == ObjectionSystem && c.StrAt("code") == StandingSealCode
	})
}

// StandingOf reads a standing seal that holds from its Consent; org controls it.
func StandingOf(id, org string, consent *fhir.Value) (StandingSeal, bool) {
	if !IsStanding(consent) || consent.StrAt("status") != "active" {
		return StandingSeal{}, false
	}
	s := StandingSeal{ID: id, Org: org, Label: Sealed}
	for _, c := range consent.All("provision.securityLabel") {
		if c.StrAt("system") == Confidentiality && c.StrAt("code") == "V" {
			s.Label = Locked
		}
	}
	for c := range consent.Path("meta.security").Each() {
		if c.StrAt("system") == TeamSystem {
			s.Teams = append(s.Teams, c.StrAt("code"))
		}
	}
	for _, c := range consent.All("provision.code.coding") {
		if key := codeKey(c.StrAt("system"), c.StrAt("code")); key != "" {
			s.Codes = append(s.Codes, key)
		}
	}
	return s, len(s.Codes) > 0
}

// ParseSealCode reads a code as somebody writes it ("http://loinc.org|75622-1").
// Errors: Invalid "access.seal-code".
func ParseSealCode(text string) (string, error) {
	system, code, ok := strings.Cut(strings.TrimSpace(text), "|")
	system, code = strings.TrimSpace(system), strings.Join(strings.Fields(code), " ")
	key := codeKey(system, code)
	switch {
	case !ok || key == "" || !strings.Contains(system, ":") || strings.ContainsAny(system, " \t\r\n") || strings.Contains(code, "|") || len(key) > 200:
		return "", fault.New(fault.Invalid, "access.seal-code", "write the URL of a code system and a code of it").In("code")
	case slices.Contains(wholeBelow, system) && !codeHead.MatchString(plainCode(code)):
		return "", fault.New(fault.Invalid, "access.seal-code", "a code of this system is a letter and at least two letters or digits").In("code")
	case system == uk.SNOMED && !uk.SNOMEDIdentifier(code): // a seal on a code that nothing has would seal nothing
		return "", fault.New(fault.Invalid, "access.seal-code", "this is no code of SNOMED CT: those are 6 to 18 digits, the last of them a check digit").In("code")
	}
	return key, nil
}

func plainCode(code string) string { return strings.ToUpper(strings.ReplaceAll(code, ".", "")) }

// codeKey is a code with its system as StandingSeal has it, "" for one that lacks either.
func codeKey(system, code string) string {
	if system == "" || code == "" {
		return ""
	}
	if slices.Contains(wholeBelow, system) {
		code = plainCode(code)
	}
	return system + "|" + code
}

// Codes are the codes of what a resource is about, with their systems, as a standing
// seal of it is given them: of a stay or an appointment the service, else the type.
func Codes(resource *fhir.Value) []string {
	places := []string{"code", "type", "medicationCodeableConcept", "vaccineCode"}
	switch resource.Type() {
	case "Encounter", "Appointment":
		if places = []string{"serviceType"}; len(resource.All("serviceType.coding")) == 0 {
			places = []string{"specialty", "type"}
		}
	}
	var out []string
	for _, place := range places {
		for _, c := range resource.All(place + ".coding") {
			if key := codeKey(c.StrAt("system"), c.StrAt("code")); key != "" && !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	return out
}

// Of tells whether the seal is on resources that an organisation controls.
func (s *StandingSeal) Of(org string) bool { return s.Org == Domain || s.Org == org }

// Names tells whether a clinical resource has one of the seal's codes, wherever in it
// it stands: in values, components, conclusions, reasons and contained resources too.
func (s *StandingSeal) Names(resource *fhir.Value) bool {
	return KindOf(resource.Type()) == Clinical && !IsStanding(resource) && s.within(resource)
}

func (s *StandingSeal) within(v *fhir.Value) bool {
	switch v.Kind() {
	case fhir.Array:
		for one := range v.Each() {
			if s.within(one) {
				return true
			}
		}
	case fhir.Object:
		if code := v.Get("code"); code.Kind() == fhir.String && s.has(v.StrAt("system"), code.Str()) {
			return true
		}
		for name, member := range v.Members() {
			if k := member.Kind(); (k == fhir.Object || k == fhir.Array) && name != "meta" && name != "text" && s.within(member) {
				return true
			}
		}
	}
	return false
}

func (s *StandingSeal) has(system, code string) bool {
	key := codeKey(system, code)
	if key == "" {
		return false
	}
	below := slices.Contains(wholeBelow, system)
	return slices.ContainsFunc(s.Codes, func(c string) bool { return c == key || below && strings.HasPrefix(key, c) })
}

// Kept is a standing seal's own Consent as it rests: sealed and locked, since it names
// what it hides. Any other resource is returned as it is.
func Kept(resource *fhir.Value) *fhir.Value {
	if !IsStanding(resource) {
		return resource
	}
	return AddLabels(resource, []*fhir.Value{fhir.Obj("system", Confidentiality, "code", "V")})
}

// Consent writes the seal down for a patient ("Patient/abc"), as a Consent that holds
// from a moment (an instant of FHIR).
func (s *StandingSeal) Consent(patient, moment string) *fhir.Value {
	scope := fhir.Obj("coding", []*fhir.Value{fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/consentscope", "code", "patient-privacy")})
	category := fhir.Obj("coding", []*fhir.Value{fhir.Obj("system", ObjectionSystem, "code", StandingSealCode)})
	var codes []*fhir.Value
	for _, c := range slices.Sorted(slices.Values(s.Codes)) {
		system, code, _ := strings.Cut(c, "|")
		codes = append(codes, fhir.Obj("coding", []*fhir.Value{fhir.Obj("system", system, "code", code)}))
	}
	security := []*fhir.Value{fhir.Obj("system", Confidentiality, "code", "V")}
	for _, t := range s.Teams {
		security = append(security, fhir.Obj("system", TeamSystem, "code", t))
	}
	label := fhir.Obj("system", Confidentiality, "code", cmp.Or(map[Label]string{Locked: "V"}[s.Label], "R"))
	return fhir.Obj("resourceType", "Consent", "meta", fhir.Obj("security", security), "status", "active", "scope", scope, "category", []*fhir.Value{category},
		"patient", fhir.Obj("reference", patient), "dateTime", moment,
		"policyRule", fhir.Obj("coding", []*fhir.Value{fhir.Obj("system", ActCode, "code", "OPTOUT")}),
		"provision", fhir.Obj("type", "deny", "securityLabel", []*fhir.Value{label}, "code", codes))
}
