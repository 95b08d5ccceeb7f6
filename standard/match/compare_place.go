package match

import "math/bits"

// comparePlace asks postcode and address together, since people of one
// household agree on both: counted apart they would be counted twice.
func comparePlace(a, b *Subject) Level {
	if a.post == 0 || b.post == 0 {
		return compareAddress(a, b)
	}
	given := a.street[0] != 0 && b.street[0] != 0
	same := given && sameAddress(a, b)
	if a.post == b.post {
		switch {
		case same || a.house != 0 && a.house == b.house:
			return PlaceSame
		case given:
			return PlaceNeighbour
		}
		return PlacePostcode
	}
	slip := slipped(a.post, b.post)
	switch {
	case same && slip:
		return PlaceTypo
	case same:
		return PlaceMoved
	case a.post>>24 == b.post>>24 && a.post&0xff000000 != 0:
		return PlaceSector
	case slip, a.post>>32 == b.post>>32, sameTown(a, b):
		return PlaceArea
	}
	return PlaceDifferent
}

// compareAddress is for records of which one has no postcode.
func compareAddress(a, b *Subject) Level {
	given := a.street[0] != 0 && b.street[0] != 0
	switch {
	case given && sameAddress(a, b):
		return PlaceMoved
	case a.town.n > 0 && b.town.n > 0 && sameTown(a, b):
		return PlaceArea
	case given, a.town.n > 0 && b.town.n > 0:
		return PlaceDifferent
	}
	return NotGiven
}

func sameTown(a, b *Subject) bool {
	return a.town.n > 0 && b.town.n > 0 && (a.town == b.town || jaroWinkler(&a.town, &b.town) >= 0.9)
}

// sameAddress: the house numbers are the same and so is a word of the street;
// without numbers, every word.
func sameAddress(a, b *Subject) bool {
	if a.house != b.house {
		return false
	}
	if a.house == 0 {
		return a.street == b.street
	}
	for _, x := range a.street {
		if x == 0 {
			break
		}
		for _, y := range b.street {
			if x == y {
				return true
			}
		}
	}
	return false
}

// slipped tells whether two postcodes differ in one character or in two
// neighbours that changed places.
func slipped(a, b uint64) bool {
	x := a ^ b
	low := bits.TrailingZeros64(x) / 8 * 8
	if x>>low < 256 {
		return true
	}
	if low > 48 || x>>low >= 1<<16 {
		return false
	}
	p, q := uint16(a>>low), uint16(b>>low)
	return p == bits.ReverseBytes16(q)
}

func comparePhone(a, b *Subject) Level {
	if a.phones[0] == 0 || b.phones[0] == 0 {
		return NotGiven
	}
	best := CodeDifferent
	for _, x := range a.phones {
		for _, y := range b.phones {
			if x == 0 || y == 0 {
				continue
			}
			if x == y {
				return CodeSame
			}
			if slipOf(x, y) {
				best = CodeSlip
			}
		}
	}
	return best
}

// slipOf tells whether two numbers differ in one decimal digit.
func slipOf(x, y uint64) bool {
	if x < y {
		x, y = y, x
	}
	d := x - y
	for d%10 == 0 && d != 0 {
		d, x, y = d/10, x/10, y/10
	}
	return d < 10 && x/10 == y/10
}

func compareEmail(a, b *Subject) Level {
	switch {
	case a.local.n == 0 || b.local.n == 0:
		return NotGiven
	case a.mail == b.mail && a.local == b.local:
		return CodeSame
	case a.local == b.local, jaroWinkler(&a.local, &b.local) >= 0.9:
		return CodeSlip
	}
	return CodeDifferent
}

// compareNHS: what is not valid is evidence only when it is a slip of the
// other; two different valid numbers are two people, or an overlay.
func compareNHS(a, b *Subject) Level {
	if a.nhs[0] == 0 || b.nhs[0] == 0 {
		return NotGiven
	}
	valid := a.flags & b.flags & validNHS
	switch {
	case a.nhs == b.nhs && valid != 0:
		return CodeSame
	case a.nhs == b.nhs, valid == 0 && oneSlip(a.nhs[:], b.nhs[:]):
		return CodeSlip
	case valid != 0:
		return CodeDifferent
	}
	return NotGiven
}

// compareNumbers compares hospital numbers of one issuer.
func compareNumbers(a, b *Subject) Level {
	best := NotGiven
	for i := range a.number {
		for j := range b.number {
			x, y := &a.number[i], &b.number[j]
			if x.scope == 0 || x.scope != y.scope {
				continue
			}
			switch {
			case x.whole == y.whole && x.value == y.value:
				return CodeSame
			case oneEdit(&x.value, &y.value):
				best = CodeSlip
			case best == NotGiven:
				best = CodeDifferent
			}
		}
	}
	return best
}
