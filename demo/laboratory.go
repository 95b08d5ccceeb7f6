package demo

import (
	"math"
	"slices"
	"strconv"
)

// analyte is one laboratory test with its adult reference range. A limit of
// zero is none.
type analyte struct {
	code, name, loinc string
	unit              string
	low, high         float64
	womenLow          float64 // where women have another range
	womenHigh         float64
	alarmLow          float64 // telephoned at once
	alarmHigh         float64
	usual             float64 // what healthy people have, 0 = the middle of the range
	decimals          int
}

// panel is what is asked for together.
type panel struct {
	code, name string
	section    string // OBR-24
	specimen   string
	tests      []analyte
}

// laboratory lists what the shared laboratory of North West London does here.
// Ranges are those usual in English laboratories; LOINC codes by Regenstrief
// Institute (https://loinc.org).
var laboratory = []panel{
	{"FBC", "Full blood count", "HM", "Blood", []analyte{
		{code: "HB", name: "Haemoglobin", loinc: "718-7", unit: "g/L", low: 130, high: 170, womenLow: 115, womenHigh: 155, alarmLow: 70},
		{code: "WBC", name: "White cell count", loinc: "6690-2", unit: "10*9/L", low: 3.6, high: 11, alarmHigh: 50, decimals: 1},
		{code: "PLT", name: "Platelets", loinc: "777-3", unit: "10*9/L", low: 140, high: 400, alarmLow: 30},
		{code: "MCV", name: "Mean cell volume", loinc: "787-2", unit: "fL", low: 80, high: 100, decimals: 1},
		{code: "NEU", name: "Neutrophils", loinc: "751-8", unit: "10*9/L", low: 1.8, high: 7.5, alarmLow: 0.5, decimals: 1},
		{code: "LYM", name: "Lymphocytes", loinc: "731-0", unit: "10*9/L", low: 1, high: 4, decimals: 1},
	}},
	{"UE", "Urea and electrolytes", "CH", "Blood", []analyte{
		{code: "NA", name: "Sodium", loinc: "2951-2", unit: "mmol/L", low: 133, high: 146, alarmLow: 120, alarmHigh: 160},
		{code: "K", name: "Potassium", loinc: "2823-3", unit: "mmol/L", low: 3.5, high: 5.3, alarmLow: 2.5, alarmHigh: 6.5, decimals: 1},
		{code: "UREA", name: "Urea", loinc: "22664-7", unit: "mmol/L", low: 2.5, high: 7.8, decimals: 1},
		{code: "CREA", name: "Creatinine", loinc: "14682-9", unit: "umol/L", low: 59, high: 104, womenLow: 45, womenHigh: 84, alarmHigh: 354},
		{code: "EGFR", name: "eGFR (CKD-EPI)", loinc: "62238-1", unit: "mL/min/{1.73_m2}", low: 60, usual: 88},
	}},
	{"LFT", "Liver function tests", "CH", "Blood", []analyte{
		{code: "BILI", name: "Bilirubin", loinc: "14631-6", unit: "umol/L", high: 21, usual: 9},
		{code: "ALT", name: "Alanine aminotransferase", loinc: "1742-6", unit: "U/L", high: 40, usual: 22},
		{code: "ALP", name: "Alkaline phosphatase", loinc: "6768-6", unit: "U/L", low: 30, high: 130},
		{code: "ALB", name: "Albumin", loinc: "1751-7", unit: "g/L", low: 35, high: 50},
	}},
	{"CRP", "C-reactive protein", "CH", "Blood", []analyte{
		{code: "CRP", name: "C-reactive protein", loinc: "1988-5", unit: "mg/L", high: 5, alarmHigh: 300, usual: 2},
	}},
	{"HBA1C", "Glycated haemoglobin", "CH", "Blood", []analyte{
		{code: "HBA1C", name: "HbA1c (IFCC)", loinc: "59261-8", unit: "mmol/mol", low: 20, high: 41, usual: 36},
	}},
	{"TROP", "High-sensitivity troponin", "CH", "Blood", []analyte{
		{code: "TROP", name: "Troponin I (high sensitivity)", loinc: "89579-7", unit: "ng/L", high: 34, womenHigh: 16, alarmHigh: 120, usual: 4},
	}},
	{"VBG", "Venous blood gas", "CH", "Venous blood", []analyte{
		{code: "VPH", name: "pH (venous)", loinc: "2746-6", low: 7.32, high: 7.43, alarmLow: 7.2, decimals: 2},
		{code: "VCO2", name: "pCO2 (venous)", loinc: "2021-4", unit: "kPa", low: 5.2, high: 7, decimals: 1},
		{code: "HCO3", name: "Bicarbonate", loinc: "1963-8", unit: "mmol/L", low: 22, high: 29},
		{code: "LACT", name: "Lactate", loinc: "2524-7", unit: "mmol/L", low: 0.5, high: 2, alarmHigh: 4, decimals: 1},
		{code: "GLU", name: "Glucose", loinc: "14749-6", unit: "mmol/L", low: 3.5, high: 7.8, alarmLow: 2.5, alarmHigh: 25, decimals: 1},
	}},
	{"ABG", "Arterial blood gas", "CH", "Arterial blood", []analyte{
		{code: "PH", name: "pH", loinc: "2744-1", low: 7.35, high: 7.45, alarmLow: 7.2, decimals: 2},
		{code: "PCO2", name: "pCO2", loinc: "2019-8", unit: "kPa", low: 4.7, high: 6, alarmHigh: 9, decimals: 1},
		{code: "PO2", name: "pO2", loinc: "2703-7", unit: "kPa", low: 10.5, high: 13.5, alarmLow: 7, decimals: 1},
		{code: "HCO3", name: "Bicarbonate", loinc: "1963-8", unit: "mmol/L", low: 22, high: 29},
		{code: "LACT", name: "Lactate", loinc: "2524-7", unit: "mmol/L", low: 0.5, high: 2, alarmHigh: 4, decimals: 1},
	}},
	{"BONE", "Bone profile", "CH", "Blood", []analyte{
		{code: "ACA", name: "Adjusted calcium", loinc: "29265-6", unit: "mmol/L", low: 2.2, high: 2.6, alarmLow: 1.9, alarmHigh: 3, decimals: 2},
		{code: "PHOS", name: "Phosphate", loinc: "14879-1", unit: "mmol/L", low: 0.8, high: 1.5, decimals: 2},
		{code: "VITD", name: "25-hydroxyvitamin D", loinc: "62292-8", unit: "nmol/L", low: 50, high: 175, usual: 62},
	}},
	{"TFT", "Thyroid function", "CH", "Blood", []analyte{
		{code: "TSH", name: "Thyroid stimulating hormone", loinc: "3016-3", unit: "m[IU]/L", low: 0.27, high: 4.2, usual: 1.8, decimals: 2},
	}},
	{"LIPID", "Lipid profile", "CH", "Blood", []analyte{
		{code: "CHOL", name: "Total cholesterol", loinc: "14647-2", unit: "mmol/L", high: 5, usual: 4.6, decimals: 1},
		{code: "HDL", name: "HDL cholesterol", loinc: "14646-4", unit: "mmol/L", low: 1, usual: 1.4, decimals: 1},
		{code: "TRIG", name: "Triglycerides", loinc: "14927-8", unit: "mmol/L", high: 1.7, usual: 1.2, decimals: 1},
	}},
	{"COAG", "Coagulation screen", "HM", "Blood", []analyte{
		{code: "INR", name: "INR", loinc: "6301-6", low: 0.8, high: 1.2, alarmHigh: 5, decimals: 1},
		{code: "APTT", name: "APTT", loinc: "14979-9", unit: "s", low: 24, high: 35, decimals: 1},
	}},
	{"BNP", "NT-proBNP", "CH", "Blood", []analyte{
		{code: "BNP", name: "NT-proBNP", loinc: "33762-6", unit: "ng/L", high: 400, usual: 90},
	}},
	{"IRON", "Haematinics", "CH", "Blood", []analyte{
		{code: "FERR", name: "Ferritin", loinc: "2276-4", unit: "ug/L", low: 22, high: 322, womenLow: 10, womenHigh: 291, usual: 90},
		{code: "B12", name: "Vitamin B12", loinc: "14685-6", unit: "pmol/L", low: 133, high: 675, usual: 320},
	}},
	{"ACR", "Urine albumin to creatinine ratio", "CH", "Urine", []analyte{
		{code: "ACR", name: "Albumin to creatinine ratio", loinc: "14959-1", unit: "mg/mmol", high: 3, usual: 1.1, decimals: 1},
	}},
}

