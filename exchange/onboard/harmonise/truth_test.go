package harmonise

import "concord/exchange/onboard"

// truth is what each code of the two made-up catalogues is, by whoever made them
// up; "" = nothing of the domain's.
func truth() map[string]map[onboard.CodeKey]string {
	out := map[string]map[onboard.CodeKey]string{}
	for org, kinds := range map[string]map[Kind]map[string]string{
		"R1K": {
			onboard.Drugs: {"L-AML5": "AML5", "L-ATO20": "ATO20", "L-RAM5": "RAM5", "L-METMR": "MET500MR", "L-HYX25": "", "L-CBM5": "CBM5"},
			onboard.Results: {"HGB": "HB", "SOD": "NA", "POT": "K", "CREAT": "CREA", "CRPS": "CRP", "GHB": "", "GLUR": "GLU", "GLUF": "", "UNA": "",
				"PLAT": "PLT", "TSHR": "TSH"},
			onboard.Alerts:      {"A-PEN": "PENICILLIN", "A-ASA": "ASPIRIN", "A-LTX": "LATEX", "A-EGG": "EGG"},
			Orders:              {"CBC": "FBC", "RENAL": "UE", "LIVER": "LFT", "BONEP": "BONE", "XCHEST": "CXR"},
			onboard.DocKinds:    {"CLTR": "clinic-letter", "DSUM": "discharge-summary", "REFL": "referral", "XRPT": "imaging-report"},
			onboard.Wards:       {"NPHCRK": "Crick", "NPHJAM": "James", "NPHHAR": "Hardy", "NPHELI": "Eliot", "NPHEVE": "Evelyn", "NPHHAL": "Haldane", "NPHJEN": "Jenner", "NPHFLO": "Florence"},
			onboard.Clinics:     {"CARDNPH": "cardiology-clinic", "RESPNPH": "respiratory-clinic", "EYECMH": "eye-clinic", "FRACEAL": "fracture-clinic", "DIABCMH": "diabetes-clinic", "DERMEAL": "dermatology-clinic", "SURGEAL": "surgery-clinic", "MEDEAL": "medicine-clinic"},
			onboard.Staff:       {"OKAG": "C9906442", "AHMR": "C9914367", "FERA": "C9938974", "MARM": "C9996960", "BEAH": "C9930239", "SHAA": "C9949688", "KAUE": "C9918623", "CHOO": "C9967262"},
			onboard.Units:       {"g/dL": "g/dL", "mmol/l": "mmol/L", "mg/dL": "mg/dL", "mg/L": "mg/L", "%": "%", "10^9/L": "10*9/L", "mIU/L": "m[IU]/L"},
			onboard.Specialties: {"GENS": "100", "ORTH": "110", "OPHT": "130", "GENM": "300", "DIAB": "307", "CARD": "320", "DERM": "330", "RESP": "340"},
		},
		"RAS": {
			onboard.Drugs:       {"H100": "AML5", "H101": "ATO20", "H102": "", "H103": "MET500", "H104": "MOR10MR", "H105": ""},
			onboard.Results:     {"HAEM": "HB", "NA+": "NA", "K+": "K", "CRE": "CREA", "CRPH": "CRP", "IFCC": "HBA1C", "GLUC": "GLU", "PLTS": "PLT", "TROPT": ""},
			onboard.Alerts:      {"PENI": "PENICILLIN", "ASPI": "ASPIRIN", "LATX": "LATEX", "EGGS": "EGG"},
			Orders:              {"FBCH": "FBC", "UEH": "UE", "LFTH": "LFT", "CHEST": "CXR"},
			onboard.DocKinds:    {"OPL": "clinic-letter", "EDS": "discharge-summary", "GPREF": "referral", "IMG": "imaging-report"},
			onboard.Wards:       {"DRAY": "Drayton", "BEV": "Bevan", "HAY": "Hayes", "KEN": "Kennedy", "TRI": "Trinity", "HHU": "Hillingdon Heart Unit", "KATH": "Katherine", "PPAN": "Peter Pan"},
			onboard.Clinics:     {"HCARD": "cardiology-clinic", "HCHST": "respiratory-clinic", "HEYE": "eye-clinic", "HFRAC": "fracture-clinic", "HDIAB": "diabetes-clinic", "HSKIN": "dermatology-clinic", "HSURG": "surgery-clinic", "HMED": "medicine-clinic"},
			onboard.Staff:       {"LCH": "C9994023", "PFE": "C9984857", "LNO": "C9977889", "TSI": "C9960144", "WKA": "C9970537", "PTH": "C9943990", "ESI": "C9982014", "OOK": "C9948387"},
			onboard.Units:       {"g/L": "g/L", "mmol/L": "mmol/L", "umol/l": "umol/L", "mg/L": "mg/L", "mmol/mol": "mmol/mol", "mmol/l": "mmol/L", "x10^9/L": "10*9/L", "ng/L": "ng/L"},
			onboard.Specialties: {"SUR": "100", "TAO": "110", "EYE": "130", "MED": "300", "DIA": "307", "CAR": "320", "DER": "330", "CHE": "340"},
		},
	} {
		out[org] = map[onboard.CodeKey]string{}
		for kind, codes := range kinds {
			for code, to := range codes {
				out[org][onboard.CodeKey{Kind: kind, Code: code}] = to
			}
		}
	}
	return out
}
