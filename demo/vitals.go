package demo

import (
	"strconv"
	"time"

	"concord/standard/hl7v2"
	"concord/standard/uk"
)

// coded is a code with its wording.
type coded struct{ code, text string }

// acvpu gives the SNOMED CT finding of UKCore-ACVPU for a letter.
func acvpu(letter string) coded {
	switch letter {
	case "A", "":
		return coded{"248234008", "Mentally alert"}
	case "C":
		return coded{"130987000", "Acute confusion"}
	case "V":
		return coded{"300202002", "Responds to voice"}
	case "P":
		return coded{"450847001", "Responds to pain"}
	case "U":
		return coded{"422768004", "Unresponsive"}
	}
	return coded{}
}

// observations writes the sets of a step, up to now: at each point of the
// course, or every so often with the values between its points.
func (sc *scene) observations() error {
	o := sc.step.Observations
	times := make([]time.Time, len(o.Course))
	for i := range o.Course {
		times[i] = sc.at
		if o.Course[i].At != "" {
			times[i] = sc.when(sc.step, o.Course[i].At)
		}
	}
	at := times
	if o.Every != "" {
		every, _ := time.ParseDuration(o.Every)
		until := times[len(times)-1]
		if o.Until != "" {
			until = sc.when(sc.step, o.Until)
		}
		at = nil
		for t := sc.at; !t.After(until) && len(at) < 400; t = t.Add(every) {
			at = append(at, t)
		}
	}
	for i, t := range at {
		if o.Every != "" && i > 0 {
			t = t.Add(time.Duration(sc.teller.draw.between(-9, 9)) * time.Minute)
		}
		if t.After(sc.cal.now) {
			break
		}
		sc.part = i + 1
		sc.set(t, course(o.Course, times, t))
	}
	return nil
}

// course gives the values at a time: those of its neighbours, in proportion.
// What either neighbour has not is not measured; consciousness and oxygen hold
// until they change.
func course(points []Vitals, times []time.Time, at time.Time) Vitals {
	i := 0
	for i < len(points)-1 && !at.Before(times[i+1]) {
		i++
	}
	from := points[i]
	if i == len(points)-1 || at.Before(times[0]) {
		return from
	}
	to := points[i+1]
	part := float64(at.Sub(times[i])) / float64(times[i+1].Sub(times[i]))
	mix := func(a, b float64) float64 {
		if a == 0 || b == 0 {
			return a
		}
		return a + (b-a)*part
	}
	return Vitals{
		Respiration: mix(from.Respiration, to.Respiration), Saturation: mix(from.Saturation, to.Saturation),
		Oxygen: from.Oxygen, Systolic: mix(from.Systolic, to.Systolic), Diastolic: mix(from.Diastolic, to.Diastolic),
		Pulse: mix(from.Pulse, to.Pulse), Temperature: mix(from.Temperature, to.Temperature), Conscious: from.Conscious,
		Weight: from.Weight, Height: from.Height,
	}
}

// set writes one set of observations. A whole one carries its NEWS2 total, as
// observation systems send it.
func (sc *scene) set(at time.Time, v Vitals) {
	w := sc.write(observationSystem, "ORU^R01", at)
	w.patient(false)
	w.during()
	w.next("OBR").Set(3, w.Text(sc.control())).Set(4, w.Texts("OBS", "Observations")).Set(7, w.stamp(at)).
		Set(22, w.stamp(at)).Set(25, "F")
	ward := sc.trust
	if known := sc.known(); known != nil {
		ward = known.place.site + known.place.name
	}
	who := w.staff(nurse(ward, int(at.Unix()/3600)))
	shake := func(v, by float64, decimals int) string {
		return strconv.FormatFloat(round(v+sc.teller.draw.around()*by, decimals), 'f', decimals, 64)
	}
	r := uk.Reading{Scale2: sc.step.Observations.Scale2, Oxygen: uk.Air}
	line := func(key, kind, value string) {
		w.vital(at, key, kind, w.Text(value), who)
	}
	measured := func(into *string, key string, v, by float64, decimals int) {
		if v != 0 {
			*into = shake(v, by, decimals)
			line(key, "NM", *into)
		}
	}
	measured(&r.RespirationRate, "respiration-rate", v.Respiration, 1, 0)
	saturation := min(v.Saturation, 99)
	measured(&r.OxygenSaturation, "oxygen-saturation", saturation, 0.9, 0)
	if v.Saturation != 0 {
		line("inspired-oxygen", "NM", strconv.FormatFloat(v.Oxygen, 'f', -1, 64))
		if v.Oxygen > 0 {
			r.Oxygen = uk.Supplemental
		}
	}
	measured(&r.SystolicPressure, "systolic-pressure", v.Systolic, 4, 0)
	if v.Systolic != 0 {
		diastolic := v.Diastolic
		if diastolic == 0 {
			diastolic = v.Systolic * 0.6
		}
		line("diastolic-pressure", "NM", shake(diastolic, 3, 0))
	}
	measured(&r.Pulse, "pulse", v.Pulse, 3, 0)
	if v.Respiration != 0 {
		level := acvpu(v.Conscious)
		r.Consciousness = uk.ConsciousnessByCode(level.code)
		w.vital(at, "consciousness", "CWE", w.Texts(level.code, level.text, "SCT"), who)
	}
	measured(&r.Temperature, "temperature", v.Temperature, 0.2, 1)
	if v.Weight != 0 {
		line("weight", "NM", strconv.FormatFloat(v.Weight, 'f', 1, 64))
	}
	if v.Height != 0 {
		line("height", "NM", strconv.FormatFloat(v.Height, 'f', 0, 64))
	}
	if score := uk.NEWS2(r); score.Complete && sc.person.Age(at) >= 16 {
		line("news2", "NM", strconv.Itoa(score.Total))
	}
	w.send(at)
}

// vital writes one OBX in the codes by which vital signs are recognised.
func (w *writer) vital(at time.Time, key, kind string, value, who hl7v2.Value) {
	v, _ := uk.VitalByKey(key)
	code := w.Texts(v.LOINC, v.Name, "LN", v.SNOMED, v.Name, "SCT")
	if v.LOINC == "" {
		code = w.Texts(v.SNOMED, v.Name, "SCT")
	}
	unit := hl7v2.Value("")
	if v.Unit != "" && kind == "NM" {
		unit = w.Texts(v.Unit, v.Unit, "UCUM")
	}
	obx := w.next("OBX").Set(2, hl7v2.Value(kind)).Set(3, code).Set(5, value).Set(6, unit).Set(11, "F").
		Set(14, w.stamp(at)).Set(16, who)
	if key == "oxygen-saturation" && w.scene.step.Observations.Scale2 {
		obx.Set(17, w.Texts("SPO2-SCALE-2", "SpO2 scale 2"))
	}
}
