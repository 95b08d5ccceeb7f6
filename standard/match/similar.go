package match

import "math/bits"

// jaroWinkler is the similarity of two words from 0 to 1 (Winkler 1990, prefix
// scale 0.1 over at most four letters). It does not allocate.
func jaroWinkler(a, b *text) float32 {
	if a.n == 0 || b.n == 0 {
		return 0
	}
	if *a == *b {
		return 1
	}
	if a.n > b.n || a.n == b.n && less(b, a) { // one order, so that it is symmetric
		a, b = b, a
	}
	la, lb := int(a.n), int(b.n)
	reach := max(lb/2-1, 0)
	var inA, inB uint32
	for i := range la {
		for j := max(0, i-reach); j <= min(lb-1, i+reach); j++ {
			if inB&(1<<j) == 0 && a.b[i] == b.b[j] {
				inA |= 1 << i
				inB |= 1 << j
				break
			}
		}
	}
	if inA == 0 {
		return 0
	}
	m, swapped := float32(bits.OnesCount32(inA)), 0
	for x, y := inA, inB; x != 0; x, y = x&(x-1), y&(y-1) {
		if a.b[bits.TrailingZeros32(x)] != b.b[bits.TrailingZeros32(y)] {
			swapped++
		}
	}
	jaro := (m/float32(la) + m/float32(lb) + (m-float32(swapped/2))/m) / 3
	prefix := 0
	for prefix < min(4, la) && a.b[prefix] == b.b[prefix] {
		prefix++
	}
	return jaro + float32(prefix)*0.1*(1-jaro)
}

func less(a, b *text) bool {
	for i := range a.b {
		if a.b[i] != b.b[i] {
			return a.b[i] < b.b[i]
		}
	}
	return false
}

// oneSlip tells whether two strings of one length differ in one character or
// in two neighbours that changed places.
func oneSlip(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	first := -1
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		switch {
		case first < 0:
			first = i
		case i == first+1 && a[i] == b[first] && a[first] == b[i] && sameRest(a, b, i+1):
			return true
		default:
			return false
		}
	}
	return first >= 0
}

func sameRest(a, b []byte, from int) bool { return string(a[from:]) == string(b[from:]) }

// oneEdit is oneSlip, or a letter left out of one of the two.
func oneEdit(a, b *text) bool {
	if a.n == b.n {
		return oneSlip(a.b[:a.n], b.b[:b.n])
	}
	if a.n > b.n {
		a, b = b, a
	}
	if b.n-a.n != 1 {
		return false
	}
	i := 0
	for i < int(a.n) && a.b[i] == b.b[i] {
		i++
	}
	return string(a.b[i:a.n]) == string(b.b[i+1:b.n])
}
