package match

// Crowd counts how many records have a telephone or an email, in a table of
// fixed size: a chance collision can count too many, never too few. What more
// than a family shares (the ward's mobile, the care home's desk) is junk.
type Crowd struct{ table []uint8 }

const (
	crowdSlots = 1 << 24
	// crowdLimit is the number of records from which a contact is junk: a
	// family of six that four trusts know.
	crowdLimit = 24
)

// NewCrowd takes 16 MB.
func NewCrowd() *Crowd { return &Crowd{make([]uint8, crowdSlots)} }

func slotOf(v uint64) uint64 { return (v * 0x9e3779b97f4a7c15) >> 40 }

func (s *Subject) email() uint64 {
	return uint64(s.mail)
}

// Add counts the contacts of a subject.
func (c *Crowd) Add(s *Subject) {
	for _, v := range [...]uint64{s.phones[0], s.phones[1], s.email()} {
		if v != 0 && c.table[slotOf(v)] < 255 {
			c.table[slotOf(v)]++
		}
	}
}

func (c *Crowd) busy(v uint64) bool { return v != 0 && c.table[slotOf(v)] > crowdLimit }

// Clear takes contacts of a crowd out of a subject, and out of its keys.
func (c *Crowd) Clear(s *Subject, rules *Rules) {
	changed := false
	if c.busy(s.email()) {
		s.local, s.mail, changed = text{}, 0, true
	}
	kept := [2]uint64{}
	n := 0
	for _, p := range s.phones {
		if c.busy(p) {
			changed = true
		} else if p != 0 {
			kept[n] = p
			n++
		}
	}
	if changed {
		s.phones = kept
		s.keys = [MaxKeys]uint32{}
		rules.key(s)
	}
}
