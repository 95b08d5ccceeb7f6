package intake

import (
	"strings"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
)

// addresses maps XAD.
func (s *source) addresses(f hl7v2.Field) []any {
	var all []any
	for _, r := range f.Reps() {
		var lines []string
		street := r.Component(1)
		for _, line := range []string{street.Sub(1).String(), street.Sub(2).String(), r.Component(2).String()} {
			if line != "" {
				lines = append(lines, line)
			}
		}
		a := fhir.Obj("line", lines, "city", r.Component(3).String(), "district", r.Component(9).String(),
			"state", r.Component(4).String(), "postalCode", strings.ToUpper(r.Component(5).String()),
			"country", r.Component(6).String())
		if a.Len() == 0 {
			continue
		}
		use, kind := addressUse(r.Component(7).String())
		out := fhir.Obj("use", use, "type", kind)
		for name, v := range a.Members() {
			out = out.With(name, v)
		}
		all = append(all, out)
	}
	return all
}

// addressUse is table 0190.
func addressUse(code string) (use, kind string) {
	switch strings.ToUpper(code) {
	case "H", "HOME", "":
		return "home", ""
	case "B", "O", "WORK":
		return "work", ""
	case "C", "TEMP":
		return "temp", ""
	case "BA", "OLD":
		return "old", ""
	case "M":
		return "", "postal"
	}
	return "", ""
}

// telecoms maps XTN, in its old form (the number alone or in component 1) and
// the new one (area code and number, or an address in component 4).
func (s *source) telecoms(f hl7v2.Field, use string) []any {
	var all []any
	for _, r := range f.Reps() {
		value := r.Component(1).String()
		if value == "" {
			value = r.Component(12).String()
		}
		if value == "" {
			parts := []string{r.Component(5).String(), r.Component(6).String(), r.Component(7).String()}
			value = strings.TrimSpace(strings.Join(parts, " "))
		}
		system := telecomSystem(r.Component(3).String())
		if mail := r.Component(4).String(); strings.Contains(mail, "@") {
			value, system = mail, "email"
		}
		if value == "" {
			continue
		}
		if strings.Contains(value, "@") {
			system = "email"
		}
		u := telecomUse(r.Component(2).String(), use)
		if strings.EqualFold(r.Component(3).String(), "CP") {
			u = "mobile"
		}
		all = append(all, fhir.Obj("system", system, "value", value, "use", u))
	}
	return all
}

// telecomSystem is table 0202.
func telecomSystem(code string) string {
	switch strings.ToUpper(code) {
	case "FX":
		return "fax"
	case "BP":
		return "pager"
	case "INTERNET", "X.400":
		return "email"
	}
	return "phone"
}

// telecomUse is table 0201.
func telecomUse(code, other string) string {
	switch strings.ToUpper(code) {
	case "PRN", "ORN", "VHN", "HOME":
		return "home"
	case "WPN", "WORK":
		return "work"
	case "PRS", "MOBILE":
		return "mobile"
	}
	return other
}

// contacts maps NK1: next of kin and others to be told.
func (s *source) contacts() []any {
	var all []any
	for _, nk1 := range s.all("NK1") {
		nk1.skip(1)
		var relations []any
		for _, n := range []int{3, 7} {
			if f := nk1.f(n); f.Valued() {
				table := "0063"
				if n == 7 {
					table = "0131"
				}
				relations = append(relations, s.tableConcept(f, table))
			}
		}
		name := humanName(nk1.f(2).Rep(1), "")
		telecom := append(s.telecoms(nk1.f(5), "home"), s.telecoms(nk1.f(6), "work")...)
		var address *fhir.Value
		if list := s.addresses(nk1.f(4)); len(list) > 0 {
			address = list[0].(*fhir.Value)
		}
		all = append(all, fhir.Obj("relationship", fhir.Arr(relations...), "name", name,
			"telecom", fhir.Arr(telecom...), "address", address, "gender", gender(nk1.str(15)),
			"period", period(s.dateTime(nk1.f(8)), s.dateTime(nk1.f(9)))))
	}
	return all
}

// generalPractitioners maps PD1-4 and the practice in PD1-3.
func (s *source) generalPractitioners() (gp, practice *fhir.Value) {
	pd1 := s.first("PD1")
	if pd1 == nil {
		return nil, nil
	}
	if f := pd1.f(4); f.Valued() {
		gp = s.practitioner(f)
	}
	if f := pd1.f(3); f.Valued() {
		practice = s.organisation(f)
	}
	return gp, practice
}
