package fhirload

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"strings"
)

// kinds of CRUD-36, each after what it refers to. %[1]s is the id member (of an
// update), %[2]s the Patient, %[3]s the Encounter, %[4]s the Observation, %[5]s
// a number of the round, %[6]s what an update changes, %[7]s and %[8]s the
// patient's names, %[9]s the year of birth. Rounds have patients of their own
// name: a server that looks whether it knows somebody is not to be asked about
// one person ten thousand times.
func crudKinds() []crudKind {
	return []crudKind{
		{"Patient", "02-03", "02-04", `{"resourceType":"Patient",%[1]s"identifier":[{"system":"urn:concord:load:crud","value":"%[5]s"}],"active":true,"name":[{"use":"official","family":"%[7]s","given":["%[8]s"]}],"gender":"female","birthDate":"%[9]d-%[6]s"}`},
		{"Encounter", "in-progress", "finished", `{"resourceType":"Encounter",%[1]s"identifier":[{"system":"urn:concord:load:visit","value":"%[5]s"}],"status":"%[6]s","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"%[2]s"},"period":{"start":"2026-03-01T09:00:00Z"}}`},
		{"Observation", "preliminary", "final", `{"resourceType":"Observation",%[1]s"status":"%[6]s","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"718-7","display":"Hemoglobin"}],"text":"Haemoglobin"},"subject":{"reference":"%[2]s"},"encounter":{"reference":"%[3]s"},"effectiveDateTime":"2026-03-01T09:10:00Z","valueQuantity":{"value":131.5,"unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}}`},
		{"Condition", "active", "resolved", `{"resourceType":"Condition",%[1]s"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"%[6]s"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":"38341003","display":"Hypertension"}],"text":"Hypertension"},"subject":{"reference":"%[2]s"},"encounter":{"reference":"%[3]s"},"onsetDateTime":"2026-03-01"}`},
		{"MedicationRequest", "active", "stopped", `{"resourceType":"MedicationRequest",%[1]s"status":"%[6]s","intent":"order","medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"314076"}],"text":"Lisinopril 10 mg"},"subject":{"reference":"%[2]s"},"encounter":{"reference":"%[3]s"},"authoredOn":"2026-03-01T09:20:00Z"}`},
		{"Procedure", "in-progress", "completed", `{"resourceType":"Procedure",%[1]s"status":"%[6]s","code":{"coding":[{"system":"http://snomed.info/sct","code":"430193006"}],"text":"Medication reconciliation"},"subject":{"reference":"%[2]s"},"encounter":{"reference":"%[3]s"},"performedDateTime":"2026-03-01T09:30:00Z"}`},
		{"AllergyIntolerance", "low", "high", `{"resourceType":"AllergyIntolerance",%[1]s"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-verification","code":"confirmed"}]},"criticality":"%[6]s","code":{"text":"Penicillin"},"patient":{"reference":"%[2]s"},"encounter":{"reference":"%[3]s"}}`},
		{"DiagnosticReport", "partial", "final", `{"resourceType":"DiagnosticReport",%[1]s"status":"%[6]s","code":{"coding":[{"system":"http://loinc.org","code":"58410-2"}],"text":"Full blood count"},"subject":{"reference":"%[2]s"},"encounter":{"reference":"%[3]s"},"effectiveDateTime":"2026-03-01T09:10:00Z","result":[{"reference":"%[4]s"}]}`},
		{"DocumentReference", "preliminary", "final", `{"resourceType":"DocumentReference",%[1]s"status":"current","docStatus":"%[6]s","type":{"text":"Clinic letter"},"subject":{"reference":"%[2]s"},"date":"2026-03-01T10:00:00Z","content":[{"attachment":{"contentType":"text/plain","data":"RGVhciBkb2N0b3I=","title":"Letter"}}],"context":{"encounter":[{"reference":"%[3]s"}]}}`},
	}
}

// crudKind is one type of the nine: its first and second state, and its JSON.
type crudKind struct{ typ, before, after, form string }

// CRUD creates, reads, updates and deletes nine linked resources a round: 36
// requests.
func (t *Target) CRUD(ctx context.Context, b Bounds) (*Report, error) {
	kinds := crudKinds()
	return t.run(ctx, "CRUD-36", b, func(ctx context.Context, c *client) error {
		return crudRound(ctx, c, kinds, fmt.Sprintf("%d-%d-%d", b.Seed, c.number, c.round))
	})
}

func crudRound(ctx context.Context, c *client, kinds []crudKind, number string) error {
	made := make([]string, len(kinds)) // Type/id
	family, given, year := crudPerson(number)
	refs := func(i int, id, state string) []byte {
		k := kinds[i]
		return fmt.Appendf(nil, k.form, id, made[0], made[1], made[2], number, state, family, given, year)
	}
	for i, k := range kinds {
		a, ok, err := c.call(ctx, "create", "POST", k.typ, refs(i, "", k.before), 201, 201)
		if err != nil {
			return err
		}
		if made[i] = madeAt(a.location, k.typ); ok && made[i] == "" {
			c.tally.fail("create", "POST %s: Location is %q", k.typ, a.location)
		}
		if made[i] == "" {
			return crudRemove(ctx, c, made[:i])
		}
	}
	for i := range kinds {
		a, ok, err := c.call(ctx, "read", "GET", made[i], nil, 200, 200)
		if err != nil {
			return err
		}
		if ok && !bytes.Contains(a.body, []byte(idOf(made[i]))) {
			c.tally.fail("read", "GET %s: another resource came", made[i])
		}
	}
	for i, k := range kinds {
		a, ok, err := c.call(ctx, "update", "PUT", made[i], refs(i, `"id":"`+idOf(made[i])+`",`, k.after), 200, 200)
		if err != nil {
			return err
		}
		if ok && len(a.body) > 0 && !bytes.Contains(a.body, []byte(k.after)) {
			c.tally.fail("update", "PUT %s: the answer is not what was sent", made[i])
		}
	}
	return crudRemove(ctx, c, made)
}

// crudPerson makes a name and a year of birth of a round's number, always the
// same.
func crudPerson(number string) (family, given string, year int) {
	h := fnv.New64a()
	h.Write([]byte(number))
	n := h.Sum64()
	syllables := func(count int) string {
		name := ""
		for range count {
			name += string("BDFGKLMNPRSTVWZ"[n%15]) + string("aeiou"[n/15%5])
			n /= 75
		}
		return name[:1] + strings.ToLower(name[1:])
	}
	family = syllables(4)
	return family, syllables(3), 1930 + int(h.Sum64()%75)
}

// crudRemove deletes in the opposite order, so that nothing refers to what is
// gone.
func crudRemove(ctx context.Context, c *client, made []string) error {
	for i := len(made) - 1; i >= 0; i-- {
		if _, _, err := c.call(ctx, "delete", "DELETE", made[i], nil, 204, 200); err != nil {
			return err
		}
	}
	return nil
}

// madeAt is Type/id of a Location: [base]/Type/id or [base]/Type/id/_history/1.
func madeAt(location, typ string) string {
	parts := strings.Split(location, "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] == typ {
			return typ + "/" + parts[i+1]
		}
	}
	return ""
}

func idOf(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }
