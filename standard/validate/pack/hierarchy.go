package pack

// Subsumes tells whether code a of a system is b, or stands above it. known is
// false when the system is not here, or lacks one of the codes.
// https://hl7.org/fhir/R4/codesystem.html#hierachy
func (p *Pack) Subsumes(url, a, b string) (yes, known bool) {
	s := p.systemOf(url)
	if s == nil || s.concept(a) == nil || s.concept(b) == nil {
		return false, false
	}
	return s.below(s.spelt(b), s.spelt(a), true, 0), true
}
