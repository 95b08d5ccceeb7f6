package channel

import (
	"cmp"
	"strings"

	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// admission writes the ADT messages.
func (w *writer) admission() {
	t := w.t
	if t.Type == "Patient" {
		w.event("")
		w.patient()
		if t.event == "A40" {
			local, _ := w.numbers(t.old)
			w.b.Segment("MRG").Set(1, w.b.Repeat(local...))
			if len(local) == 0 {
				w.fail("feed.patient-number", "MRG-1", "the entry that was merged has no hospital number")
			}
			return
		}
		w.b.Segment("PV1").Set(1, "1").Set(2, "N")
		return
	}
	w.event(happened(t))
	w.patient()
	w.visit(t.body(), true)
}

// patient writes PID, PD1 and NK1.
func (w *writer) patient() {
	p := w.t.patient
	pid := w.b.Segment("PID").Set(1, "1")
	local, national := w.numbers(p)
	numbers := append(local, national...)
	if len(numbers) == 0 {
		w.fail("feed.patient-number", "PID-3", "the patient has no hospital number and no NHS number, or may not be sent")
		return
	}
	var names, lines, home, work []hl7v2.Value
	for n := range p.Get("name").Each() {
		names = append(names, w.name(n))
	}
	for a := range p.Get("address").Each() {
		lines = append(lines, w.address(a))
	}
	for c := range p.Get("telecom").Each() {
		if c.StrAt("use") == "work" {
			work = append(work, w.telecom(c))
		} else {
			home = append(home, w.telecom(c))
		}
	}
	pid.Set(3, w.b.Repeat(numbers...)).Set(5, w.b.Repeat(names...)).Set(7, w.when(p.StrAt("birthDate"))).
		Set(8, w.b.Text(sexOf(p.StrAt("gender")))).Set(11, w.b.Repeat(lines...)).
		Set(13, w.b.Repeat(home...)).Set(14, w.b.Repeat(work...))
	if marital := fhir.Codings(p.Get("maritalStatus")); len(marital) > 0 {
		pid.Set(16, w.b.Text(marital[0].Code))
	}
	if ethnic := fhir.Codings(fhir.Extension(p, uk.EthnicExtension).Get("valueCodeableConcept")); len(ethnic) > 0 {
		pid.Set(22, w.b.Text(ethnic[0].Code))
	}
	switch died := p.StrAt("deceasedDateTime"); {
	case died != "":
		pid.Set(29, w.when(died)).Set(30, "Y")
	case p.Get("deceasedBoolean").Bool():
		pid.Set(30, "Y")
	case p.Get("deceasedBoolean") != nil:
		pid.Set(30, "N")
	}
	if status := traceStatus(p); status != "" {
		pid.Set(32, w.b.Text("NSTS"+status))
	}
	w.practice(p)
	w.kin(p)
}

// numbers are the hospital numbers of an entry, and its NHS number.
func (w *writer) numbers(p *fhir.Value) (local, national []hl7v2.Value) {
	for id := range p.Get("identifier").Each() {
		system, value := id.StrAt("system"), id.StrAt("value")
		if value == "" {
			continue
		}
		if trust, ok := uk.HospitalNumberTrust(system); ok {
			local = append(local, w.b.Texts(value, "", "", trust, "MR"))
		} else if system == uk.NHSNumberSystem {
			national = append(national, w.b.Texts(value, "", "", "NHS", "NH"))
		}
	}
	return local, national
}

func traceStatus(p *fhir.Value) string {
	for id := range p.Get("identifier").Each() {
		if id.StrAt("system") == uk.NHSNumberSystem {
			for _, k := range fhir.Codings(fhir.Extension(id, uk.VerificationExtension).Get("valueCodeableConcept")) {
				return k.Code
			}
		}
	}
	return ""
}

// sexOf is table 0001.
func sexOf(gender string) string {
	switch gender {
	case "male":
		return "M"
	case "female":
		return "F"
	case "other":
		return "O"
	case "unknown":
		return "U"
	}
	return ""
}

// name writes XPN.
func (w *writer) name(n *fhir.Value) hl7v2.Value {
	var given []string
	for g := range n.Get("given").Each() {
		given = append(given, g.Str())
	}
	first, more := "", ""
	if len(given) > 0 {
		first, more = given[0], strings.Join(given[1:], " ")
	}
	return w.b.Texts(n.StrAt("family"), first, more, words(n.Get("suffix")), words(n.Get("prefix")), "", nameKind(n.StrAt("use")))
}

// nameKind is table 0200.
func nameKind(use string) string {
	switch use {
	case "nickname":
		return "N"
	case "maiden":
		return "M"
	case "old":
		return "P"
	case "temp":
		return "T"
	case "usual":
		return "S"
	}
	return "L"
}

func words(list *fhir.Value) string {
	var out []string
	for v := range list.Each() {
		out = append(out, v.Str())
	}
	return strings.Join(out, " ")
}

// address writes XAD.
func (w *writer) address(a *fhir.Value) hl7v2.Value {
	var lines []string
	for l := range a.Get("line").Each() {
		lines = append(lines, l.Str())
	}
	first, more := "", ""
	if len(lines) > 0 {
		first, more = lines[0], strings.Join(lines[1:], ", ")
	}
	kind := "H"
	switch a.StrAt("use") {
	case "work":
		kind = "B"
	case "temp":
		kind = "C"
	case "old":
		kind = "BA"
	case "":
		if a.StrAt("type") == "postal" {
			kind = "M"
		}
	}
	return w.b.Texts(first, more, a.StrAt("city"), a.StrAt("state"), a.StrAt("postalCode"), a.StrAt("country"), kind, "", a.StrAt("district"))
}

// telecom writes XTN.
func (w *writer) telecom(c *fhir.Value) hl7v2.Value {
	value, use, kind := c.StrAt("value"), "PRN", "PH"
	switch {
	case c.StrAt("system") == "email":
		return w.b.Texts("", "NET", "Internet", value)
	case c.StrAt("system") == "fax":
		kind = "FX"
	case c.StrAt("system") == "pager":
		kind = "BP"
	case c.StrAt("use") == "mobile":
		kind = "CP"
	}
	switch c.StrAt("use") {
	case "work":
		use = "WPN"
	case "mobile":
		use = "PRS"
	}
	return w.b.Texts(value, use, kind)
}

// practice writes PD1: the practice and the GP.
func (w *writer) practice(p *fhir.Value) {
	var gp, practice hl7v2.Value
	for ref := range p.Get("generalPractitioner").Each() {
		if ref.StrAt("type") == "Practitioner" {
			gp = w.staff(ref)
		} else if ref.StrAt("type") == "Organization" {
			practice = w.b.Texts(ref.StrAt("display"), "", ref.StrAt("identifier.value"))
		}
	}
	if gp != "" || practice != "" {
		w.b.Segment("PD1").Set(3, practice).Set(4, gp)
	}
}

// kin writes NK1.
func (w *writer) kin(p *fhir.Value) {
	n := 0
	for c := range p.Get("contact").Each() {
		n++
		var home, work []hl7v2.Value
		for t := range c.Get("telecom").Each() {
			if t.StrAt("use") == "work" {
				work = append(work, w.telecom(t))
			} else {
				home = append(home, w.telecom(t))
			}
		}
		nk1 := w.b.Segment("NK1").Set(1, w.b.Text(itoa(n))).Set(2, w.name(c.Get("name"))).
			Set(5, w.b.Repeat(home...)).Set(6, w.b.Repeat(work...))
		for r := range c.Get("relationship").Each() {
			nk1.Set(3, w.concept(r))
			break
		}
		if a := c.Get("address"); a != nil {
			nk1.Set(4, w.address(a))
		}
	}
}

// happened is when the event of a visit took place, as far as the visit says.
func happened(t taken) string {
	enc := t.body()
	switch t.event {
	case "A01", "A04":
		return enc.StrAt("period.start")
	case "A02":
		return cmp.Or(location(enc).StrAt("period.start"), enc.StrAt("period.start"))
	case "A06", "A07":
		last := enc.Get("classHistory")
		return cmp.Or(last.At(last.Len()-1).StrAt("period.end"), location(enc).StrAt("period.start"))
	case "A03":
		return enc.StrAt("period.end")
	}
	return ""
}
