package demo

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// documentKind is TXA-2 (table 0270) with the wording of a kind of document.
func documentKind(kind string) string {
	return map[string]string{"letter": "CN^Clinic letter", "discharge": "DS^Discharge summary", "operation": "OP^Operation note",
		"note": "PN^Clinical note", "referral": "CN^Referral letter", "": ""}[kind]
}

// document writes a letter as MDM T02, a line of text in each OBX.
func (sc *scene) document() error {
	doc := sc.step.Document
	v := sc.known()
	author := consultant(sc.trust, "300", sc.person.Index)
	if v != nil {
		author = v.consultant
	}
	code, name, _ := strings.Cut(documentKind(doc.Kind), "^")
	title := sc.fill(doc.Title)
	if title == "" {
		title = name
	}
	w := sc.write(documentSystem, "MDM^T02", sc.at)
	w.event(sc.at, time.Time{})
	w.patient(false)
	w.during()
	w.next("TXA").Set(2, w.Texts(code, name)).
		Set(6, w.stamp(sc.at)).Set(9, w.staff(author)).Set(12, w.Text("DOC"+sc.control())).Set(17, "AU").Set(19, "AV")
	for _, line := range strings.Split(strings.TrimSpace(sc.fill(doc.Text)), "\n") {
		w.next("OBX").Set(2, "TX").Set(3, w.Texts(code, title)).Set(5, w.Text(line)).Set(11, "F")
	}
	w.send(sc.at)
	return nil
}

var blank = regexp.MustCompile(`\{([a-z]+|[dt][+-]?\d*[dwmy]?)\}`)

// fill puts a person's particulars in place of the words in braces. A word
// that means nothing stays as it stands.
func (sc *scene) fill(text string) string {
	return blank.ReplaceAllStringFunc(text, func(match string) string {
		word := match[1 : len(match)-1]
		if s := sc.particular(word); s != "" {
			return s
		}
		if _, err := parseMoment(word + " 00:00"); err == nil {
			return uk.DisplayDate(sc.cal.day(word))
		}
		return match
	})
}

func (sc *scene) particular(word string) string {
	p := sc.person
	who := consultant(sc.trust, "300", p.Index)
	ward, site := "", ""
	if v := sc.known(); v != nil {
		who, ward, site = v.consultant, v.place.name, siteName(v.place.site)
	}
	women := p.Sex == "female"
	either := func(woman, man string) string {
		if women {
			return woman
		}
		return man
	}
	switch word {
	case "name":
		return p.Name()
	case "title":
		return p.Title
	case "given":
		return p.Given
	case "family":
		return p.Family
	case "age":
		return strconv.Itoa(p.Age(sc.at))
	case "he":
		return either("she", "he")
	case "his":
		return either("her", "his")
	case "him":
		return either("her", "him")
	case "man":
		return either("woman", "man")
	case "gp":
		return p.Practice.Doctor
	case "practice":
		return p.Practice.Name
	case "consultant":
		return who.name()
	case "hospital":
		if site == "" {
			site = sc.trustName()
		}
		return site
	case "trust":
		return sc.trustName()
	case "ward":
		return ward
	case "nhs":
		return uk.NHSNumber(p.NHS).String()
	case "number":
		return sc.hospital()
	case "kin":
		return strings.ToLower(p.Kin.Relation)
	case "today":
		return uk.DisplayDate(sc.at)
	}
	return ""
}

func (sc *scene) trustName() string {
	t, _ := uk.TrustByCode(sc.trust)
	return t.Name
}

// request writes an order (ORM O01) or what became of it (ORR O02).
func (sc *scene) request() error {
	s, r := sc.step, sc.step.Request
	placer, filler := sc.orderNumbers()
	w := sc.write(patientSystem, s.Send, sc.at)
	answer := s.Send == "ORR^O02"
	if answer {
		w = sc.write(laboratorySystem, s.Send, sc.at)
		w.Segment("MSA").Set(1, "AA").Set(2, w.Text(placer))
	}
	w.patient(false)
	control, status := hl7v2.Value("NW"), hl7v2.Value("")
	if answer {
		control, status = "OK", "IP"
	}
	if r.Cancel {
		control, status = "CA", ""
	}
	orc := w.Segment("ORC").Set(1, control).Set(2, w.Text(placer)).Set(5, status).Set(9, w.stamp(sc.at))
	if answer {
		orc.Set(3, w.Text(filler))
		w.send(sc.at)
		return nil
	}
	if v := sc.known(); v != nil {
		orc.Set(12, w.staff(v.consultant))
	}
	code, text, kind := r.Code, r.Text, r.Kind
	if p, ok := panelByCode(code); ok && text == "" {
		text, kind = p.name, p.section
	}
	if code == "" {
		code = codeOf("R", text)
	}
	priority := r.Priority
	if priority == "" {
		priority = "R"
	}
	w.next("OBR").Set(2, w.Text(placer)).Set(4, w.Texts(code, text, "NWLP")).Set(5, hl7v2.Value(priority)).
		Set(13, w.Text(sc.fill(r.Question))).Set(24, w.Text(kind))
	w.send(sc.at)
	return nil
}

// booking writes SIU: an appointment and what becomes of it.
func (sc *scene) booking() error {
	s, a := sc.step, sc.step.Appointment
	p, ok := placeAt(s.Clinic, sc.trust)
	if !ok {
		return nil
	}
	at := sc.at // the booking itself may be made on any day
	number := "A" + pad(10000+sc.person.Index, 5) + pad(sc.nth, 1) + pad(int(hash(a.Name)%1000), 3)
	w := sc.write(patientSystem, s.Send, at)
	sch := w.Segment("SCH").Set(1, w.Text(number)).Set(2, w.Text(number)).Set(8, w.Texts("FU", a.what()))
	minutes := a.Minutes
	if minutes == 0 {
		minutes = 20
	}
	service := p.service
	if s.Service != "" {
		service = s.Service
	}
	doctor := consultant(sc.trust, service, max(s.Consultant, 1))
	if s.Consultant == 0 {
		doctor = consultant(sc.trust, service, sc.person.Index)
	}
	status := map[string]string{"SIU^S15": "Cancelled", "SIU^S26": "Noshow"}[s.Send]
	if status == "" {
		status = "Booked"
	}
	if a.Why != "" {
		sch.Set(6, w.Texts("", a.Why))
	}
	sch.Set(9, hl7v2.Value(strconv.Itoa(minutes))).Set(10, "min").Set(25, w.Text(status))
	if a.For != "" {
		start := workday(sc.cal.at(a.For))
		sch.Set(11, w.Components("", "", "", w.stamp(start)))
	}
	w.patient(false)
	w.next("RGS")
	w.next("AIS").Set(3, w.Texts(service, a.what()))
	w.next("AIL").Set(3, w.where(p, bed{}))
	w.next("AIP").Set(3, w.staff(doctor))
	if a.Note != "" {
		w.next("NTE").Set(3, w.Text(sc.fill(a.Note)))
	}
	w.send(at)
	return nil
}

func (a *Appointment) what() string {
	if a.What == "" {
		return "Follow-up"
	}
	return a.What
}
