package match

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const textSize = 15

// text is the beginning of a short string, kept without a pointer.
type text struct {
	n uint8
	b [textSize]byte
}

func textOf(s string) text {
	var t text
	t.n = uint8(copy(t.b[:], s))
	return t
}

func (t *text) String() string { return string(t.b[:t.n]) }

// mark is FNV-1a of 32 bits, never 0 for a string that is not empty.
func mark(s string) uint32 {
	if s == "" {
		return 0
	}
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return max(h, 1)
}

// letters signs the letters of a string in any order: the sum of a mark of
// each. Two names have one signature if they are the same letters.
func letters(s string) uint32 {
	sum := uint32(0)
	for i := 0; i < len(s); i++ {
		h := (uint32(s[i]) + 1) * 2654435761
		h ^= h >> 15
		sum += h * 2246822519
	}
	return sum
}

// fold gives lower case without accents; what is neither letter nor digit
// becomes a single space. Apostrophes join: O'Brien is obrien.
func fold(s string) string {
	if folded(s) {
		return s
	}
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '`':
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			writeLetter(&b, unicode.ToLower(r))
		default:
			gap = true
		}
	}
	return b.String()
}

// writeLetter spells out the letters that have no decomposition.
func writeLetter(b *strings.Builder, r rune) {
	switch r {
	case 'ß':
		b.WriteString("ss")
	case 'æ':
		b.WriteString("ae")
	case 'ø':
		b.WriteByte('o')
	case 'ł':
		b.WriteByte('l')
	case 'đ', 'ð':
		b.WriteByte('d')
	case 'þ':
		b.WriteString("th")
	case 'ı':
		b.WriteByte('i')
	default:
		b.WriteRune(r)
	}
}

func folded(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// kept gives the characters of s that are digits, or digits and letters in
// upper case.
func kept(s string, alpha bool) string {
	b := make([]byte, 0, 16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if '0' <= c && c <= '9' || alpha && 'A' <= c && c <= 'Z' {
			b = append(b, c)
		}
	}
	return string(b)
}

// Soundex is that code of a folded word (US National Archives,
// https://www.archives.gov/research/census/soundex); "" if it begins with no
// Latin letter.
func Soundex(s string) string {
	const codes = "01230120022455012623010202"
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return ""
	}
	out := []byte{s[0], '0', '0', '0'}
	last, n := codes[s[0]-'a'], 1
	for i := 1; i < len(s) && n < 4; i++ {
		if s[i] < 'a' || s[i] > 'z' {
			continue
		}
		c := codes[s[i]-'a']
		if c != '0' && c != last {
			out[n] = c
			n++
		}
		if s[i] != 'h' && s[i] != 'w' {
			last = c
		}
	}
	return string(out)
}
