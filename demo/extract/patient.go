package extract

import (
	"math/rand/v2"
	"strings"
	"time"

	"concord/demo/linked"
)

// patient writes a patient and what the trust holds on them.
func (w *writer) patient(row linked.Row) {
	w.d = rand.New(rand.NewPCG(w.o.Seed^0x6578747261637421, uint64(row.Person)))
	w.number, w.fallen, w.lost = row.Record.Numbers[0].Value, false, false
	w.demographics(row)
	w.alerts()
	encounter := w.encounters()
	w.pathways()
	w.appointments()
	w.documents(encounter)
	w.results()
	w.medicines()
	w.before = row
}

func (w *writer) demographics(row linked.Row) {
	r, f := &row.Record, &w.o.Faults
	phone, mobile := "", ""
	if len(r.Phones) > 1 {
		mobile, phone = r.Phones[0], r.Phones[1]
	}
	status := "01"
	if r.NHS == "" {
		status = "03"
	}
	born := r.Born
	if w.d.IntN(4) == 0 && len(born) == 10 { // some of the source's screens wrote days otherwise
		born = born[8:10] + "/" + born[5:7] + "/" + born[0:4]
	}
	family := r.Family
	fields := []string{w.number, r.NHS, status, family, r.Given, r.Former, born, r.Sex, r.Address, r.Locality, r.Postcode, phone, mobile, r.Email, r.Practice}
	switch u := w.d.Float64(); {
	case u < f.NoBirth:
		fields[6] = ""
		w.fallen = true
		w.planted.NoBirth++
	case u < f.NoBirth+f.Shifted: // the former name is lost: what follows moves, and the source adds a field at the end
		fields = append(append(fields[:5:5], fields[6:]...), "")
		w.fallen = true
		w.planted.Shifted++
	case u < f.NoBirth+f.Shifted+f.Broken:
		w.line("patients", w.number+`,"`+record(fields[1:]))
		w.fallen, w.lost = true, true
		w.planted.Broken++
		return
	case u < f.NoBirth+f.Shifted+f.Broken+f.Mojibake:
		fields[3] = "Ã‰" + strings.ToLower(family)
		w.planted.Mojibake++
	case u < f.NoBirth+f.Shifted+f.Broken+f.Mojibake+f.Twice && w.before.Record.Given != "":
		w.line("patients", record(fields)) // somebody else under this number
		b := &w.before.Record
		fields[3], fields[4], fields[6], fields[7] = b.Family+"X", b.Given, b.Born, b.Sex
		w.fallen = true
		w.planted.Twice++
	}
	w.line("patients", record(fields))
	if !w.fallen && w.chance(f.Repeated) {
		w.line("patients", record(fields))
		w.planted.Repeated++
	}
}

// services are treatment functions, in the order of clinics.
var services = []string{"100", "110", "130", "300", "307", "320", "330", "340"}

func consultant(n int) string {
	return "C99" + string([]byte{'0', '0', '0', byte('0' + n/10%10), byte('0' + n%10)})
}

func (w *writer) day(before int) time.Time {
	return w.o.Taken.AddDate(0, 0, -before).Truncate(24 * time.Hour)
}

func on(t time.Time) string { return t.Format("2006-01-02") }

func at(t time.Time) string { return t.Format("2006-01-02 15:04") }

// past is a moment in the last so many days, in working hours.
func (w *writer) past(days int) time.Time {
	return w.day(1 + w.d.IntN(days)).Add(time.Duration(8*60+w.d.IntN(9*60)) * time.Minute)
}

func pick[T any](d *rand.Rand, list []T) T { return list[d.IntN(len(list))] }

func (w *writer) alerts() {
	if !w.chance(0.3) {
		return
	}
	for range 1 + w.d.IntN(2) {
		allergy := pick(w.d, w.codes.alerts)
		w.row("alerts", "allergy", allergy[0], allergy[1], pick(w.d, []string{"mild", "moderate", "severe"}), "active", on(w.past(2000)))
	}
}

// encounters writes who is in hospital.
func (w *writer) encounters() (key string) {
	if !w.chance(w.o.Inpatients) {
		return ""
	}
	started := w.past(20)
	n, bed := w.bed()
	return w.row("encounters", "inpatient", at(started), w.codes.wards[n], bed,
		w.codes.staff[n], w.codes.services[n], on(started.AddDate(0, 0, 25)))
}

func (w *writer) appointments() {
	for w.chance(0.35) {
		n, starts := w.slot()
		w.row("appointments", w.pathway, w.codes.clinics[n], at(starts), "15", pick(w.d, []string{"first", "follow-up"}), "booked", w.codes.staff[n])
	}
}

func (w *writer) documents(encounter string) {
	for w.chance(0.5) {
		kind := pick(w.d, w.codes.documents)
		if kind[1] == "" {
			kind[1] = strings.ReplaceAll(kind[0], "-", " ")
		}
		status := "final"
		if w.chance(0.01) {
			status = "unsent"
		}
		w.row("documents", encounter, kind[0], kind[1], at(w.past(3000)), "Dr "+pick(w.d, []string{"Shah", "Okafor", "Lim", "Iyer"}), status, "")
	}
}

func (w *writer) results() {
	for w.chance(0.72) {
		t := pick(w.d, w.codes.tests)
		taken := w.past(3000)
		if !w.fallen && w.chance(w.o.Faults.Future) {
			taken = w.o.Taken.AddDate(10, 0, 0)
			w.planted.Future++
			who := w.number
			w.line("results", record([]string{"F" + itoa(w.planted.Future), who, "", t.code, t.name, "1", t.unit, t.limits, "final", at(taken), ""}))
			continue
		}
		w.row("results", "O"+w.number, t.code, t.name, w.value(t), t.unit, t.limits, "final", at(taken), at(taken.Add(2*time.Hour)))
	}
}

func (w *writer) medicines() {
	for w.chance(0.5) {
		m := pick(w.d, w.codes.drugs)
		started := w.past(2500)
		status, ended := "active", ""
		if w.chance(0.4) {
			status, ended = "stopped", on(started.AddDate(0, 0, w.d.IntN(60)))
		}
		w.row("medicines", m[0], m[1], m[2], "oral", "once daily", status, on(started), ended, w.codes.staff[w.d.IntN(8)])
	}
}
