package harmonise

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
	"concord/standard/match"
	"concord/standard/ucum"
)

// Suggestion is an entry of the domain that a code of the joiner's may be.
type Suggestion struct {
	Target Entry `json:"target"`
	// Score is how much speaks for it, from 0 to 100. It orders suggestions, and
	// is no probability.
	Score   int      `json:"score"`
	Reasons []string `json:"reasons"`
	Against []string `json:"against,omitempty"` // to look at before deciding
	exact   bool     // the same national code, and nothing against it
}

// subject is a code of the joiner's with what is known of it.
type subject struct {
	Entry
	units []string // as sent, of a result
}

// suggester finds suggestions for one organisation.
type suggester struct {
	words  *words
	domain *Domain
	ucumOf func(unit string) string // UCUM code of a unit of the joiner's, "" = not known
	drugs  []drug                   // by number of the domain's drugs
	names  map[Kind][][]string      // tokens of the domain's names
	maps   map[CodingOf][]Coding    // of ConceptMaps that the record has
}

// CodingOf is a code of a kind.
type CodingOf struct {
	Kind Kind
	Coding
}

func newSuggester(d *Domain, ucumOf func(string) string, maps map[CodingOf][]Coding) *suggester {
	s := &suggester{words: readWords(), domain: d, ucumOf: ucumOf, names: map[Kind][][]string{}, maps: maps}
	for kind, list := range d.entries {
		for _, e := range list {
			s.names[kind] = append(s.names[kind], s.words.tokens(kind, e.Name))
			if kind == onboard.Drugs {
				s.drugs = append(s.drugs, s.words.drugOf(e.Name))
			}
		}
	}
	return s
}

const (
	leastScore      = 50
	mostSuggestions = 5
	leastAlike      = 0.6
)

// suggest gives the likeliest entries of the domain, the best first, and the
// names of drugs that only look alike.
func (s *suggester) suggest(x subject) (out []Suggestion, lookAlikes []string) {
	own, of := s.words.tokens(x.Kind, x.Name), drug{}
	if x.Kind == onboard.Drugs {
		of = s.words.drugOf(x.Name)
	}
	for i := range s.domain.entries[x.Kind] {
		e := &s.domain.entries[x.Kind][i]
		if x.Kind == onboard.Drugs && of.looksLike(s.drugs[i]) {
			lookAlikes = append(lookAlikes, e.Name)
		}
		p := &pleading{rest: 1}
		s.compare(p, x, e, own, s.names[x.Kind][i])
		if x.Kind == onboard.Drugs {
			s.compareDrugs(p, of, s.drugs[i])
		}
		if score := int(100*(1-p.rest) + 0.5); !p.no && score >= leastScore {
			out = append(out, Suggestion{*e, score, p.pro, p.con, p.exact && len(p.con) == 0})
		}
	}
	slices.SortStableFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(len(a.Against), len(b.Against)), strings.Compare(a.Target.Code, b.Target.Code))
	})
	slices.Sort(lookAlikes)
	return out[:min(mostSuggestions, len(out))], slices.Compact(lookAlikes)
}

// pleading gathers what speaks for and against a pair.
type pleading struct {
	rest     float64 // 1 less what speaks for it
	pro, con []string
	no       bool // it is refused
	exact    bool
}

func (p *pleading) says(strength float64, format string, args ...any) {
	p.rest *= 1 - strength
	p.pro = append(p.pro, fmt.Sprintf(format, args...))
}

func (p *pleading) warns(format string, args ...any) {
	p.con = append(p.con, fmt.Sprintf(format, args...))
}

func (s *suggester) compare(p *pleading, x subject, e *Entry, own, other []string) {
	s.compareCodes(p, x, e)
	switch a := s.domain.words[x.Kind].alike(own, other); {
	case x.Name != "" && slices.Equal(own, other) && match.Fold(x.Name) == match.Fold(e.Name):
		p.says(0.8, "the same name")
	case x.Name != "" && slices.Equal(own, other):
		p.says(0.75, "the same name, written out: %s", strings.Join(other, " "))
	case a >= leastAlike:
		p.says(0.7*a, "a name %.0f%% alike", 100*a)
	case (x.Kind == onboard.Wards || x.Kind == onboard.Clinics) && within(other, own):
		p.says(0.5, "its name holds the other")
	case x.Kind == onboard.Staff && s.initials(own, other):
		p.says(0.5, "the same family name and initial")
	}
	if x.Code == e.Code && !isNational(e.System) {
		p.says(0.3, "the same local code")
	}
	if x.Kind == onboard.Units && unitText(x.Code) == unitText(e.Code) && x.Code != e.Code {
		p.says(0.8, "the same unit, written otherwise")
	}
	if x.Kind == onboard.Results || x.Kind == Orders || x.Kind == onboard.Alerts {
		if !slices.Equal(decisive(own), decisive(other)) {
			p.warns("a letter or number of the name differs")
			p.no = p.no || !p.exact
		}
	}
	if x.Kind == onboard.Results {
		if !slices.Equal(s.words.specimens(own), s.words.specimens(other)) {
			p.warns("one name says of what or when, the other does not")
			p.no = p.no || !p.exact
		}
		s.compareUnits(p, x, e)
	}
	if len(p.pro) == 0 { // a place alone makes no suggestion
		return
	}
	if x.Specialty != "" && x.Specialty == e.Specialty {
		p.says(0.3, "the same specialty (%s)", e.Specialty)
	} else if x.Specialty != "" && e.Specialty != "" {
		p.warns("another specialty: %s, not %s", x.Specialty, e.Specialty)
	}
	if x.Site != "" && x.Site == e.Site {
		p.says(0.2, "the same site (%s)", e.Site)
	} else if x.Site != "" && e.Site != "" {
		p.warns("another site: %s, not %s", x.Site, e.Site)
	}
}

