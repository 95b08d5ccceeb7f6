package extract

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"concord/demo/packs"
)

// codes are what a source calls its wards, clinics, tests and drugs.
type codes struct {
	wards, clinics, services, staff []string
	documents                       [][2]string // code, title
	alerts                          [][2]string // code, text
	tests                           []test
	drugs                           [][3]string // code, text, dose
}

// test is a test with the range that its values are drawn from.
type test struct {
	code, name, unit, limits string
	low, high                float64
	decimals                 int
}

// shared are the codes that all four trusts of the demonstration know.
func shared(trust string) *codes {
	c := &codes{wards: wardsOf(trust), clinics: clinics, services: services}
	for n := range 8 {
		c.staff = append(c.staff, consultant(n))
	}
	for _, k := range []string{"clinic-letter", "discharge-summary", "referral", "imaging-report"} {
		c.documents = append(c.documents, [2]string{k, ""})
	}
	c.alerts = [][2]string{{"91936005", "Allergy to penicillin"}, {"293586001", "Allergy to aspirin"}, {"300916003", "Allergy to latex"}, {"91930004", "Allergy to eggs"}}
	for _, t := range [][4]string{{"HB", "Haemoglobin", "g/L", "115-170"}, {"NA", "Sodium", "mmol/L", "133-146"}, {"K", "Potassium", "mmol/L", "3.5-5.3"},
		{"CREA", "Creatinine", "umol/L", "45-104"}, {"CRP", "C-reactive protein", "mg/L", "0-5"}, {"HBA1C", "HbA1c (IFCC)", "mmol/mol", "20-41"}} {
		c.tests = append(c.tests, test{code: t[0], name: t[1], unit: t[2], limits: t[3], low: 20, high: 140})
	}
	c.drugs = [][3]string{{"39732311000001104", "Amlodipine 5mg tablets", "5 mg"}, {"39695211000001102", "Atorvastatin 20mg tablets", "20 mg"},
		{"42104811000001109", "Ramipril 5mg capsules", "5 mg"}, {"39113611000001102", "Metformin 500mg tablets", "500 mg"}}
	return c
}

// own are the codes of a trust's old system, as its catalogue has them. Values
// are such as people have in the unit of that laboratory.
func own(trust string) (*codes, error) {
	c := &codes{}
	limits := testLimits()
	for _, kind := range []string{"wards", "clinics", "specialties", "staff", "documents", "alerts", "results", "drugs"} {
		text, err := packs.FS.ReadFile(trust + "/catalogue/" + kind + ".csv")
		if err != nil {
			return nil, fmt.Errorf("there is no catalogue of %s: %w", trust, err)
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			return nil, err
		}
		for _, r := range rows[1:] {
			c.add(kind, r, limits)
		}
	}
	return c, nil
}

func (c *codes) add(kind string, r []string, limits map[string]test) {
	switch kind {
	case "wards":
		c.wards = append(c.wards, r[0])
	case "clinics":
		c.clinics = append(c.clinics, r[0])
	case "specialties":
		c.services = append(c.services, r[0])
	case "staff":
		c.staff = append(c.staff, r[0])
	case "documents":
		c.documents = append(c.documents, [2]string{r[0], r[1]})
	case "alerts":
		c.alerts = append(c.alerts, [2]string{r[0], r[1]})
	case "drugs":
		c.drugs = append(c.drugs, [3]string{r[0], r[1], "as directed"})
	case "results":
		t := limits[r[0]]
		t.code, t.name, t.unit = r[0], r[1], r[4]
		c.tests = append(c.tests, t)
	}
}

func testLimits() map[string]test {
	return map[string]test{
		"HGB": {limits: "11.5-17.0", low: 8, high: 18, decimals: 1}, "SOD": {limits: "133-146", low: 125, high: 150}, "POT": {limits: "3.5-5.3", low: 3, high: 6, decimals: 1},
		"CREAT": {limits: "0.5-1.2", low: 0.5, high: 4, decimals: 2}, "CRPS": {limits: "<5", low: 1, high: 200}, "GHB": {limits: "4.0-6.0", low: 4.5, high: 11, decimals: 1},
		"GLUR": {limits: "63-140", low: 60, high: 300}, "GLUF": {limits: "63-110", low: 60, high: 200}, "UNA": {limits: "", low: 10, high: 180},
		"PLAT": {limits: "140-400", low: 80, high: 500}, "TSHR": {limits: "0.27-4.2", low: 0.1, high: 9, decimals: 2},
		"HAEM": {limits: "115-170", low: 80, high: 180}, "NA+": {limits: "133-146", low: 125, high: 150}, "K+": {limits: "3.5-5.3", low: 3, high: 6, decimals: 1},
		"CRE": {limits: "45-104", low: 40, high: 300}, "CRPH": {limits: "<5", low: 1, high: 200}, "IFCC": {limits: "20-41", low: 25, high: 97},
		"GLUC": {limits: "3.5-7.8", low: 3, high: 18, decimals: 1}, "PLTS": {limits: "140-400", low: 80, high: 500}, "TROPT": {limits: "<14", low: 3, high: 90},
	}
}

// value draws a value of a test.
func (w *writer) value(t test) string {
	v := t.low + w.d.Float64()*(t.high-t.low)
	return strconv.FormatFloat(v, 'f', t.decimals, 64)
}
