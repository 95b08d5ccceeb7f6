package pack

import (
	"strings"
	"time"
)

// Why an appointment stands in no slot of its clinic.
const (
	NoSession  = "session"   // the clinic has no session on that day and at that time
	OffGrid    = "grid"      // it begins between two slots
	OverEnd    = "end"       // it goes on after the session
	NotOffered = "no-clinic" // the pack has no such clinic
)

// InSlot tells whether an appointment that starts at a local time and takes so
// many minutes stands in a slot of the clinic: "" when it does, else why not. A
// clinic without sessions is held to none.
func (c *Clinic) InSlot(start time.Time, minutes int) string {
	if len(c.Sessions) == 0 {
		return ""
	}
	at := start.Hour()*60 + start.Minute()
	day := strings.ToLower(start.Weekday().String()[:3])
	worst := NoSession
	for _, text := range c.Sessions {
		m := session.FindStringSubmatch(text)
		if m == nil || m[1] != day {
			continue
		}
		from, to := minuteOf(m[2]), minuteOf(m[3])
		switch {
		case at < from || at >= to:
		case c.Slot > 0 && (at-from)%c.Slot != 0:
			worst = OffGrid
		case at+minutes > to:
			worst = OverEnd
		default:
			return ""
		}
	}
	return worst
}

func minuteOf(clock string) int {
	return (int(clock[0]-'0')*10+int(clock[1]-'0'))*60 + int(clock[3]-'0')*10 + int(clock[4]-'0')
}

// Beds are the beds of all wards as feeds and loads name places: ward, room and
// bed with slashes between.
func (p *Pack) Beds() map[string]bool {
	out := map[string]bool{}
	for i := range p.Wards {
		for _, b := range p.Wards[i].beds() {
			out[escaped(p.Wards[i].Code)+"/"+b] = true
		}
	}
	return out
}
