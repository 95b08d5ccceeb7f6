package fhirpath

import (
	"strings"
	"unicode/utf8"
)

// String manipulation (http://hl7.org/fhirpath/N1/#string-manipulation).
// Positions count characters, not bytes.

// texts takes the input and the first argument, both one text at most.
func texts(m *machine, c call) (s, arg string, ok bool, err error) {
	s, ok, err = text(c.in(m))
	if err != nil {
		return
	}
	arg, ok2, err := text(c.arg(m, 0))
	return s, arg, ok && ok2, err
}

func startsWith(m *machine, c call) error { return m.compareTexts(c, strings.HasPrefix) }
func endsWith(m *machine, c call) error   { return m.compareTexts(c, strings.HasSuffix) }
func contains(m *machine, c call) error   { return m.compareTexts(c, strings.Contains) }

func (m *machine) compareTexts(c call, holds func(s, part string) bool) error {
	s, part, ok, err := texts(m, c)
	if err != nil || !ok {
		return err
	}
	return m.push(booleanItem(holds(s, part)))
}

func indexOf(m *machine, c call) error     { return m.findText(c, strings.Index) }
func lastIndexOf(m *machine, c call) error { return m.findText(c, strings.LastIndex) }

func (m *machine) findText(c call, find func(s, part string) int) error {
	s, part, ok, err := texts(m, c)
	if err != nil || !ok {
		return err
	}
	at := find(s, part)
	if at > 0 {
		at = utf8.RuneCountInString(s[:at])
	}
	return m.push(integerItem(int64(at)))
}

func substring(m *machine, c call) error {
	s, ok, err := text(c.in(m))
	if err != nil || !ok {
		return err
	}
	start, ok, err := integer(c.arg(m, 0))
	if err != nil || !ok {
		return err
	}
	length, limited, err := integer(c.arg(m, 1))
	if err != nil || c.args > 1 && !limited && len(c.arg(m, 1)) > 0 {
		return err
	}
	from, ok := runeOffset(s, start)
	if !ok || from >= len(s) {
		return nil
	}
	s = s[from:]
	if limited {
		if to, ok := runeOffset(s, max(length, 0)); ok {
			s = s[:to]
		}
	}
	return m.pushText(s)
}

// runeOffset finds the byte at which the n-th character begins.
func runeOffset(s string, n int) (int, bool) {
	if n < 0 {
		return 0, false
	}
	for at := range s {
		if n == 0 {
			return at, true
		}
		n--
	}
	return len(s), n == 0
}

func length(m *machine, c call) error {
	s, ok, err := text(c.in(m))
	if err != nil || !ok {
		return err
	}
	return m.push(integerItem(int64(utf8.RuneCountInString(s))))
}

func upper(m *machine, c call) error { return m.changeText(c, strings.ToUpper) }
func lower(m *machine, c call) error { return m.changeText(c, strings.ToLower) }
func trim(m *machine, c call) error  { return m.changeText(c, strings.TrimSpace) }

func (m *machine) changeText(c call, change func(string) string) error {
	s, ok, err := text(c.in(m))
	if err != nil || !ok {
		return err
	}
	return m.pushText(change(s))
}

func replace(m *machine, c call) error {
	s, old, ok, err := texts(m, c)
	if err != nil || !ok {
		return err
	}
	with, ok, err := text(c.arg(m, 1))
	if err != nil || !ok {
		return err
	}
	// The size is known before the text is made.
	n := strings.Count(s, old)
	if size := len(s) + n*(len(with)-len(old)); size > maxText {
		return errSize()
	}
	return m.pushText(strings.ReplaceAll(s, old, with))
}

func toChars(m *machine, c call) error {
	s, ok, err := text(c.in(m))
	if err != nil || !ok {
		return err
	}
	for at, r := range s {
		if err := m.push(stringItem(s[at : at+max(1, utf8.RuneLen(r))])); err != nil {
			return err
		}
	}
	return nil
}

func split(m *machine, c call) error {
	s, by, ok, err := texts(m, c)
	if err != nil || !ok {
		return err
	}
	for part := range strings.SplitSeq(s, by) {
		if err := m.push(stringItem(part)); err != nil {
			return err
		}
	}
	return nil
}

func join(m *machine, c call) error {
	by, _, err := text(c.arg(m, 0))
	if err != nil || len(c.in(m)) == 0 {
		return err
	}
	var b strings.Builder
	for i := range c.in(m) {
		s, _, err := text(c.in(m)[i : i+1])
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteString(by)
		}
		b.WriteString(s)
		if b.Len() > maxText {
			return errSize()
		}
	}
	return m.pushText(b.String())
}
