package match

import "math"

// fullNames counts whole names in two tables of fixed size, and the smaller of
// the two counts holds (count-min sketch: Cormode and Muthukrishnan, Journal of
// Algorithms 55, 2005): a chance collision makes a name look commoner, and so
// weigh less, never rarer. Names are many, and a map of them all would not stay
// small.
type fullNames struct{ rows [2][]uint16 }

// fullSlots are the slots of one row: 4 MB, for a few million names.
const fullSlots = 1 << 21

func newFullNames() *fullNames {
	return &fullNames{[2][]uint16{make([]uint16, fullSlots), make([]uint16, fullSlots)}}
}

// slots are where the name with these marks is counted.
func (n *fullNames) slots(given, family uint32) [2]int {
	x := (uint64(given)<<32 | uint64(family)) * 0x9e3779b97f4a7c15
	x = (x ^ x>>29) * 0xbf58476d1ce4e5b9
	x ^= x >> 32
	return [2]int{int(x % fullSlots), int(x >> 40 % fullSlots)}
}

// add counts a name of which both halves are there.
func (n *fullNames) add(given, family uint32) {
	if given == 0 || family == 0 {
		return
	}
	for i, at := range n.slots(given, family) {
		if n.rows[i][at] < math.MaxUint16 {
			n.rows[i][at]++
		}
	}
}

func (n *fullNames) count(given, family uint32) uint16 {
	if given == 0 || family == 0 {
		return 0
	}
	at := n.slots(given, family)
	return min(n.rows[0][at[0]], n.rows[1][at[1]])
}

func (n *fullNames) merge(o *fullNames) {
	for i := range n.rows {
		for at, v := range o.rows[i] {
			n.rows[i][at] = uint16(min(uint32(n.rows[i][at])+uint32(v), math.MaxUint16))
		}
	}
}
