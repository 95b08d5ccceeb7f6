package match

// Fold gives a text in lower case without accents; what is neither letter nor
// digit becomes a single space, and an apostrophe joins.
func Fold(s string) string { return fold(s) }

// Similar is how much two folded words are alike, from 0 to 1 (Jaro-Winkler, as
// names of people are compared); of a longer word the first 15 letters count,
// and two that differ behind them are not the same.
func Similar(a, b string) float64 {
	if a == b {
		return 1
	}
	x, y := textOf(a), textOf(b)
	return min(float64(jaroWinkler(&x, &y)), 0.99)
}
