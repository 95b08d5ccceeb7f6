package reconcile

import (
	"strconv"
	"time"

	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
)

// slots hold booked appointments against the clinics and sessions of the pack.
type slots struct {
	clinics map[string]*pack.Clinic
	taken   map[uint64]bool // clinic and time, hashed: 8 bytes an appointment
	out     Appointments
	zone    *time.Location
}

func newSlots(p *pack.Pack, zone *time.Location) *slots {
	s := &slots{clinics: map[string]*pack.Clinic{}, taken: map[uint64]bool{}, zone: zone, out: Appointments{Pack: p != nil, Out: map[string]int64{}}}
	if p != nil {
		for i := range p.Clinics {
			s.clinics[p.Clinics[i].Code] = &p.Clinics[i]
		}
	}
	return s
}

// take holds one against the slots of its clinic, by the code that it has in the
// domain.
func (s *slots) take(out *Report, key, code string, get func(string) string) {
	if get("status") != "booked" {
		return
	}
	s.out.Booked++
	why := ""
	at := onboard.Hash([]byte(code + "\x00" + get("starts")))[0]
	if s.taken[at] {
		s.out.Shared++
		out.differ(Difference{What: OutOfSlot, Class: "appointments", Key: key, Code: "shared"})
	}
	s.taken[at] = true
	if !s.out.Pack {
		return
	}
	clinic := s.clinics[code]
	start, err := time.ParseInLocation(localMoment, get("starts"), s.zone)
	length, _ := strconv.Atoi(get("minutes"))
	switch {
	case clinic == nil:
		why = pack.NotOffered
	case err != nil:
		why = pack.NoSession
	default:
		why = clinic.InSlot(start, length)
	}
	if why == "" {
		s.out.InSlot++
		return
	}
	s.out.Out[why]++
	out.differ(Difference{What: OutOfSlot, Class: "appointments", Key: key, Code: why})
}
