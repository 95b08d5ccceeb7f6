package search

import (
	"math"
	"strconv"
)

// Values are filed by their octave (the power of two below them) and sign, so
// that a search for a range of values leaves out records, and resources within
// a record, that have none near it.
const (
	lowOctave  = -20
	highOctave = 30
)

// octave names the octave of a number; what lies beyond the range counts with
// its ends.
func octave(f float64) string {
	if f == 0 {
		return "0"
	}
	_, exponent := math.Frexp(math.Abs(f))
	exponent = min(max(exponent, lowOctave), highOctave)
	if f < 0 {
		return "-" + strconv.Itoa(exponent)
	}
	return "+" + strconv.Itoa(exponent)
}

// octaves lists the octaves in which a number of [low, high] may lie; nil when
// that is any.
func octaves(low, high float64) []string {
	if low > high || math.IsInf(low, -1) && math.IsInf(high, 1) {
		return nil
	}
	var out []string
	if low < 0 {
		from, to := highOctave, lowOctave // of the magnitudes, larger first
		if !math.IsInf(low, -1) {
			_, e := math.Frexp(-low)
			from = min(max(e, lowOctave), highOctave)
		}
		if high < 0 {
			_, e := math.Frexp(-high)
			to = min(max(e, lowOctave), highOctave)
		}
		for e := from; e >= to; e-- {
			out = append(out, "-"+strconv.Itoa(e))
		}
	}
	if low <= 0 && high >= 0 {
		out = append(out, "0")
	}
	if high > 0 {
		from, to := lowOctave, highOctave
		if low > 0 {
			_, e := math.Frexp(low)
			from = min(max(e, lowOctave), highOctave)
		}
		if !math.IsInf(high, 1) {
			_, e := math.Frexp(high)
			to = min(max(e, lowOctave), highOctave)
		}
		for e := from; e <= to; e++ {
			out = append(out, "+"+strconv.Itoa(e))
		}
	}
	return out
}
