package match

import (
	"strings"

	"concord/standard/uk"
)

// date reads a complete date of birth; 0 if it is none, impossible or junk.
func (l *Lexicon) date(s string) uint32 {
	d := dateOf(s)
	if l.dates[d] {
		return 0
	}
	return d
}

func dateOf(s string) uint32 {
	s = strings.TrimSpace(s)
	if len(s) > 10 && (s[10] == 'T' || s[10] == ' ') {
		s = s[:10]
	}
	if len(s) == 10 && (s[2] == '/' || s[2] == '-' || s[2] == '.') {
		s = s[6:] + s[3:5] + s[:2]
	}
	s = kept(s, false)
	if len(s) != 8 {
		return 0
	}
	d := uint32(0)
	for i := range s {
		d = d*10 + uint32(s[i]-'0')
	}
	y, m, day := d/10000, d/100%100, d%100
	if y < 1850 || y > 2200 || m < 1 || m > 12 || day < 1 || day > 31 {
		return 0
	}
	return d
}

func sexOf(s string) byte {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "m", "male", "1":
		return 'M'
	case "f", "female", "2":
		return 'F'
	}
	return 0
}

// postcode packs a British postcode as outcode and inward code, four bytes
// each; another country's stands where the outcode does.
func (l *Lexicon) postcode(s string) uint64 {
	p := kept(s, true)
	for _, j := range l.posts {
		if strings.HasPrefix(p, j) {
			return 0
		}
	}
	if len(p) < 2 || len(p) > 8 {
		return 0
	}
	out, in := p, ""
	if n := len(p); n >= 5 && n <= 7 && digit(p[n-3]) && !digit(p[n-2]) && !digit(p[n-1]) {
		out, in = p[:n-3], p[n-3:]
	}
	var b [8]byte
	if in == "" {
		copy(b[:], out)
	} else {
		copy(b[:4], out)
		copy(b[4:], in)
	}
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// kinds of road and dwelling tell nothing of where somebody lives.
const roadWords = " road rd street st avenue ave lane ln close drive dr way place pl court crescent flat apartment apt the "

func (l *Lexicon) address(s *Subject, r *Record) {
	s.town = textOf(strings.ReplaceAll(fold(r.Locality), " ", ""))
	line := fold(r.Address)
	if l.nowhere[strings.ReplaceAll(line, " ", "")] {
		return
	}
	n, numbers := 0, ""
	for _, w := range strings.Fields(line) {
		if digit(w[0]) {
			numbers += " " + w
			continue
		}
		if n < len(s.street) && !strings.Contains(roadWords, " "+w+" ") {
			s.street[n] = mark(w)
			n++
		}
	}
	s.house = mark(numbers)
}

func (l *Lexicon) contact(s *Subject, r *Record) {
	n := 0
	for _, p := range r.Phones {
		v := phoneOf(p)
		if v == 0 || n == len(s.phones) {
			continue
		}
		s.phones[n] = v
		n++
	}
	local, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(r.Email)), "@")
	if !ok || local == "" {
		return
	}
	local, _, _ = strings.Cut(local, "+")
	s.local, s.mail = textOf(local), mark(local+"@"+domain)
}

// phoneOf gives the last ten digits as a number, behind a 1; 0 if there are
// fewer than nine or all are one digit.
func phoneOf(s string) uint64 {
	d := kept(s, false)
	if len(d) < 9 || strings.Count(d, d[len(d)-1:]) >= len(d)-1 {
		return 0
	}
	if len(d) > 10 {
		d = d[len(d)-10:]
	}
	v := uint64(1)
	for i := range d {
		v = v*10 + uint64(d[i]-'0')
	}
	return v
}

func (s *Subject) identify(r *Record) {
	if d := kept(r.NHS, true); len(d) == 10 && strings.Count(d, d[:1]) < 10 && d != "1234567890" {
		copy(s.nhs[:], d)
		if _, err := uk.ParseNHSNumber(d); err == nil {
			s.flags |= validNHS
		}
	}
	s.keeper = mark(r.Keeper)
	n := 0
	for _, id := range r.Numbers {
		v := kept(id.Value, true)
		if s.keeper == 0 && v != "" { // a table has a column for each trust, and fills one
			s.keeper = mark(id.Scope)
		}
		if n == len(s.number) || len(v) < 4 || strings.Count(v, v[:1]) == len(v) {
			continue
		}
		s.number[n] = code{max(mark(id.Scope), 1), mark(v), textOf(v)}
		n++
	}
}
