package demo

import (
	"strings"

	"concord/standard/uk"
)

// place is a ward or clinic of a kind, as a pathway asks for it, at a trust.
type place struct {
	kind    string
	site    string // ODS
	name    string
	service string // treatment function code
	clinic  bool
}

// placeRow is a kind of ward or clinic with its name at each trust, led by the
// site; "" where the trust has none.
type placeRow struct {
	kind, service      string
	clinic             bool
	r1k, ras, rqm, ryj string
}

var placeTable = []placeRow{
	{"emergency", "180", false, "R1K01 Emergency Department", "RAS01 Emergency Department", "RQM91 Emergency Department", "RYJ01 Emergency Department"},
	{"assessment", "300", false, "R1K01 Acute Assessment Unit", "RAS01 Acute Medical Unit", "RQM01 Acute Assessment Unit", "RYJ01 Acute Medical Unit"},
	{"medical", "300", false, "R1K01 Crick", "RAS01 Drayton", "RQM01 Rainsford Mowlem", "RYJ01 Grafton"},
	{"respiratory", "340", false, "R1K01 James", "RAS01 Bevan", "RQM01 Nell Gwynne", "RYJ02 8 West"},
	{"elderly", "430", false, "R1K01 Hardy", "RAS01 Hayes", "RQM91 Marble Hill", "RYJ02 4 South"},
	{"surgical", "100", false, "R1K01 Eliot", "RAS01 Kennedy", "RQM01 Lord Wigram", "RYJ01 Charles Pannett"},
	{"orthopaedic", "110", false, "R1K01 Evelyn", "RAS01 Trinity", "RQM91 Richmond", "RYJ02 7 North"},
	{"stroke", "328", false, "R1K01 Haldane", "", "RQM91 Osterley", "RYJ02 9 South"},
	{"cardiac", "320", false, "R1K01 Jenner", "RAS01 Hillingdon Heart Unit", "RQM91 Kew", "RYJ03 A6"},
	{"critical", "192", false, "R1K01 Intensive Care", "RAS01 Intensive Care", "RQM01 Intensive Care", "RYJ01 Intensive Care"},
	{"children", "420", false, "R1K01 Chaucer", "RAS01 Peter Pan", "RQM01 Mercury", "RYJ01 Great Western"},
	{"maternity", "501", false, "R1K01 Florence", "RAS01 Katherine", "RQM01 Josephine Barnes", "RYJ04 Edith Dare"},
	{"newborn", "422", false, "R1K01 Starlight", "RAS01 Lindens", "RQM01 Neonatal Unit", "RYJ04 Neonatal Unit"},
	{"day-surgery", "100", false, "R1K02 Day Surgery", "RAS02 Treatment Centre", "RQM91 Day Surgery", "RYJ02 Riverside"},
	{"day-oncology", "370", false, "R1K01 Macmillan Day Unit", "RAS02 Chemotherapy Suite", "RQM01 Chemotherapy Day Unit", "RYJ02 6 East"},

	{"diabetes-clinic", "307", true, "R1K02 Diabetes Clinic", "RAS02 Diabetes Clinic", "RQM01 Beta Cell Centre", "RYJ01 Diabetes Clinic"},
	{"cardiology-clinic", "320", true, "R1K01 Cardiology Clinic", "RAS01 Cardiology Clinic", "RQM01 Cardiology Clinic", "RYJ03 Arrhythmia Clinic"},
	{"respiratory-clinic", "340", true, "R1K01 Chest Clinic", "RAS01 Chest Clinic", "RQM91 Chest Clinic", "RYJ02 Chest Clinic"},
	{"renal-clinic", "361", true, "R1K02 Renal Clinic", "RAS01 Renal Clinic", "RQM91 Renal Clinic", "RYJ03 Low Clearance Clinic"},
	{"eye-clinic", "130", true, "R1K02 Eye Clinic", "RAS01 Eye Clinic", "RQM01 Eye Clinic", "RYJ02 Eye Clinic"},
	{"breast-clinic", "103", true, "R1K01 Breast Clinic", "RAS02 Breast Clinic", "RQM91 Breast Clinic", "RYJ02 Breast Clinic"},
	{"antenatal-clinic", "501", true, "R1K01 Antenatal Clinic", "RAS01 Antenatal Clinic", "RQM01 Antenatal Clinic", "RYJ04 Antenatal Clinic"},
	{"fracture-clinic", "110", true, "R1K04 Fracture Clinic", "RAS01 Fracture Clinic", "RQM91 Fracture Clinic", "RYJ01 Fracture Clinic"},
	{"children-clinic", "420", true, "R1K04 Children's Clinic", "RAS01 Children's Clinic", "RQM01 Children's Clinic", "RYJ01 Children's Clinic"},
	{"oncology-clinic", "370", true, "R1K01 Oncology Clinic", "RAS02 Oncology Clinic", "RQM01 Oncology Clinic", "RYJ02 Oncology Clinic"},
	{"stroke-clinic", "328", true, "R1K01 TIA Clinic", "", "RQM91 TIA Clinic", "RYJ02 TIA Clinic"},
	{"surgery-clinic", "100", true, "R1K04 Surgical Clinic", "RAS01 Surgical Clinic", "RQM91 Surgical Clinic", "RYJ01 Surgical Clinic"},
	{"medicine-clinic", "300", true, "R1K04 Medical Clinic", "RAS01 Medical Clinic", "RQM91 Medical Clinic", "RYJ01 Medical Clinic"},
	{"dermatology-clinic", "330", true, "R1K04 Skin Clinic", "RAS02 Skin Clinic", "RQM01 Skin Clinic", "RYJ03 Skin Clinic"},
	{"physiotherapy", "650", true, "R1K04 Physiotherapy", "RAS01 Physiotherapy", "RQM91 Physiotherapy", "RYJ02 Physiotherapy"},
}

