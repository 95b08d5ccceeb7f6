package match

// Crowd counts how many records have a telephone or an email, in a table of
// fixed size: a chance collision can count too many, never too few. What more
// than a family shares (the ward's mobile, the care home's desk) is junk.
type Crowd struct{ table []uint8 }

const (
	crowdSlots = 1 << 24
	// CrowdLimit is the most records that may share a contact, which is junk beyond
	// it: a family of six that four trusts know.
	CrowdLimit = 24
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

func (c *Crowd) busy(v uint64) bool { return v != 0 && c.table[slotOf(v)] > CrowdLimit }

// Clear takes contacts of a crowd out of a subject, and out of its keys.
func (c *Crowd) Clear(s *Subject, rules *Rules) {
	s.Drop(rules, [2]bool{c.busy(s.phones[0]), c.busy(s.phones[1])}, c.busy(s.email()))
}
