package demo

// draw is a stream of random numbers (splitmix64,
// https://prng.di.unimi.it/splitmix64.c): small, without allocation, and the
// same on every machine.
type draw struct{ state uint64 }

// drawFor starts the stream of one thing: the same parts, the same numbers.
func drawFor(parts ...uint64) draw {
	d := draw{0x9e3779b97f4a7c15}
	for _, p := range parts {
		d.state ^= p * 0xbf58476d1ce4e5b9
		d.next()
	}
	return d
}

func (d *draw) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives 0 to n-1.
func (d *draw) below(n int) int { return int(d.next() % uint64(n)) }

// between gives low to high, both included.
func (d *draw) between(low, high int) int { return low + d.below(high-low+1) }

// unit gives a number from 0 up to 1.
func (d *draw) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// chance is true in that many of a hundred cases.
func (d *draw) chance(percent int) bool { return d.below(100) < percent }

// around gives a number near 0, seldom beyond ±1 (three uniform numbers).
func (d *draw) around() float64 { return (d.unit() + d.unit() + d.unit() - 1.5) / 1.5 }

// pick gives one of a list, each as likely.
func (d *draw) pick(list []string) string { return list[d.below(len(list))] }

// usual gives one of a list whose commonest come first: the first is about
// five times as likely as the last, as first names are.
func (d *draw) usual(list []string) string {
	u := d.unit()
	return list[int(u*u*float64(len(list)))]
}

// hash is FNV-1a, for codes and places that hang on a name.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
