package uk

// SNOMEDIdentifier tells whether a text is formed as an identifier of SNOMED CT: 6 to 18
// digits, the first not zero, the last a check digit by Verhoeff
// (https://confluence.ihtsdotools.org/display/DOCRELFMT/6+SNOMED+CT+Identifiers). It does
// not tell whether there is such a concept.
func SNOMEDIdentifier(s string) bool {
	if len(s) < 6 || len(s) > 18 || s[0] == '0' {
		return false
	}
	check := byte(0)
	for i := range len(s) {
		c := s[len(s)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		check = turn(check, places[i%len(places)][c-'0'])
	}
	return check == 0
}

// turn multiplies in the group of the turns and mirrorings of a pentagon.
func turn(a, b byte) byte {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b)%5
	case b < 5:
		return 5 + (a-b)%5
	}
	return (a - b + 5) % 5
}

// places is what becomes of a digit at each place from the right.
var places = [8][10]byte{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
	{1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
	{5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
	{8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
	{9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
	{4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
	{2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
	{7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
}
