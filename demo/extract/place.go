package extract

import "time"

// wardsOf are wards of a trust as its source calls them, each with four bays of
// six beds: those of demo/packs.
func wardsOf(trust string) []string {
	if trust == "RAS" {
		return []string{"Drayton", "Bevan", "Hayes", "Kennedy", "Trinity", "Katherine", "Lindens", "Hillingdon Heart Unit"}
	}
	return []string{"Crick", "James", "Hardy", "Eliot", "Evelyn", "Haldane", "Jenner", "Florence"}
}

// clinics are booked at every trust; mornings are the weekdays of their morning
// sessions, and the afternoon session is two weekdays on: those of demo/packs.
var clinics = []string{"cardiology-clinic", "respiratory-clinic", "eye-clinic", "fracture-clinic", "diabetes-clinic", "dermatology-clinic", "surgery-clinic", "medicine-clinic"}

func mornings(trust string) []int {
	if trust == "RAS" {
		return []int{2, 3, 5, 3, 1, 3, 1, 2}
	}
	return []int{2, 3, 5, 3, 1, 4, 2, 3}
}

// tries is how often a free bed or slot is looked for before one is shared: a
// made-up trust has as many as it has, however many patients are asked for.
const tries = 30

// bed gives a ward and a bed that nobody lies in, unless a shared one is planted.
func (w *writer) bed() (ward int, bed string) {
	shared := w.chance(w.o.Faults.SharedBed) && len(w.lain) > 0
	for i := range tries {
		ward = w.d.IntN(len(wardsOf(w.o.Trust)))
		bed = "Bay " + string(rune('1'+w.d.IntN(4))) + "/Bed " + string(rune('1'+w.d.IntN(6)))
		at := wardsOf(w.o.Trust)[ward] + "/" + bed
		if shared {
			ward, bed = w.lain[0].ward, w.lain[0].bed
			w.planted.SharedBed++
			return ward, bed
		}
		if !w.taken[at] || i == tries-1 {
			w.taken[at] = true
			w.lain = append(w.lain, place{ward, bed})
			return ward, bed
		}
	}
	return ward, bed
}

type place struct {
	ward int
	bed  string
}

// slot gives a clinic and a free slot in a session of it in the next months, in
// the source's local time; one that is planted outside of any session is on a
// Sunday.
func (w *writer) slot() (clinic int, starts time.Time) {
	outside := w.chance(w.o.Faults.Unslotted)
	for i := range tries {
		clinic = w.d.IntN(len(clinics))
		weekday, from := mornings(w.o.Trust)[clinic], 9*60
		if w.d.IntN(2) == 1 {
			weekday, from = (weekday+1)%5+1, 13*60+30
		}
		if outside {
			weekday = 0
		}
		day := w.o.Taken.AddDate(0, 0, 1+7*w.d.IntN(17)).Truncate(24 * time.Hour)
		day = day.AddDate(0, 0, (weekday-int(day.Weekday())+7)%7)
		starts = day.Add(time.Duration(from+15*w.d.IntN(14)) * time.Minute)
		at := clinics[clinic] + starts.String()
		if !w.taken[at] || i == tries-1 {
			w.taken[at] = true
			if outside && !w.fallen {
				w.planted.Unslotted++
			}
			return clinic, starts
		}
	}
	return clinic, starts
}