// panelByCode finds a panel.
func panelByCode(code string) (*panel, bool) {
	i := slices.IndexFunc(laboratory, func(p panel) bool { return p.code == code })
	if i < 0 {
		return nil, false
	}
	return &laboratory[i], true
}

// analyteIn finds a test by its code.
func analyteIn(p *panel, code string) bool {
	return slices.ContainsFunc(p.tests, func(a analyte) bool { return a.code == code })
}

// limits are the reference range for a sex.
func (a *analyte) limits(sex string) (low, high float64) {
	low, high = a.low, a.high
	if sex == "female" {
		if a.womenLow != 0 {
			low = a.womenLow
		}
		if a.womenHigh != 0 {
			high = a.womenHigh
		}
	}
	return low, high
}

// normal is an unremarkable value: a person's own level with the scatter of
// single measurements.
func (a *analyte) normal(p *Person, d *draw) float64 {
	low, high := a.limits(p.Sex)
	middle := a.usual
	if middle == 0 {
		middle = (low + high) / 2
	}
	spread := (high - low) / 4
	if a.low == 0 || a.high == 0 {
		spread = middle / 3
	}
	own := p.draw("analyte " + a.code)
	v := middle + own.around()*spread + d.around()*spread/4
	if a.usual == 0 && high > low {
		v = min(max(v, low+spread/8), high-spread/8)
	}
	return max(v, 0)
}

// print writes a value as the laboratory reports it.
func (a *analyte) print(v float64) string {
	return strconv.FormatFloat(math.Max(v, 0), 'f', a.decimals, 64)
}

// rangeText is OBX-7.
func (a *analyte) rangeText(sex string) string {
	low, high := a.limits(sex)
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	switch {
	case low != 0 && high != 0:
		return number(low) + " - " + number(high)
	case high != 0:
		return "< " + number(high)
	case low != 0:
		return "> " + number(low)
	}
	return ""
}

// flag is OBX-8 for a value as printed, "" within the range.
func (a *analyte) flag(printed, sex string) string {
	v, err := strconv.ParseFloat(printed, 64)
	if err != nil {
		return ""
	}
	low, high := a.limits(sex)
	switch {
	case a.alarmHigh != 0 && v >= a.alarmHigh:
		return "HH"
	case a.alarmLow != 0 && v <= a.alarmLow:
		return "LL"
	case high != 0 && v > high:
		return "H"
	case low != 0 && v < low:
		return "L"
	}
	return ""
}
