package fhirpath

import (
	"regexp"
	"strconv"

	"concord/fault"
)

// textForm makes the code of the functions that take a regular expression. One
// that stands in the source is compiled once. Matching is RE2: its time grows
// with the text only. A dot matches line ends too
// (http://hl7.org/fhirpath/N1/#matchesregex--string--boolean).
func textForm(t *tree, in code, args []code) (code, bool) {
	switch {
	case t.name == "matches" && len(args) == 1:
		return matching(in, newPattern(t.args[0], args[0], "(?s:", ")")), true
	case t.name == "matchesFull" && len(args) == 1:
		return matching(in, newPattern(t.args[0], args[0], `\A(?s:`, `)\z`)), true
	case t.name == "replaceMatches" && len(args) == 2:
		return replacing(in, newPattern(t.args[0], args[0], "(?s:", ")"), args[1]), true
	}
	return code{}, false
}

// pattern is a regular expression of the source, or one that is only known at
// evaluation.
type pattern struct {
	fixed         *matcher
	source        code
	before, after string
}

// matcher is a compiled regular expression. What it costs grows with its
// weight: roughly, the number of its instructions.
type matcher struct {
	*regexp.Regexp
	weight int
}

func newPattern(t *tree, source code, before, after string) pattern {
	p := pattern{source: source, before: before, after: after}
	if t.form == literalForm && t.lit.kind == stringKind {
		p.fixed, _ = p.compile(t.lit.str())
	}
	return p
}

// Bounds of a regular expression: its bytes, and the sum of its counted
// repetitions, each of which copies what it repeats.
const (
	maxPattern     = 4 << 10
	maxRepetitions = 5000
)

var repetition = regexp.MustCompile(`\{(?:\d*,)?(\d+),?\}`)

func (p pattern) compile(s string) (*matcher, error) {
	weight := len(s) + 1
	for _, r := range repetition.FindAllStringSubmatch(s, -1) {
		n, err := strconv.Atoi(r[1])
		if err != nil {
			n = maxRepetitions
		}
		weight += n
	}
	if len(s) > maxPattern || weight > maxPattern+maxRepetitions {
		return nil, errSize()
	}
	re, err := regexp.Compile(p.before + s + p.after)
	if err != nil {
		return nil, fault.New(fault.Invalid, "fhirpath.regex", "this is no regular expression that is known here")
	}
	return &matcher{re, weight}, nil
}

// of gives the regular expression, nil when it is empty.
func (p pattern) of(m *machine) (*matcher, error) {
	if p.fixed != nil {
		return p.fixed, nil
	}
	mark := len(m.stack)
	if err := p.source.push(m); err != nil {
		return nil, err
	}
	s, ok, err := text(m.stack[mark:])
	m.stack = m.stack[:mark]
	if err != nil || !ok {
		return nil, err
	}
	re, err := p.compile(s)
	if err != nil {
		return nil, err
	}
	return re, m.use(re.weight)
}

// search pays for running the expression over a text.
func (m *machine) search(re *matcher, s string) error {
	return m.use(len(s) * re.weight / 256)
}

// subject runs in, which must be one text at most.
func (m *machine) subject(in code) (string, bool, error) {
	mark := len(m.stack)
	if err := in.push(m); err != nil {
		return "", false, err
	}
	s, ok, err := text(m.stack[mark:])
	m.stack = m.stack[:mark]
	return s, ok, err
}

func matching(in code, p pattern) code {
	return testing(func(m *machine) (truth, error) {
		s, ok, err := m.subject(in)
		if err != nil {
			return unknown, err
		}
		re, err := p.of(m)
		if err != nil || !ok || re == nil {
			return unknown, err
		}
		if err := m.search(re, s); err != nil {
			return unknown, err
		}
		return truthOf(re.MatchString(s)), nil
	})
}

// backReference is how FHIRPath names a group in a replacement: $1, $name.
var backReference = regexp.MustCompile(`\$(\d+|\w+)`)

func replacing(in code, p pattern, with code) code {
	return pushing(func(m *machine) error {
		s, ok, err := m.subject(in)
		if err != nil {
			return err
		}
		re, err := p.of(m)
		if err != nil {
			return err
		}
		to, ok2, err := m.subject(with)
		if err != nil || !ok || re == nil || !ok2 {
			return err
		}
		// An empty pattern changes nothing.
		if re.String() == p.before+p.after {
			return m.pushText(s)
		}
		if err := m.search(re, s); err != nil {
			return err
		}
		out, err := replaced(re.Regexp, s, backReference.ReplaceAllString(to, "$${$1}"))
		if err != nil {
			return err
		}
		return m.pushText(out)
	})
}

// maxMatches is how many matches one replaceMatches may replace.
const maxMatches = 100_000

// replaced is ReplaceAllString with a limit on what it makes.
func replaced(re *regexp.Regexp, s, to string) (string, error) {
	var out []byte
	at := 0
	list := re.FindAllStringSubmatchIndex(s, maxMatches+1)
	if len(list) > maxMatches {
		return "", errSize()
	}
	for _, found := range list {
		out = append(out, s[at:found[0]]...)
		out = re.ExpandString(out, to, s, found)
		at = found[1]
		if len(out) > maxText {
			return "", errSize()
		}
	}
	return string(append(out, s[at:]...)), nil
}
