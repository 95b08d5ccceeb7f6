package intake

import (
	"strconv"
	"strings"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// result is one observation: an OBX, the OBX lines that go on with its text,
// and the notes after it.
type result struct {
	obx   *segment
	more  []*segment
	notes []*segment
}

// kind of value, OBX-2. Senders leave it out for encapsulated documents.
func (r *result) kind() string {
	kind := strings.ToUpper(r.obx.str(2))
	value := r.obx.f(5)
	if kind == "" && value.Component(1).Empty() && value.Component(3).Valued() && value.Component(5).Valued() {
		return "ED"
	}
	return kind
}

// text kinds run over several OBX.
func textKind(kind string) bool { return kind == "TX" || kind == "FT" || kind == "ST" }

// results puts the OBX of a group together: neighbours of the same code and
// sub-id whose value is text are the lines of one text.
func results(group []*segment) []*result {
	var all []*result
	for _, g := range group {
		switch g.ID() {
		case "OBX":
			g.skip(1)
			r := &result{obx: g}
			if n := len(all); n > 0 && textKind(r.kind()) && all[n-1].continues(g) {
				all[n-1].more = append(all[n-1].more, g)
				continue
			}
			all = append(all, r)
		case "NTE":
			if n := len(all); n > 0 {
				all[n-1].notes = append(all[n-1].notes, g)
			}
		}
	}
	return all
}

func (r *result) continues(g *segment) bool {
	return textKind(r.kind()) && len(r.notes) == 0 && g.f(3).Component(1).Raw() == r.obx.f(3).Component(1).Raw() &&
		g.f(3).Component(2).Raw() == r.obx.f(3).Component(2).Raw() && g.f(4).Raw() == r.obx.f(4).Raw()
}

// text joins the lines of a text.
func (r *result) text() string {
	var lines []string
	for _, g := range append([]*segment{r.obx}, r.more...) {
		g.skip(2, 3, 4, 11, 14)
		for _, one := range g.f(5).Reps() {
			lines = append(lines, one.Text())
		}
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// observationContext is what an Observation takes from its surroundings.
type observationContext struct {
	scope     string // the part of the key before the OBX
	reported  bool   // it belongs to a report: then the order's numbers and the specimen's time are
	placer    string
	filler    string
	taken     string // OBR-7
	category  string
	visit     *fhir.Value
	effective string
	issued    string
	status    string // of the report, where OBX-11 is empty
	basedOn   *fhir.Value
	seen      map[string]int
}

// observation maps one result.
func (s *source) observation(r *result, c observationContext) (Draft, bool) {
	obx := r.obx
	code := obx.f(3)
	if !code.Valued() {
		s.warn("an OBX segment names no observation")
		return Draft{}, false
	}
	vital, isVital := s.vital(code)
	category := c.category
	if isVital {
		category = "vital-signs"
	}
	at := s.dateTime(obx.f(14))
	if at == "" {
		at = c.effective
	}
	unit := s.unit(obx.f(6))
	valueName, value := s.value(r, unit)
	limits := s.referenceRange(obx.f(7), unit)
	numeric := valueName == "valueQuantity" || valueName == "valueRange"
	what, in, ours := s.test(obx, numeric, isVital)
	if ours && numeric {
		value, limits = s.inUnit(in, obx, value)
	}
	var missing *fhir.Value
	if value == nil {
		missing = fhir.Concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "unknown", "Unknown", "")
	}
	performers := s.practitioners(obx.f(16))
	if f := obx.f(23); f.Valued() {
		performers = append(performers, s.organisation(f))
	}
	if len(performers) == 0 {
		performers = []*fhir.Value{s.trust()}
	}
	d := s.draft("Observation", s.observationKey(obx, c), foldResult,
		"basedOn", c.basedOn,
		"status", observationStatus(obx.str(11), c.status),
		"category", fhir.Arr(fhir.Concept("http://terminology.hl7.org/CodeSystem/observation-category", category, "", "")),
		"code", what,
		"subject", patientRef(),
		"encounter", c.visit,
		"effectiveDateTime", at,
		"issued", c.issued,
		"performer", fhir.Arr(anys(performers)...),
		valueName, value,
		"dataAbsentReason", missing,
		"interpretation", s.interpretation(r),
		"note", s.notes(r.notes),
		"method", s.method(obx),
		"referenceRange", limits,
	)
	if c.reported {
		d.Adopts = s.loadedKeys(obx, c)
	}
	if isVital && vital.Unit != "" && value.StrAt("code") == vital.Unit {
		d.Resource = d.Resource.With("meta", d.Resource.Get("meta").With("profile", []string{uk.Profile("Observation"), vital.Profile}))
	}
	return d, true
}

func anys(list []*fhir.Value) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = v
	}
	return all
}