func (s *suggester) compareCodes(p *pleading, x subject, e *Entry) {
	mine, theirs := x.nationals(), e.nationals()
	for _, c := range mine {
		for _, o := range theirs {
			switch {
			case c == o:
				p.exact = true
				p.says(0.95, "the same national code (%s %s)", systemName(c.System), c.Code)
			case c.System == o.System && x.Kind != onboard.Units:
				p.warns("another national code: %s, not %s", c.Code, o.Code)
			}
		}
	}
	if x.Kind == onboard.Staff && !p.exact && len(mine) > 0 && len(theirs) > 0 {
		p.no = true // two consultants of one name
	}
	for _, c := range s.maps[CodingOf{x.Kind, x.coding()}] {
		if c == e.coding() || c == e.National {
			p.says(0.8, "a ConceptMap of the record says so")
		}
	}
}

// compareUnits refuses a test whose unit the values do not convert into.
func (s *suggester) compareUnits(p *pleading, x subject, e *Entry) {
	for _, sent := range x.units {
		if sent == "" || e.Unit == "" {
			continue
		}
		from := s.ucumOf(sent)
		if from == "" {
			p.warns("the unit %s is not mapped yet", sent)
			continue
		}
		f, ok := ucum.ConvertMolar(from, e.Unit, crosswalk.MassOf(e.MolarMass))
		switch {
		case !ok:
			p.no = true
			return
		case f.Cmp(oneRat()) != 0:
			p.warns("values are converted: 1 %s = %s %s", from, factorText(f), e.Unit)
		case len(p.pro) > 0:
			p.says(0.15, "the same unit (%s)", e.Unit)
		}
	}
}

func oneRat() *big.Rat { return big.NewRat(1, 1) }

// factorText is a factor in six significant digits.
func factorText(f *big.Rat) string {
	v, _ := f.Float64()
	return fmt.Sprintf("%.6g", v)
}

// compareDrugs refuses another product, whatever its name or code.
func (s *suggester) compareDrugs(p *pleading, a, b drug) {
	why, grave := a.differs(b)
	switch {
	case why == "":
		switch {
		case len(a.strengths) > 0 && len(b.strengths) > 0 && len(a.forms) > 0 && len(b.forms) > 0:
			p.says(0.75, "the same substance, strength and form (%s, %s)", strings.Join(a.strengths, ", "), strings.Join(a.forms, " "))
		case len(a.strengths) > 0 && len(b.strengths) > 0:
			p.says(0.5, "the same substance and strength (%s)", strings.Join(a.strengths, ", "))
		}
		if !slices.Equal(a.salts, b.salts) {
			p.warns("the salt is named differently")
		}
	case grave || !p.exact:
		p.no = true
	default: // the same national code under another name: somebody must look
		p.warns("%s", why)
	}
}

// within tells that all words of one name are in the other.
func within(a, b []string) bool {
	return len(a) > 0 && !slices.ContainsFunc(a, func(t string) bool { return !slices.Contains(b, t) })
}

// initials tells two names of people of one family name, of which one has the
// given name's first letter alone.
func (s *suggester) initials(a, b []string) bool {
	title := func(t string) bool { return slices.Contains(s.words.Titles, t) }
	a, b = slices.DeleteFunc(slices.Clone(a), title), slices.DeleteFunc(slices.Clone(b), title)
	if len(a) != 2 || len(b) != 2 {
		return false
	}
	for _, family := range a {
		if len(family) < 2 || !slices.Contains(b, family) {
			continue
		}
		x, y := other(a, family), other(b, family)
		return x[0] == y[0] && (len(x) == 1 || len(y) == 1)
	}
	return false
}

func other(two []string, not string) string {
	if two[0] == not {
		return two[1]
	}
	return two[0]
}

// unitText is a unit without what its writing alone differs in.
func unitText(s string) string {
	s = strings.NewReplacer("µ", "u", "μ", "u", " ", "", "^", "*", "×", "", "mm[Hg]", "mmHg", "[IU]", "IU", "[iU]", "IU").Replace(s)
	s = strings.ToLower(s)
	if strings.HasPrefix(s, "x10") || strings.HasPrefix(s, "*10") {
		s = s[1:]
	}
	return strings.NewReplacer("10e9", "10*9", "10e12", "10*12", "secs", "s", "sec", "s").Replace(s)
}

// systemName is what a system is called.
func systemName(system string) string {
	switch system {
	case "http://loinc.org":
		return "LOINC"
	case "http://snomed.info/sct":
		return "SNOMED CT"
	case crosswalk.DMD:
		return "dm+d"
	case unitSystem:
		return "UCUM"
	case TreatmentFunction:
		return "treatment function"
	case "https://fhir.hl7.org.uk/Id/consultant-code":
		return "consultant code"
	}
	return system
}
