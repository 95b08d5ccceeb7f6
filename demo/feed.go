package demo

// Feed is one hospital system that sends: what intake's settings need to know.
type Feed struct{ Sender, Facility, Name, Trust string }

// system is a kind of sending system.
type system uint8

const (
	patientSystem system = iota // administration and clinics
	laboratorySystem
	imagingSystem
	observationSystem
	documentSystem
)

// dialect is how the systems of a trust write HL7.
type dialect struct {
	trust, prefix string
	authority     string // of hospital numbers
	version       string
	enhanced      bool // asks for an accept acknowledgement (MSH-15)
}

func dialects() []dialect {
	return []dialect{
		{"R1K", "LNW", "LNWH", "2.4", false},
		{"RAS", "THH", "THH", "2.3", false},
		{"RQM", "CW", "CWFT", "2.5.1", true},
		{"RYJ", "ICHT", "ICHNT", "2.5", true},
	}
}

func dialectOf(trust string) dialect {
	for _, d := range dialects() {
		if d.trust == trust {
			return d
		}
	}
	return dialect{trust: trust, prefix: trust, authority: trust, version: "2.4"}
}

// application is MSH-3 of a system.
func (d dialect) application(s system) string {
	return d.prefix + [...]string{"_PAS", "_NWLP", "_RIS", "_OBS", "_DOCS"}[s]
}

// Feeds lists every system that sends in the demonstration.
func Feeds() []Feed {
	var all []Feed
	for _, d := range dialects() {
		for s, name := range []string{"administration", "laboratory", "imaging", "observations", "documents"} {
			all = append(all, Feed{Sender: d.application(system(s)), Facility: d.trust,
				Name: plainLetters(d.prefix) + "-" + name, Trust: d.trust})
		}
	}
	return all
}
