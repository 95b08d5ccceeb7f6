package main

// term is one code of a public vocabulary with its name and unit.
type term struct{ code, display, unit string }

var vitals = []term{
	{"8302-2", "Body Height", "cm"}, {"29463-7", "Body Weight", "kg"}, {"39156-5", "Body Mass Index", "kg/m2"},
	{"8867-4", "Heart rate", "/min"}, {"9279-1", "Respiratory rate", "/min"}, {"8310-5", "Body temperature", "Cel"},
	{"72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}"}, {"2708-6", "Oxygen saturation in Arterial blood", "%"},
}

var labs = []term{
	{"2093-3", "Total Cholesterol", "mg/dL"}, {"2571-8", "Triglycerides", "mg/dL"}, {"18262-6", "Low Density Lipoprotein Cholesterol", "mg/dL"},
	{"2085-9", "High Density Lipoprotein Cholesterol", "mg/dL"}, {"2339-0", "Glucose", "mg/dL"}, {"6299-2", "Urea Nitrogen", "mg/dL"},
	{"38483-4", "Creatinine", "mg/dL"}, {"49765-1", "Calcium", "mg/dL"}, {"2947-0", "Sodium", "mmol/L"}, {"6298-4", "Potassium", "mmol/L"},
	{"2069-3", "Chloride", "mmol/L"}, {"20565-8", "Carbon Dioxide", "mmol/L"}, {"33914-3", "Estimated Glomerular Filtration Rate", "mL/min/{1.73_m2}"},
	{"4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%"}, {"14959-1", "Microalbumin Creatinine Ratio", "mg/g"},
	{"6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL"}, {"789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL"},
	{"718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL"}, {"4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%"},
	{"787-2", "MCV [Entitic volume] by Automated count", "fL"}, {"785-6", "MCH [Entitic mass] by Automated count", "pg"},
	{"777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL"}, {"1751-7", "Albumin", "g/dL"}, {"1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL"},
	{"1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L"}, {"2857-1", "Prostate specific Ag [Mass/volume] in Serum or Plasma", "ng/mL"},
}

var encounters = []term{
	{"185349003", "Encounter for check up (procedure)", ""}, {"162673000", "General examination of patient (procedure)", ""},
	{"185345009", "Encounter for symptom", ""}, {"50849002", "Emergency room admission (procedure)", ""}, {"424441002", "Prenatal initial visit", ""},
	{"390906007", "Follow-up encounter", ""}, {"185347001", "Encounter for problem", ""}, {"410620009", "Well child visit (procedure)", ""},
	{"698314001", "Consultation for treatment", ""}, {"183460006", "Obstetric emergency hospital admission", ""}, {"308335008", "Patient encounter procedure", ""},
}

var problems = []term{
	{"162864005", "Body mass index 30+ - obesity (finding)", ""}, {"38341003", "Hypertension", ""}, {"195662009", "Acute viral pharyngitis (disorder)", ""},
	{"10509002", "Acute bronchitis (disorder)", ""}, {"444814009", "Viral sinusitis (disorder)", ""}, {"15777000", "Prediabetes", ""},
	{"44054006", "Diabetes", ""}, {"271737000", "Anemia (disorder)", ""}, {"72892002", "Normal pregnancy", ""}, {"40055000", "Chronic sinusitis (disorder)", ""},
	{"53741008", "Coronary Heart Disease", ""}, {"65363002", "Otitis media", ""}, {"55822004", "Hyperlipidemia", ""}, {"230690007", "Stroke", ""},
	{"233604007", "Pneumonia (disorder)", ""}, {"195967001", "Asthma", ""}, {"44465007", "Sprain of ankle", ""}, {"283371005", "Laceration of forearm", ""},
}

var procedures = []term{
	{"428191000124101", "Documentation of current medications", ""}, {"430193006", "Medication Reconciliation (procedure)", ""},
	{"117015009", "Throat culture (procedure)", ""}, {"269911007", "Sputum examination (procedure)", ""}, {"23426006", "Measurement of respiratory function (procedure)", ""},
	{"274804006", "Evaluation of uterine fundal height", ""}, {"225158009", "Auscultation of the fetal heart", ""}, {"252160004", "Standard pregnancy test", ""},
	{"73761001", "Colonoscopy", ""}, {"399208008", "Plain chest X-ray (procedure)", ""}, {"18286008", "Catheter ablation of tissue of heart", ""},
	{"710824005", "Assessment of health and social care needs (procedure)", ""}, {"76601001", "Intramuscular injection", ""}, {"288086009", "Suture open wound", ""},
}

