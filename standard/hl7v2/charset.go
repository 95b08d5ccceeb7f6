package hl7v2

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// windows1252 is what senders in these islands mean when they declare nothing
// and write bytes that are not UTF-8.
const windows1252 = "windows-1252"

// named gives the decoder of a name of table 0211, or of a name of the web's
// encoding list, which senders write as well. ok is false for names unknown.
func named(name string) (enc encoding.Encoding, ok bool) {
	switch name {
	case "8859/1":
		return charmap.ISO8859_1, true
	case "8859/2":
		return charmap.ISO8859_2, true
	case "8859/3":
		return charmap.ISO8859_3, true
	case "8859/4":
		return charmap.ISO8859_4, true
	case "8859/5":
		return charmap.ISO8859_5, true
	case "8859/6":
		return charmap.ISO8859_6, true
	case "8859/7":
		return charmap.ISO8859_7, true
	case "8859/8":
		return charmap.ISO8859_8, true
	case "8859/9":
		return charmap.ISO8859_9, true
	case "8859/15":
		return charmap.ISO8859_15, true
	}
	if rest, found := strings.CutPrefix(name, "GB 18030"); found && len(rest) <= 5 {
		name = "gb18030"
	}
	enc, err := htmlindex.Get(name)
	return enc, err == nil
}

// utf8Name tells the ways in which senders write UTF-8.
func utf8Name(name string) bool {
	switch strings.ToUpper(name) {
	case "UNICODE UTF-8", "UNICODE", "UTF-8", "UTF8", "UNICODE UTF8":
		return true
	}
	return false
}

// asciiName tells the declarations that promise seven bits.
func asciiName(name string) bool {
	switch strings.ToUpper(name) {
	case "", "ASCII", "US-ASCII", "ISO IR6":
		return true
	}
	return false
}

// widen turns UTF-16, told by its first bytes, into UTF-8.
func (m *Message) widen(body []byte) []byte {
	var order unicode.Endianness
	switch {
	case bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("M\x00S\x00H\x00")):
		order = unicode.LittleEndian
	case bytes.HasPrefix(body, []byte("\xfe\xff")), bytes.HasPrefix(body, []byte("\x00M\x00S\x00H")):
		order = unicode.BigEndian
	default:
		return body
	}
	if text, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(body); err == nil && bytes.HasPrefix(text, []byte("MSH")) {
		m.charset = "UNICODE UTF-16"
		return text
	}
	return body
}

// decode gives the message as UTF-8 by MSH-18 (table 0211). What is not valid
// in the declared set is read as windows-1252, with a warning.
func (m *Message) decode(body []byte) string {
	if m.charset != "" {
		return string(body)
	}
	declared := m.declared(body)
	if ascii(body) && (asciiName(declared) || utf8Name(declared)) {
		m.charset = "ASCII"
		if utf8Name(declared) {
			m.charset = "UNICODE UTF-8"
		}
		return string(body)
	}
	if asciiName(declared) || utf8Name(declared) {
		return m.decodeOpen(body, declared)
	}
	enc, known := named(declared)
	if !known {
		m.warn("MSH-18 names a character set that is not known")
		return m.decodeOpen(body, "")
	}
	if declared == "8859/1" && hasC1(body) {
		m.warn("bytes outside 8859/1 were read as windows-1252")
		m.charset = windows1252
		return fromWindows1252(body)
	}
	return m.decodeAs(body, enc, declared)
}

// decodeOpen reads a message that declares nothing, ASCII or UTF-8.
func (m *Message) decodeOpen(body []byte, declared string) string {
	if utf8.Valid(body) {
		if m.charset = "UNICODE UTF-8"; declared != "" && asciiName(declared) {
			m.warn("MSH-18 declares ASCII, the text is UTF-8")
		}
		return string(body)
	}
	m.warn("bytes that are not in the declared character set were read as windows-1252")
	m.charset = windows1252
	return fromWindows1252(body)
}

func (m *Message) decodeAs(body []byte, enc encoding.Encoding, name string) string {
	text, err := enc.NewDecoder().Bytes(body)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		m.warn("bytes that are not in the declared character set were read as windows-1252")
		m.charset = windows1252
		return fromWindows1252(body)
	}
	m.charset = name
	return string(text)
}

// declared reads MSH-18 before the text is decoded; its first repetition is
// the set of the whole message.
func (m *Message) declared(body []byte) string {
	line := body
	if i := bytes.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	}
	for n := 1; n < 18; n++ {
		i := bytes.IndexByte(line, m.delims.Field)
		if i < 0 {
			return ""
		}
		line = line[i+1:]
	}
	if i := bytes.IndexByte(line, m.delims.Field); i >= 0 {
		line = line[:i]
	}
	if i := bytes.IndexByte(line, m.delims.Repetition); i >= 0 {
		line = line[:i]
	}
	return strings.TrimSpace(string(line))
}

// encode writes UTF-8 text in the message's own character set, so that an
// answer reads well where the message came from. What has no single-byte or
// multi-byte form there (UTF-16) stays UTF-8.
func encode(text, charset string) []byte {
	if enc, ok := named(charset); ok && !strings.HasPrefix(strings.ToLower(charset), "utf-16") {
		if b, err := encoding.ReplaceUnsupported(enc.NewEncoder()).Bytes([]byte(text)); err == nil {
			return b
		}
	}
	return []byte(text)
}

func ascii(b []byte) bool {
	const high = 0x8080808080808080
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&high != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// fromWindows1252 reads any bytes at all: the five that the set leaves open
// become the control characters of the same number, as browsers read them.
func fromWindows1252(b []byte) string {
	var s strings.Builder
	s.Grow(len(b) + len(b)/8)
	for _, c := range b {
		r := charmap.Windows1252.DecodeByte(c)
		if r == utf8.RuneError {
			r = rune(c)
		}
		s.WriteRune(r)
	}
	return s.String()
}

func hasC1(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 && c < 0xa0 {
			return true
		}
	}
	return false
}