// serviceName is the wording of a treatment function code.
func serviceName(code string) string {
	names := map[string]string{
		"100": "General surgery", "103": "Breast surgery", "110": "Trauma and orthopaedics", "130": "Ophthalmology",
		"180": "Emergency medicine", "192": "Intensive care medicine", "300": "General internal medicine",
		"307": "Diabetes", "320": "Cardiology", "328": "Stroke medicine", "330": "Dermatology", "340": "Respiratory medicine",
		"361": "Renal medicine", "370": "Medical oncology", "420": "Paediatrics", "422": "Neonatology",
		"430": "Elderly medicine", "501": "Obstetrics", "650": "Physiotherapy",
	}
	return names[code]
}

// knownPlace tells whether any trust has a ward or clinic of that kind.
func knownPlace(kind string) bool {
	for i := range placeTable {
		if placeTable[i].kind == kind {
			return true
		}
	}
	return false
}

// placeAt finds the ward or clinic of a kind at a trust.
func placeAt(kind, trust string) (place, bool) {
	for i := range placeTable {
		row := &placeTable[i]
		if row.kind != kind {
			continue
		}
		text := map[string]string{"R1K": row.r1k, "RAS": row.ras, "RQM": row.rqm, "RYJ": row.ryj}[trust]
		site, name, ok := strings.Cut(text, " ")
		return place{kind, site, name, row.service, row.clinic}, ok
	}
	return place{}, false
}

// staff is somebody who works at a trust.
type staff struct{ Code, Family, Given, Title string }

func (s staff) name() string { return strings.TrimSpace(s.Title + " " + s.Given + " " + s.Family) }

// consultant leads a service at a trust: two of them for each. Codes lie above
// those in use.
func consultant(trust, service string, which int) staff {
	h := drawFor(hash(trust), hash(service), uint64(which%2))
	title := "Dr"
	switch service {
	case "100", "103", "110", "130":
		title = h.pick([]string{"Mr", "Miss", "Ms"})
	}
	return staff{Code: "C99" + pad(h.below(100000), 5), Family: h.pick(doctorFamilies), Given: h.pick(doctorGiven), Title: title}
}

// nurse is somebody on a ward's rota for the hour.
func nurse(ward string, hour int) staff {
	h := drawFor(hash(ward), uint64(hour/8))
	return staff{Code: "N" + pad(h.below(100000), 5), Family: h.pick(nurseFamilies), Given: h.pick(nurseGiven)}
}

var (
	doctorFamilies = []string{"Okafor", "Shah", "Fernando", "Lim", "Whitfield", "Rahman", "Kaur", "O'Leary", "Adeyemi", "Hosseini",
		"Bianchi", "Marchetti", "Sinclair", "Ahmed", "Nowak", "Thompson", "Iyer", "Mensah", "Al-Khatib", "Chowdhury", "Beaumont", "Wong", "Singh", "Evans"}
	doctorGiven = []string{"Anil", "Ngozi", "Helen", "Priya", "Mark", "Aoife", "Omar", "Wei", "Sarah", "Farid", "Catherine", "Tunde",
		"Ruth", "Sanjay", "Elena", "James", "Leila", "Grace", "Tomasz", "Hana", "Edward", "Meera"}
	nurseFamilies = []string{"Reyes", "Mathew", "Boateng", "Murphy", "Santos", "Varghese", "Campbell", "Popa", "Okoro", "Hughes", "Cruz", "Begum"}
	nurseGiven    = []string{"Maricel", "Anu", "Comfort", "Orla", "João", "Bindu", "Sharon", "Ioana", "Blessing", "Gareth", "Ramon", "Shazia"}
)

// trustOf is the trust of a trust's or site's code.
func trustOf(code string) string {
	if t, ok := uk.TrustByCode(code); ok {
		return t.Code
	}
	return ""
}

// siteName is what a site is called.
func siteName(code string) string {
	s, _ := uk.SiteByCode(code)
	return s.Name
}
