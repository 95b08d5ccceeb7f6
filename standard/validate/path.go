package validate

import (
	"strconv"
	"strings"

	"concord/standard/fhir"
)

// step is one name of the path to the value at hand.
type step struct {
	name  string
	index int    // place in an array, or -1
	typ   string // of a choice

	of     *fhir.Structure // what its values are
	holder *fhir.Value     // the object that has it
}

// maxSteps leaves room for the root and for a name below the deepest value.
const maxSteps = fhir.MaxDepth + 8

// push reports false when the document is nested too deeply.
func (c *check) push(s step) bool {
	if c.depth == maxSteps {
		return false
	}
	c.path[c.depth] = s
	c.depth++
	return true
}

func (c *check) pop() { c.depth-- }

// expression writes the path in FHIRPath: Patient.name[0].given[1],
// Observation.value.ofType(Quantity).unit.
func (c *check) expression() string {
	var b strings.Builder
	for i := range c.path[:c.depth] {
		s := &c.path[i]
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.name)
		if s.typ != "" {
			b.WriteString(".ofType(" + s.typ + ")")
		}
		if s.index >= 0 {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		}
	}
	return b.String()
}

func (c *check) done() bool { return c.stopped || c.failed || len(c.issues) >= MaxIssues }

// report notes that the value at hand breaks a rule.
func (c *check) report(rule, text string) { c.add("error", rule, text) }

// warn notes what is wrong but does no harm.
func (c *check) warn(rule, text string) { c.add("warning", rule, text) }

func (c *check) add(severity, rule, text string) { c.addAs(severity, issueTypes[rule], rule, text) }

// note is add for what only Validate reports.
func (c *check) note(severity, rule, text string) {
	if c.full {
		c.add(severity, rule, text)
	}
}

func (c *check) addAs(severity, code, rule, text string) {
	if c.done() {
		return
	}
	if c.quiet > 0 {
		c.failed = c.failed || severity == "error"
		return
	}
	c.issues = append(c.issues, fhir.Issue{
		Severity: severity, Code: code, Detail: rule, Text: text, Expression: c.expression(),
	})
}

// reportAt is report for a member of the value at hand.
func (c *check) reportAt(name, rule, text string) {
	pushed := isName(name) && c.push(step{name: name, index: -1})
	c.report(rule, text)
	if pushed {
		c.pop()
	}
}

// isName tells whether a member name may be repeated in an expression: what is
// no name may be anything, patient data included.
func isName(s string) bool {
	if s == "" || len(s) > 64 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '_' && !isDigit(c) && !isLetter(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
