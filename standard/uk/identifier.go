package uk

// Systems of national identifiers (UK Core).
const (
	NHSNumberSystem    = "https://fhir.nhs.uk/Id/nhs-number"
	ODSOrganization    = "https://fhir.nhs.uk/Id/ods-organization-code"
	ODSSite            = "https://fhir.nhs.uk/Id/ods-site-code"
	SDSUser            = "https://fhir.nhs.uk/Id/sds-user-id"
	GMCNumber          = "https://fhir.hl7.org.uk/Id/gmc-number"
	GMPNumber          = "https://fhir.hl7.org.uk/Id/gmp-number"
	ConsultantCode     = "https://fhir.hl7.org.uk/Id/consultant-code"
	VerificationSystem = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
	EthnicSystem       = "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland"
	AdmissionMethod    = "https://fhir.hl7.org.uk/CodeSystem/UKCore-AdmissionMethodEngland"
	DischargeMethod    = "https://fhir.hl7.org.uk/CodeSystem/UKCore-DischargeMethodEngland"
)

// Extensions of UK Core that Concord writes.
const (
	VerificationExtension = extension + "NHSNumberVerificationStatus"
	EthnicExtension       = extension + "EthnicCategory"
	AdmissionExtension    = extension + "AdmissionMethod"
	// DeathNotificationExtension has an extension deathNotificationStatus: 1
	// informal, 2 formal, U removed.
	DeathNotificationExtension = extension + "DeathNotificationStatus"
	DischargeExtension         = extension + "DischargeMethod"

	extension = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
)

// Code systems that are not the NHS's own.
const (
	SNOMED = "http://snomed.info/sct"
	LOINC  = "http://loinc.org"
	UCUM   = "http://unitsofmeasure.org"
	ICD10  = "http://hl7.org/fhir/sid/icd-10"
	OPCS4  = "https://fhir.hl7.org.uk/CodeSystem/OPCS-4"
)

// Local is a kind of identifier that each trust gives out itself, so that it
// says nothing outside that trust.
type Local string

// Kinds of local identifier.
const (
	HospitalNumber Local = "hospital-number"
	VisitNumber    Local = "visit-number"
	AlternateVisit Local = "alternate-visit"
	AccountNumber  Local = "account-number"
	PlacerOrder    Local = "placer-order"
	FillerOrder    Local = "filler-order"
	DocumentNumber Local = "document-number"
	Appointment    Local = "appointment"
	LocationCode   Local = "location"
	StaffCode      Local = "staff"
	LocalCode      Local = "code"
)

// System is the identifier system of a kind within a trust, such as
// "urn:concord:R1K:hospital-number". The trust's ODS code scopes it: two trusts
// may use the same software and the same numbers.
func (l Local) System(trust string) string { return "urn:concord:" + trust + ":" + string(l) }

// HospitalNumberTrust gives the trust whose hospital-number system this is.
func HospitalNumberTrust(system string) (trust string, ok bool) {
	const head, tail = "urn:concord:", ":" + string(HospitalNumber)
	if len(system) <= len(head)+len(tail) || system[:len(head)] != head || system[len(system)-len(tail):] != tail {
		return "", false
	}
	return system[len(head) : len(system)-len(tail)], true
}

// Profile is the UK Core profile that Concord's resources of a type claim, or
// "" where UK Core has none.
func Profile(resourceType string) string {
	switch resourceType {
	case "AllergyIntolerance", "Appointment", "Bundle", "CarePlan", "Composition", "Condition", "Consent",
		"Device", "DiagnosticReport", "DocumentReference", "Encounter", "EpisodeOfCare", "Flag", "Immunization",
		"List", "Location", "Medication", "MedicationAdministration", "MedicationDispense", "MedicationRequest",
		"MedicationStatement", "Observation", "OperationOutcome", "Organization", "Patient", "Practitioner",
		"PractitionerRole", "Procedure", "Provenance", "RelatedPerson", "Schedule", "ServiceRequest", "Slot",
		"Specimen", "Task":
		return "https://fhir.hl7.org.uk/StructureDefinition/UKCore-" + resourceType
	}
	return ""
}

// EthnicCategory gives the wording of an ETHNIC CATEGORY code (A to Z, 99).
func EthnicCategory(code string) string {
	switch code {
	case "A":
		return "White - British"
	case "B":
		return "White - Irish"
	case "C":
		return "White - Any other White background"
	case "D":
		return "Mixed - White and Black Caribbean"
	case "E":
		return "Mixed - White and Black African"
	case "F":
		return "Mixed - White and Asian"
	case "G":
		return "Mixed - Any other mixed background"
	case "H":
		return "Asian or Asian British - Indian"
	case "J":
		return "Asian or Asian British - Pakistani"
	case "K":
		return "Asian or Asian British - Bangladeshi"
	case "L":
		return "Asian or Asian British - Any other Asian background"
	case "M":
		return "Black or Black British - Caribbean"
	case "N":
		return "Black or Black British - African"
	case "P":
		return "Black or Black British - Any other Black background"
	case "R":
		return "Other Ethnic Groups - Chinese"
	case "S":
		return "Other Ethnic Groups - Any other ethnic group"
	case "Z":
		return "Not stated"
	case "99":
		return "Not known"
	}
	return ""
}