// observationKey: the report, the code and the sub-id. A code that comes again
// without a sub-id is counted.
func (s *source) observationKey(obx *segment, c observationContext) string {
	code := orDefault(whole(obx.f(3), 1), whole(obx.f(3), 2))
	k := c.scope + "|" + key(code, obx.f(4).Raw())
	c.seen[k]++
	if n := c.seen[k]; n > 1 {
		s.warn("an observation comes twice with the same code and sub-id")
		k += "|" + strconv.Itoa(n)
	}
	return k
}

// vital recognises a vital sign by either coding of OBX-3.
func (s *source) vital(code hl7v2.Field) (uk.Vital, bool) {
	for _, n := range []int{1, 4} {
		c := code.Component(n).String()
		if v, ok := uk.VitalByCode(s.codeSystem(code.Component(n+2).String(), c), c); ok {
			return v, true
		}
	}
	return uk.Vital{}, false
}

func (s *source) method(obx *segment) *fhir.Value {
	if f := obx.f(17); f.Valued() {
		return s.concept(f)
	}
	return nil
}

// value gives the member name and value of Observation.value[x] by OBX-2.
func (s *source) value(r *result, unit *fhir.Value) (string, *fhir.Value) {
	f := r.obx.f(5)
	if !f.Valued() {
		return "valueString", nil
	}
	switch r.kind() {
	case "NM", "SN":
		if q := s.numeric(r, unit); q != nil {
			return "valueQuantity", q
		}
		if low, high, ok := s.rangeValue(f, unit); ok {
			return "valueRange", fhir.Obj("low", low, "high", high)
		}
	case "CE", "CWE", "CNE", "CF", "IS", "ID":
		return "valueCodeableConcept", s.concept(f)
	case "DT", "TS", "DTM":
		if at := s.dateTime(f); at != "" {
			return "valueDateTime", fhir.Of(at)
		}
	case "ED", "RP":
		return "valueString", nil // carried by the report
	case "":
		if q, ok := s.quantity(f.String(), "", unit); ok {
			return "valueQuantity", q
		}
	}
	return "valueString", fhir.Of(r.text())
}

// numeric reads NM, and SN with a comparator or none.
func (s *source) numeric(r *result, unit *fhir.Value) *fhir.Value {
	f := r.obx.f(5)
	number, comparator := f.String(), ""
	if r.kind() == "SN" {
		comparator, number = f.Component(1).String(), f.Component(2).String()
		if f.Component(3).Valued() || comparator == "=" {
			comparator = strings.Trim(comparator, "=")
		}
		if f.Component(4).Valued() {
			return nil
		}
	}
	q, ok := s.quantity(number, comparator, unit)
	if !ok && r.kind() == "NM" {
		s.warn("a numeric result holds text; it is kept as text")
	}
	return q
}

// rangeValue reads SN of the form ^100^-^200.
func (s *source) rangeValue(f hl7v2.Field, unit *fhir.Value) (low, high *fhir.Value, ok bool) {
	if f.Component(3).String() != "-" {
		return nil, nil, false
	}
	low, ok1 := s.quantity(f.Component(2).String(), "", unit)
	high, ok2 := s.quantity(f.Component(4).String(), "", unit)
	return low, high, ok1 && ok2
}

// observationStatus is table 0085.
func observationStatus(code, report string) string {
	switch strings.ToUpper(code) {
	case "F", "U":
		return "final"
	case "P", "R", "S", "B":
		return "preliminary"
	case "C":
		return "corrected"
	case "A":
		return "amended"
	case "I", "O":
		return "registered"
	case "D", "W":
		return enteredInError
	case "X", "N":
		return cancelled
	}
	switch report {
	case "final", "preliminary", "corrected", "amended", "registered", cancelled, enteredInError:
		return report
	case "partial":
		return "preliminary"
	}
	return unknown
}

// addLooseObservations maps OBX that belong to no order: heights, weights and
// vital signs in ADT messages.
func (s *source) addLooseObservations(m *Mapped, visitRef *fhir.Value) {
	c := observationContext{visit: visitRef, effective: s.eventStamp(), category: "exam", status: "final", seen: map[string]int{}}
	for _, r := range results(s.segments) {
		at := s.dateTime(r.obx.f(14))
		c.scope = key("obs", s.patient.Number, orDefault(at, s.eventStamp()))
		m.add(s.observation(r, c))
	}
}
