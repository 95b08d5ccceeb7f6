package demo

import (
	"strings"
	"time"

	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// writer builds one message.
type writer struct {
	*hl7v2.Builder
	scene *scene
	sets  map[string]int
}

const stampForm = "20060102150405"

// write starts a message with MSH.
func (sc *scene) write(from system, event string, at time.Time) *writer {
	d := dialectOf(sc.trust)
	w := &writer{hl7v2.NewBuilder(hl7v2.Standard()), sc, map[string]int{}}
	kind, trigger, _ := strings.Cut(event, "^")
	msh := w.Header().
		Set(3, w.Text(d.application(from))).Set(4, w.Text(sc.trust)).Set(5, "CONCORD").Set(6, "NWL").
		Set(7, hl7v2.Value(at.Format(stampForm))).Set(9, w.Texts(kind, trigger)).Set(10, w.Text(sc.control())).
		Set(11, "P").Set(12, hl7v2.Value(d.version)).Set(17, "GBR").Set(18, "UNICODE UTF-8")
	if d.enhanced {
		msh.Set(15, "AL").Set(16, "NE")
	}
	return w
}

// send puts the finished message into the life.
func (w *writer) send(at time.Time) {
	w.scene.life.Messages = append(w.scene.life.Messages, Message{w.scene.trust, at, w.String()})
}

// next starts a segment with its set id.
func (w *writer) next(id string) *hl7v2.Row {
	w.sets[id]++
	return w.Segment(id).Set(1, hl7v2.Value(pad(w.sets[id], 1)))
}

func (w *writer) stamp(t time.Time) hl7v2.Value { return hl7v2.Value(t.Format(stampForm)) }

// event writes EVN.
func (w *writer) event(at, planned time.Time) {
	evn := w.Segment("EVN").Set(2, w.stamp(at))
	if !planned.IsZero() {
		evn.Set(3, w.stamp(planned))
	}
}

// hospital is the person's number at the trust of the scene.
func (sc *scene) hospital() string {
	n := sc.person.Number(sc.trust)
	if sc.step.As != "" && sc.step.Send != "ADT^A40" {
		return sc.second()
	}
	return n
}

// second is another number that the trust gave the same person by mistake.
func (sc *scene) second() string {
	return hospitalNumber(sc.trust, sc.person.seed, sc.person.Index+5_000_000)
}

// patient writes PID; the whole of it for the administration system, which
// leads, and who it is about for the others.
func (w *writer) patient(whole bool) {
	sc := w.scene
	p := sc.person.seenBy(sc.trust)
	ids := []hl7v2.Value{w.Texts(sc.hospital(), "", "", dialectOf(sc.trust).authority, "MR")}
	if p.NHS != "" {
		ids = append(ids, w.Texts(p.NHS, "", "", "NHS", "NH"))
	}
	pid := w.next("PID").Set(3, w.Repeat(ids...)).Set(5, w.name(p)).Set(7, hl7v2.Value(bornText(p.Born))).
		Set(8, hl7v2.Value(strings.ToUpper(p.Sex[:1])))
	if !whole {
		return
	}
	if p.Former != "" {
		pid.Set(9, w.Texts(p.Former, p.Given, "", "", "", "", "M"))
	}
	pid.Set(11, w.address(p.Address)).Set(13, w.phones(p)).Set(15, w.Text(p.Language)).Set(16, w.Text(p.Marital)).
		Set(22, w.Texts(p.Ethnic, uk.EthnicCategory(p.Ethnic)))
	if p.Birth > 0 {
		pid.Set(24, "Y").Set(25, hl7v2.Value(pad(p.Birth, 1)))
	}
	if !p.Died.IsZero() && !p.Died.After(sc.at) {
		pid.Set(29, w.stamp(p.Died)).Set(30, "Y")
	}
	if p.NHS != "" {
		pid.Set(32, w.Text("NSTS"+string(p.Status)))
	}
}

func bornText(t time.Time) string {
	if t.Hour() != 0 || t.Minute() != 0 {
		return t.Format("200601021504")
	}
	return t.Format("20060102")
}

func (w *writer) name(p *Person) hl7v2.Value {
	return w.Texts(p.Family, p.Given, p.Middle, "", p.Title, "", "L")
}

func (w *writer) address(a Address) hl7v2.Value {
	return w.Texts(a.Line, a.Locality, a.Town, "", a.Postcode, "GBR", "H")
}

func (w *writer) phones(p *Person) hl7v2.Value {
	var all []hl7v2.Value
	if p.Home != "" {
		all = append(all, w.Texts(p.Home, "PRN", "PH"))
	}
	if p.Mobile != "" {
		all = append(all, w.Texts(p.Mobile, "PRN", "CP"))
	}
	if p.Mail != "" {
		all = append(all, w.Texts("", "NET", "Internet", p.Mail))
	}
	return w.Repeat(all...)
}

// around writes who belongs to the patient: practice and next of kin.
func (w *writer) around() {
	p := w.scene.person
	w.Segment("PD1").Set(3, w.Texts(p.Practice.Name, "", p.Practice.Code)).
		Set(4, w.Texts(doctorCode(p.Practice), p.Practice.Doctor, p.Practice.Given, "", "", "Dr"))
	if p.Kin.Given != "" {
		w.next("NK1").Set(2, w.Texts(p.Kin.Family, p.Kin.Given)).Set(3, w.Texts(p.Kin.Code, p.Kin.Relation)).
			Set(5, w.Texts(p.Kin.Phone, "PRN", "CP"))
	}
}

func doctorCode(p Practice) string { return "G99" + pad(int(hash(p.Code+p.Doctor)%100000), 5) }

func (w *writer) staff(s staff) hl7v2.Value {
	return w.Texts(s.Code, s.Family, s.Given, "", "", s.Title)
}

// where writes a place (PL).
func (w *writer) where(p place, b bed) hl7v2.Value {
	return w.Texts(p.name, b.bay, b.name, p.site)
}

// visit writes PV1.
func (w *writer) visit(v *visit) *hl7v2.Row {
	pv1 := w.next("PV1").Set(2, hl7v2.Value(classCode(v.class))).Set(3, w.where(v.place, v.bed)).
		Set(7, w.staff(v.consultant)).Set(10, w.Texts(v.service, serviceName(v.service))).
		Set(19, w.Text(v.number)).Set(44, w.stamp(v.admitted))
	if v.method != "" {
		pv1.Set(4, w.Text(v.method))
	}
	return pv1
}

// during writes PV1 for a message that only says during which visit something
// was done.
func (w *writer) during() {
	if v := w.scene.known(); v != nil {
		w.visit(v)
	}
}

// code is a coded word of the demonstration: its code is made of the word.
func (w *writer) code(letter, text, scheme string) hl7v2.Value {
	return w.Texts(codeOf(letter, text), text, "urn:concord:demo:"+scheme)
}

// codeOf makes a code for a word.
func codeOf(letter, text string) string {
	return letter + pad(int(hash(strings.ToLower(text))%1_000_000), 6)
}
