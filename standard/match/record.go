package match

// Record is one source's account of a person, as it was written. Every field
// may be empty, wrong or hostile.
type Record struct {
	Given    string   // all given names, in order
	Family   string   // family name
	Former   string   // maiden or other earlier family name
	Born     string   // YYYY-MM-DD, YYYYMMDD or DD/MM/YYYY
	Sex      string   // male, female, M, F, 1, 2; all else is not given
	Postcode string   // with or without its space
	Address  string   // lines above the town
	Locality string   // town, suburb or city
	Phones   []string // the first two are kept
	Email    string
	Practice string   // code of the general practice
	NHS      string   // NHS number, valid or not
	Numbers  []Number // hospital numbers; the first two are kept
	Keeper   string   // who keeps the record: a trust's code; "" = the issuer of the first hospital number that is not empty
	Multiple bool     // the source says that it is of a multiple birth
}

// Number is an identifier within its issuer: a trust's hospital number.
type Number struct{ Scope, Value string }

// Subject is a Record made ready to be compared: fixed size, no pointers. The
// zero Subject agrees with nothing.
type Subject struct {
	keys    [MaxKeys]uint32 // blocking keys by rule; 0 = none
	phones  [2]uint64
	post    uint64 // outcode (four bytes) and inward code, big end first
	born    uint32 // YYYYMMDD as a decimal number; 0 = not given
	word    [6]uint32
	street  [4]uint32
	house   uint32
	letters uint32 // signature of the letters of the whole name, in any order
	gp      uint32
	first   uint32 // mark of the first given name
	middle  uint32 // mark of the second
	mail    uint32 // mark of the whole email
	keeper  uint32 // mark of who keeps the record
	number  [2]code
	given   text // first given name
	family  text // family name, words put together
	former  text
	local   text // email before the @
	town    text
	nhs     [10]byte
	root    uint16 // group of nicknames or spellings of the first given name
	words   uint8
	sex     byte
	flags   flag
	rare    [rarities]uint8 // eighths of a bit by which a value is rare
}

// code is an identifier within its scope; whole is its mark, for those that
// are longer than a text.
type code struct {
	scope uint32
	whole uint32
	value text
}

type flag uint8

const (
	validNHS   flag = 1 << iota
	unnamed         // the given name was a stand-in: baby, twin one
	manyBorn        // the record says that it is of a multiple birth
	brothers        // the given name is one that several of a family bear beside their own
	onlyFiller      // the given name is Kaur, Singh or the like and nothing else: it tells little
)

const (
	rareGiven = iota
	rareFamily
	rareBorn
	rareFull // given and family name together
	rarities
)

// MaxKeys is the greatest number of blocking rules.
const MaxKeys = 16

// Keys are the blocking keys of a subject by rule; 0 means that the rule has
// none for it. Two subjects are worth comparing when they share a key other
// than 0 of one rule; a chance collision costs a comparison and nothing else.
func (s *Subject) Keys() [MaxKeys]uint32 { return s.keys }

// Number is the valid NHS number of a subject, "" if it has none.
func (s *Subject) Number() string {
	if s.flags&validNHS == 0 {
		return ""
	}
	return string(s.nhs[:])
}

// FirstShared is the first rule by which two subjects share a key, or -1. A
// pair is compared under that rule and no other.
func FirstShared(a, b *Subject) int {
	for i := range a.keys {
		if a.keys[i] == b.keys[i] && a.keys[i] != 0 {
			return i
		}
	}
	return -1
}