var vaccines = []term{
	{"140", "Influenza, seasonal, injectable, preservative free", ""}, {"113", "Td (adult) preservative free", ""}, {"121", "zoster", ""},
	{"133", "Pneumococcal conjugate PCV 13", ""}, {"33", "pneumococcal polysaccharide vaccine, 23 valent", ""}, {"62", "HPV, quadrivalent", ""},
	{"114", "meningococcal MCV4P", ""}, {"115", "Tdap", ""}, {"20", "DTaP", ""}, {"10", "IPV", ""}, {"08", "Hep B, adolescent or pediatric", ""},
	{"49", "Hib (PRP-OMP)", ""}, {"119", "rotavirus, monovalent", ""}, {"03", "MMR", ""}, {"21", "varicella", ""}, {"83", "Hep A, ped/adol, 2 dose", ""},
}

var drugs = []term{
	{"313782", "Acetaminophen 325 MG Oral Tablet", ""}, {"314076", "lisinopril 10 MG Oral Tablet", ""}, {"310798", "Hydrochlorothiazide 25 MG Oral Tablet", ""},
	{"308136", "amLODIPine 2.5 MG Oral Tablet", ""}, {"860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet", ""},
	{"314231", "Simvastatin 10 MG Oral Tablet", ""}, {"308192", "Amoxicillin 500 MG Oral Tablet", ""}, {"310965", "Ibuprofen 200 MG Oral Tablet", ""},
	{"834061", "Penicillin V Potassium 250 MG Oral Tablet", ""}, {"849574", "Naproxen sodium 220 MG Oral Tablet", ""}, {"197361", "Amlodipine 5 MG Oral Tablet", ""},
	{"745679", "200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", ""}, {"895994", "120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler", ""},
}

var allergens = []term{
	{"419474003", "Allergy to mould", ""}, {"232350006", "House dust mite allergy", ""}, {"418689008", "Allergy to grass pollen", ""}, {"419263009", "Allergy to tree pollen", ""},
	{"417532002", "Allergy to fish", ""}, {"91935009", "Allergy to peanuts", ""}, {"300913006", "Shellfish allergy", ""}, {"91936005", "Allergy to penicillin", ""},
}

var panels = []term{
	{"57698-3", "Lipid Panel", ""}, {"51990-0", "Basic Metabolic Panel", ""}, {"58410-2", "Complete blood count (hemogram) panel - Blood by Automated count", ""}, {"24323-8", "Comprehensive metabolic panel", ""},
}

var ukTests = []term{
	{"HB", "Haemoglobin", "g/L"}, {"WBC", "White cell count", "10*9/L"}, {"PLT", "Platelets", "10*9/L"}, {"NA", "Sodium", "mmol/L"}, {"K", "Potassium", "mmol/L"},
	{"UREA", "Urea", "mmol/L"}, {"CREAT", "Creatinine", "umol/L"}, {"EGFR", "eGFR", "mL/min/1.73m2"}, {"CRP", "C-reactive protein", "mg/L"}, {"ALB", "Albumin", "g/L"},
	{"ALT", "Alanine aminotransferase", "U/L"}, {"ALP", "Alkaline phosphatase", "U/L"}, {"BIL", "Bilirubin", "umol/L"}, {"HBA1C", "Haemoglobin A1c", "mmol/mol"}, {"TROP", "Troponin T", "ng/L"},
}

var families = []string{"Okafor", "Sharma", "Kowalska", "Hussain", "O'Brien", "Nguyen", "Fernandes", "Warsame", "Clarke", "Begum", "Mensah", "Lindqvist"}
var givens = []string{"Amara", "Priya", "Zofia", "Imran", "Siobhan", "Minh", "Joana", "Hodan", "Desmond", "Nasima", "Kofi", "Astrid"}
