package demo

import (
	"math"
	"strconv"
	"strings"
	"time"

	"concord/standard/hl7v2"
)

// results writes the laboratory panels of a step, each a message of its own,
// as laboratories do.
func (sc *scene) results() error {
	took := time.Duration(sc.draw.between(50, 110)) * time.Minute
	if sc.step.After != "" {
		took, _ = time.ParseDuration(sc.step.After)
	}
	reported := sc.at.Add(took)
	if reported.After(sc.cal.now) {
		return nil
	}
	for i, code := range sc.step.Panels {
		sc.part = i + 1
		p, _ := panelByCode(code)
		w := sc.write(laboratorySystem, "ORU^R01", reported)
		w.patient(false)
		w.during()
		w.request(p.code, p.name, p.section, p.specimen, reported)
		if sc.step.Comment != "" && i == 0 {
			w.next("NTE").Set(3, w.Text(sc.fill(sc.step.Comment)))
		}
		for j := range p.tests {
			w.value(&p.tests[j])
		}
		w.send(reported)
	}
	return nil
}

// request writes ORC and OBR of a result.
func (w *writer) request(code, name, section, specimen string, reported time.Time) {
	sc := w.scene
	placer, filler := sc.orderNumbers()
	status := sc.step.Status
	if status == "" {
		status = "F"
	}
	w.Segment("ORC").Set(1, "RE").Set(2, w.Text(placer)).Set(3, w.Text(filler))
	obr := w.next("OBR").Set(2, w.Text(placer)).Set(3, w.Text(filler)).Set(4, w.Texts(code, name, "NWLP")).
		Set(7, w.stamp(sc.at)).Set(22, w.stamp(reported)).Set(24, w.Text(section)).Set(25, hl7v2.Value(status))
	if specimen != "" {
		obr.Set(15, w.Subs("", w.Text(specimen)))
	}
}

// orderNumbers are the placer's and the filler's: those of the order that the
// step names, else the laboratory's own.
func (sc *scene) orderNumbers() (placer, filler string) {
	if name := sc.step.Order; name != "" {
		n := strconv.Itoa(10000+sc.person.Index) + strconv.Itoa(sc.nth) + pad(int(hash(name)%100), 2)
		return "O" + n, "F" + n
	}
	return "", "S" + strconv.Itoa(10000+sc.person.Index) + strconv.Itoa(sc.nth) + pad(sc.teller.step, 2) + pad(sc.part, 1)
}

// value writes one OBX of a laboratory test.
func (w *writer) value(a *analyte) {
	sc := w.scene
	v, given := sc.step.Values[a.code]
	if !given {
		v = a.normal(sc.person, &sc.teller.draw)
	} else if sc.path.Cast == "" {
		v *= 1 + sc.teller.draw.around()*0.06 // nobody's illness is quite another's
		if a.decimals == 2 {
			v = sc.step.Values[a.code] + sc.teller.draw.around()*0.02
		}
	}
	text := a.print(v)
	unit := hl7v2.Value("")
	if a.unit != "" {
		unit = w.Texts(a.unit, a.unit, "UCUM")
	}
	status := sc.step.Status
	if status == "" {
		status = "F"
	}
	w.next("OBX").Set(2, "NM").Set(3, w.Texts(a.code, a.name, "NWLP", a.loinc, a.name, "LN")).Set(5, hl7v2.Value(text)).
		Set(6, unit).Set(7, w.Text(a.rangeText(sc.person.Sex))).Set(8, hl7v2.Value(a.flag(text, sc.person.Sex))).
		Set(11, hl7v2.Value(status)).Set(14, w.stamp(sc.at))
}

// report writes words: an imaging report, or a culture.
func (sc *scene) report() error {
	r := sc.step.Report
	took := 95 * time.Minute
	if r.Kind == "microbiology" {
		took = 26 * time.Hour
	}
	if sc.step.After != "" {
		took, _ = time.ParseDuration(sc.step.After)
	}
	reported := sc.at.Add(took)
	if reported.After(sc.cal.now) {
		return nil
	}
	from, section := imagingSystem, "RAD"
	if r.Kind == "microbiology" {
		from, section = laboratorySystem, "MB"
	}
	w := sc.write(from, "ORU^R01", reported)
	w.patient(false)
	w.during()
	w.request(codeOf("R", r.Title), r.Title, section, "", reported)
	flag := hl7v2.Value("")
	if r.Abnormal {
		flag = "A"
	}
	status := hl7v2.Value(sc.step.Status)
	if status == "" {
		status = "F"
	}
	line := func(code, name, text string) {
		w.next("OBX").Set(2, "FT").Set(3, w.Texts(code, name)).Set(5, w.Text(sc.fill(text))).Set(8, flag).
			Set(11, status).Set(14, w.stamp(sc.at))
	}
	if r.Kind == "microbiology" {
		line("CULT", "Culture", r.Text)
		if len(r.Further) > 0 {
			line("SENS", "Sensitivities", strings.Join(r.Further, "\n"))
		}
	} else {
		line("REPORT", "Report", r.Text)
		if r.Impression != "" {
			line("IMP", "Impression", r.Impression)
		}
	}
	w.send(reported)
	return nil
}

// round rounds to so many decimals.
func round(v float64, decimals int) float64 {
	f := math.Pow(10, float64(decimals))
	return math.Round(v*f) / f
}
