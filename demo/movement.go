package demo

import (
	"fmt"
	"strings"
	"time"

	"concord/standard/hl7v2"
)

// movement writes an ADT message: where the patient is, and what is known of
// them besides.
func (sc *scene) movement() error {
	trigger := strings.TrimPrefix(sc.step.Send, "ADT^")
	if trigger == "A28" || trigger == "A31" {
		sc.demographics(sc.step.Send)
		return nil
	}
	if sc.known() == nil && !begins(trigger) {
		return fmt.Errorf("visit: %q has not begun", sc.label())
	}
	before := visit{}
	if v := sc.known(); v != nil {
		before = *v
	}
	v, err := sc.open()
	if err != nil {
		return err
	}
	sc.place(trigger, v, &before)
	return sc.writeMovement(trigger, v, &before)
}

// begins tells the triggers by which a visit becomes known.
func begins(trigger string) bool {
	switch trigger {
	case "A01", "A04", "A05", "A14":
		return true
	}
	return false
}

// place gives a bed where the patient comes to lie, and the old one back when
// a transfer is cancelled.
func (sc *scene) place(trigger string, v *visit, before *visit) {
	switch trigger {
	case "A12":
		if l := before.left; l != nil {
			v.place, v.bed, v.left = l.place, l.bed, nil
		}
		return
	case "A02":
		v.left = &lie{before.place, before.bed}
	case "A01", "A04", "A06":
	default:
		return
	}
	if trigger == "A01" || trigger == "A04" {
		v.admitted = sc.at
	}
	v.bed = bed{}
	if !v.place.clinic {
		v.bed = sc.beds.take(v.place.site+"/"+v.place.name, v.place.kind == "emergency", sc.at, sc.until())
	}
}

func (sc *scene) writeMovement(trigger string, v, before *visit) error {
	s := sc.step
	w := sc.write(patientSystem, s.Send, sc.at)
	w.event(sc.at, sc.cal.at(s.Expected))
	w.patient(true)
	if trigger == "A01" || trigger == "A04" {
		w.around()
	}
	pv1 := w.visit(v)
	switch trigger {
	case "A02":
		pv1.Set(6, w.where(before.place, before.bed))
	case "A09", "A10":
		if s.Leaves != "" {
			pv1.Set(6, w.where(v.place, v.bed)).Set(11, w.Texts(s.Leaves, "", "", v.place.site))
		}
	case "A03":
		outcome := s.Discharged
		if outcome == "" {
			outcome = "1"
		}
		pv1.Set(36, w.Texts(outcome, dischargeText(outcome))).Set(37, w.Text(s.To)).Set(45, w.stamp(sc.at))
	case "A05", "A14":
		pv1.Set(44, "")
	}
	pv2 := w.Segment("PV2").Set(3, w.reason(s.Reason))
	if at := sc.cal.at(s.Expected); !at.IsZero() {
		n := 8
		if trigger == "A16" {
			n = 9
		}
		pv2.Set(n, w.stamp(at))
	}
	w.clinical(v)
	w.send(sc.at)
	return nil
}

func (w *writer) reason(text string) hl7v2.Value {
	if text == "" {
		return ""
	}
	return w.Texts("", text)
}

// dischargeText is the wording of an NHS discharge method.
func dischargeText(code string) string {
	return map[string]string{"1": "Discharged on clinical advice", "2": "Discharged themselves",
		"3": "Discharged by mental health tribunal", "4": "Died", "5": "Stillbirth"}[code]
}

// clinical writes allergies, diagnoses and procedures. Outside a visit nobody
// is named for them.
func (w *writer) clinical(v *visit) {
	sc := w.scene
	var who hl7v2.Value
	if v != nil {
		who = w.staff(v.consultant)
	}
	for _, a := range sc.step.Allergies {
		severity := map[string]string{"severe": "SV", "moderate": "MO", "mild": "MI"}[a.Severity]
		al1 := w.next("AL1").Set(2, hl7v2.Value(map[string]string{"drug": "DA", "food": "FA", "environment": "EA"}[a.Kind])).
			Set(3, w.substance(a.To)).Set(4, hl7v2.Value(severity)).Set(5, w.Text(a.Reaction))
		if a.Since != "" {
			al1.Set(6, hl7v2.Value(sc.cal.day(a.Since).Format("20060102")))
		}
	}
	for _, d := range sc.step.Diagnoses {
		kind := hl7v2.Value("W")
		if d.Kind == "final" {
			kind = "F"
		}
		w.next("DG1").Set(3, w.code("D", d.Text, "problem")).Set(4, w.Text(d.Text)).Set(5, w.stamp(sc.at)).
			Set(6, kind).Set(16, who)
	}
	for _, text := range sc.step.Procedures {
		w.next("PR1").Set(3, w.code("P", text, "procedure")).Set(4, w.Text(text)).Set(5, w.stamp(sc.at)).
			Set(11, who)
	}
}

// noAllergy is the SNOMED CT finding that says so, which readers know.
const noAllergy = "716186003"

func (w *writer) substance(what string) hl7v2.Value {
	if what == "none" {
		return w.Texts(noAllergy, "No known allergy", "SCT")
	}
	return w.code("A", what, "substance")
}

// demographics writes A28, by which a trust hears of the person for the first
// time, or A31, by which what it knows has changed.
func (sc *scene) demographics(event string) {
	w := sc.write(patientSystem, event, sc.at)
	w.event(sc.at, time.Time{})
	w.patient(true)
	w.around()
	w.next("PV1").Set(2, "N")
	w.clinical(nil)
	w.send(sc.at)
}

// merge writes A40: a second number goes on under the first.
func (sc *scene) merge() error {
	w := sc.write(patientSystem, "ADT^A40", sc.at)
	w.event(sc.at, time.Time{})
	w.patient(true)
	w.Segment("MRG").Set(1, w.Texts(sc.second(), "", "", dialectOf(sc.trust).authority, "MR"))
	w.send(sc.at)
	return nil
}
