package fhirpath

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"concord/fault"
)

type tokenKind uint8

const (
	endToken tokenKind = iota
	nameToken
	quotedNameToken // `name`
	stringToken
	numberToken
	dateToken   // @…, without the @
	symbolToken // operators and brackets
)

type token struct {
	kind tokenKind
	text string
	at   int
}

// lexer cuts the source into tokens
// (http://hl7.org/fhirpath/N1/#lexical-elements).
type lexer struct {
	src string
	i   int
}

func syntaxError(at int, text string) error {
	return fault.New(fault.Invalid, "fhirpath.syntax", "%s", text).In("offset " + strconv.Itoa(at))
}

func lex(src string) ([]token, error) {
	l := lexer{src: src}
	var out []token
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		out = append(out, t)
		if t.kind == endToken {
			return out, nil
		}
	}
}

func (l *lexer) next() (token, error) {
	if err := l.space(); err != nil {
		return token{}, err
	}
	at := l.i
	if at >= len(l.src) {
		return token{endToken, "", at}, nil
	}
	switch c := l.src[at]; {
	case isLetter(c):
		for l.i < len(l.src) && (isLetter(l.src[l.i]) || isDigit(l.src[l.i])) {
			l.i++
		}
		return token{nameToken, l.src[at:l.i], at}, nil
	case isDigit(c):
		return l.number(), nil
	case c == '\'':
		text, err := l.quoted('\'')
		return token{stringToken, text, at}, err
	case c == '`' || c == '"':
		text, err := l.quoted(c)
		return token{quotedNameToken, text, at}, err
	case c == '@':
		return l.date()
	}
	return l.symbol()
}

func (l *lexer) space() error {
	for l.i < len(l.src) {
		rest := l.src[l.i:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.i++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexAny(rest, "\r\n")
			if end < 0 {
				end = len(rest)
			}
			l.i += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return syntaxError(l.i, "the comment is not closed")
			}
			l.i += end + 4
		default:
			return nil
		}
	}
	return nil
}

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (l *lexer) number() token {
	at := l.i
	l.digits()
	if l.i+1 < len(l.src) && l.src[l.i] == '.' && isDigit(l.src[l.i+1]) {
		l.i++
		l.digits()
	}
	return token{numberToken, l.src[at:l.i], at}
}

func (l *lexer) digits() {
	for l.i < len(l.src) && isDigit(l.src[l.i]) {
		l.i++
	}
}

// date reads @2015-02-04T14:34:28.123+10:00, its shorter forms, and @T14:34.
// What stands there is judged when the literal is made.
func (l *lexer) date() (token, error) {
	at := l.i
	l.i++
	from := l.i
	clock := false
	for ; l.i < len(l.src); l.i++ {
		c := l.src[l.i]
		switch {
		case isDigit(c), c == '-' && l.dateMark(from, clock), c == ':':
			continue
		case c == 'T' && !clock:
			clock = true
			continue
		case clock && (c == '+' && l.dateMark(from, clock) || c == 'Z' && l.src[from] != 'T'):
			continue
		case c == '.' && clock && l.i+1 < len(l.src) && isDigit(l.src[l.i+1]):
			continue
		}
		break
	}
	if from == l.i {
		return token{}, syntaxError(at, "a date or time is expected after @")
	}
	return token{dateToken, l.src[from:l.i], at}, nil
}

// dateMark tells whether a sign belongs to the literal: it does when two digits
// follow, and for an offset when a full one follows and the clock has begun.
func (l *lexer) dateMark(from int, clock bool) bool {
	rest := l.src[l.i+1:]
	if len(rest) < 2 || !isDigit(rest[0]) || !isDigit(rest[1]) {
		return false
	}
	if !clock {
		return true
	}
	return l.src[from] != 'T' && len(rest) >= 5 && rest[2] == ':'
}

func (l *lexer) symbol() (token, error) {
	at := l.i
	rest := l.src[at:]
	for _, s := range [...]string{"<=", ">=", "!=", "!~"} {
		if strings.HasPrefix(rest, s) {
			l.i += 2
			return token{symbolToken, s, at}, nil
		}
	}
	if strings.IndexByte("+-*/&|<>=~.,()[]{}$%", rest[0]) < 0 {
		return token{}, syntaxError(at, "an unexpected character")
	}
	l.i++
	return token{symbolToken, rest[:1], at}, nil
}

// quoted reads a string or delimited name with its escapes.
func (l *lexer) quoted(mark byte) (string, error) {
	at := l.i
	l.i++
	var b strings.Builder
	for l.i < len(l.src) {
		c := l.src[l.i]
		switch {
		case c == mark:
			l.i++
			return b.String(), nil
		case c == '\\':
			if err := l.escape(&b); err != nil {
				return "", err
			}
		default:
			_, n := utf8.DecodeRuneInString(l.src[l.i:])
			b.WriteString(l.src[l.i : l.i+n])
			l.i += n
		}
	}
	return "", syntaxError(at, "the text is not closed")
}

func (l *lexer) escape(b *strings.Builder) error {
	if l.i+1 >= len(l.src) {
		return syntaxError(l.i, "the text is not closed")
	}
	c := l.src[l.i+1]
	if c == 'u' {
		if l.i+6 > len(l.src) {
			return syntaxError(l.i, "\\u needs four hexadecimal digits")
		}
		r, err := strconv.ParseUint(l.src[l.i+2:l.i+6], 16, 32)
		if err != nil {
			return syntaxError(l.i, "\\u needs four hexadecimal digits")
		}
		b.WriteRune(rune(r))
		l.i += 6
		return nil
	}
	at := strings.IndexByte("rntf", c)
	switch {
	case at >= 0:
		b.WriteByte("\r\n\t\f"[at])
	case strings.IndexByte("'\"`\\/", c) >= 0:
		b.WriteByte(c)
	default:
		// The regular expressions of R4's own invariants hold escapes such as
		// '\.'; the backslash is kept for them.
		b.WriteByte('\\')
		b.WriteByte(c)
	}
	l.i += 2
	return nil
}
