package uk

// Vital is one vital sign with the codes it is recognised by.
type Vital struct {
	Key     string // stable name within Concord
	Name    string // as on the chart
	LOINC   string // the code Concord writes
	SNOMED  string
	Unit    string // UCUM
	Profile string // UK Core
	also    string // a second LOINC code in use
}

// Vitals gives the vital signs and NEWS2 parameters in the order of the NEWS2
// chart, then the others.
func Vitals() []Vital {
	const p = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation-"
	return []Vital{
		{"respiration-rate", "Respiration rate", "9279-1", "86290005", "/min", p + "VitalSigns-RespirationRate", ""},
		{"oxygen-saturation", "Oxygen saturation", "2708-6", "431314004", "%", p + "VitalSigns-OxygenSaturation", "59408-5"},
		{"inspired-oxygen", "Air or oxygen", "3151-8", "427081008", "L/min", p + "InspiredOxygen", "3150-6"},
		{"systolic-pressure", "Systolic blood pressure", "8480-6", "271649006", "mm[Hg]", p + "VitalSigns-BloodPressure", ""},
		{"pulse", "Pulse", "8867-4", "364075005", "/min", p + "VitalSigns-HeartRate", "8889-8"},
		{"consciousness", "Consciousness", "", "1104441000000107", "", p + "ACVPU", "80288-4"},
		{"temperature", "Temperature", "8310-5", "276885007", "Cel", p + "VitalSigns-BodyTemperature", "8331-1"},
		{"diastolic-pressure", "Diastolic blood pressure", "8462-4", "271650006", "mm[Hg]", p + "VitalSigns-BloodPressure", ""},
		{"blood-pressure", "Blood pressure", "85354-9", "75367002", "mm[Hg]", p + "VitalSigns-BloodPressure", "55284-4"},
		{"weight", "Body weight", "29463-7", "27113001", "kg", p + "VitalSigns-BodyWeight", "3141-9"},
		{"height", "Body height", "8302-2", "1153637007", "cm", p + "VitalSigns-BodyHeight", ""},
		{"bmi", "Body mass index", "39156-5", "60621009", "kg/m2", p + "VitalSigns-BMI", ""},
		{"head-circumference", "Head circumference", "9843-4", "363812007", "cm", p + "VitalSigns-HeadCircumference", "8287-5"},
		{"news2", "NEWS2 total", "", NEWS2Total, "{ScoreOf}", p + "EarlyWarningTotalScore", ""},
	}
}

// NEWS2Total is the SNOMED CT code of the Royal College of Physicians NEWS2
// total score.
const NEWS2Total = "1104051000000101"

// VitalByCode recognises a vital sign by a coding.
func VitalByCode(system, code string) (Vital, bool) {
	if code == "" || system != LOINC && system != SNOMED {
		return Vital{}, false
	}
	for _, v := range Vitals() {
		if system == LOINC && (v.LOINC == code || v.also == code) || system == SNOMED && v.SNOMED == code {
			return v, true
		}
	}
	return Vital{}, false
}

// VitalByKey finds a vital sign by Concord's own name for it.
func VitalByKey(key string) (Vital, bool) {
	for _, v := range Vitals() {
		if v.Key == key {
			return v, true
		}
	}
	return Vital{}, false
}
