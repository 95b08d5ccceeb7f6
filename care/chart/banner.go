package chart

import (
	"strings"

	"concord/record"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// Banner identifies the person on every page of the record (CUI PAB).
type Banner struct {
	ID          string // of the person, or of the entry when the page shows one trust's entry alone
	Name        string // FAMILY, Given (Title)
	Short       string // FAMILY, Given
	Preferred   string
	Born        When
	Age         string
	Gender      string
	NHS         string // 3 3 4, or Not Known
	NHSStatus   string
	NHSVerified bool
	Deceased    bool
	Reported    bool     // the death was reported by a trust and is not known to be registered (informal)
	Differ      []string // particulars on which the trusts differ
	Died        When
	AgeAtDeath  string
	Address     []string
	Phone       string
	Email       string
	GP          string
	Numbers     []HospitalNumber
	EntryOf     *Organisation // set when the page shows one trust's entry alone
	Child       bool          // under 16: NEWS2 is not for them

	// The clinical zone; Clinical is false where the requester may not see it.
	Clinical  bool
	Allergies AllergyState
	Alerts    []Alert
	InPatient bool            // in hospital now
	News      *ObservationSet // of an in-patient: the newest set; nil = none received
	NewsAge   string          // "3 hours ago"
	NewsOld   bool            // too old to stand for the patient's state
}

// HospitalNumber is a trust's own number.
type HospitalNumber struct {
	Org    Organisation
	Number string
}

// Alert is a flag raised on the person.
type Alert struct {
	Text   string
	Source Source
}

// The sections that the clinical zone of the banner needs, first in every
// clinical query.
const (
	bannerAllergies = iota
	bannerFlags
	bannerStays
	bannerVitals
	bannerSections
)

// bannerSet is enough vital signs for the newest set of them, with what was
// measured beside it.
const bannerSet = 24

// BannerSections is the query of the clinical zone.
func BannerSections() []record.Section {
	return []record.Section{
		{Type: "AllergyIntolerance"},
		{Type: "Flag", Newest: 50},
		{Type: "Encounter", Where: "status=in-progress", Newest: 10},
		{Type: "Observation", Where: "category=vital-signs", Newest: bannerSet},
	}
}

// Banner reads the head of a chart that was asked with BannerSections first.
func (l Lens) Banner(c *record.Chart) *Banner {
	b := l.Identity(&c.Person)
	b.Clinical = true
	b.Allergies = l.allergyState(c)
	flags, _ := list(c, bannerFlags)
	for _, i := range flags {
		if i.Resource.StrAt("status") == "active" {
			b.Alerts = append(b.Alerts, Alert{fhir.ConceptText(i.Resource.Get("code")), l.source(i)})
		}
	}
	l.news(b, c)
	return b
}

// news reads the early-warning score of somebody who is in hospital now.
func (l Lens) news(b *Banner, c *record.Chart) {
	if b.Deceased || b.Child {
		return
	}
	stays, _ := list(c, bannerStays)
	for _, i := range stays {
		e := l.encounter(i)
		b.InPatient = b.InPatient || e.InPatient && e.Open
	}
	if !b.InPatient {
		return
	}
	items, _ := list(c, bannerVitals)
	sets := l.observationSets(items)
	for n := range sets {
		if sets[n].Scored() {
			b.News = &sets[n]
		}
	}
	if b.News != nil {
		age := l.Now.Sub(b.News.When.At)
		b.NewsAge, b.NewsOld = ago(age), age > newsCurrent
	}
}

// Identity reads the demographic zone alone: all that a receptionist sees.
func (l Lens) Identity(p *record.Person) *Banner {
	b := &Banner{ID: p.ID, Name: uk.DisplayName("", "", ""), NHS: NotKnown, Gender: NotKnown}
	if p.Entry != "" {
		b.ID = p.Entry
	}
	best := p.Best()
	if best == nil || best.Resource == nil {
		b.Short = b.Name
		return b
	}
	golden := p.Golden()
	r := golden.Patient
	n := fhir.BestName(r)
	b.Name = uk.DisplayName(n.Family, n.Given, n.Prefix)
	b.Short = uk.DisplayName(n.Family, n.Given, "")
	if n.Family == "" && n.Given == "" && n.Text != "" {
		b.Name, b.Short = n.Text, n.Text
	}
	b.Preferred = preferred(r, n)
	b.Gender = Gender(r)
	l.dates(b, r)
	b.Deceased, b.Reported = golden.Death.Dead, golden.Death.Dead && !golden.Death.Formal
	b.Differ = differing(&golden)
	l.nhs(b, p)
	l.contact(b, p, r)
	if p.Entry != "" {
		o := l.Orgs(best.Org)
		b.EntryOf = &o
	}
	return b
}

// differing names the particulars that tell who somebody is on which the trusts
// differ.
func differing(g *person.Golden) []string {
	var out []string
	for _, p := range []person.Particular{person.TheBirth, person.TheSex, person.TheDeath} {
		if f := g.Fact(p); f != nil && len(f.Others) > 0 {
			out = append(out, string(p))
		}
	}
	return out
}

// Gender in full (CUI current gender).
func Gender(r *fhir.Value) string {
	switch r.StrAt("gender") {
	case "male":
		return "Male"
	case "female":
		return "Female"
	case "other":
		return "Not Specified"
	}
	return NotKnown
}

func preferred(r *fhir.Value, shown fhir.Name) string {
	for n := range r.Get("name").Each() {
		if use := n.StrAt("use"); use == "nickname" || use == "usual" && n.StrAt("given.0") != "" {
			p := n.StrAt("given.0")
			if p == "" {
				p = n.StrAt("text")
			}
			if !strings.EqualFold(p, strings.Fields(shown.Given + " -")[0]) {
				return p
			}
		}
	}
	return ""
}

func (l Lens) dates(b *Banner, r *fhir.Value) {
	b.Born = l.when(r.StrAt("birthDate"))
	died := l.when(r.StrAt("deceasedDateTime"))
	b.Deceased = died.Known() || r.Get("deceasedBoolean").Bool()
	b.Died = died
	if !b.Born.Known() {
		return
	}
	born := b.Born.At.In(l.Zone)
	b.Child = uk.Years(born, l.Now.In(l.Zone)) < 16
	switch {
	case !b.Deceased:
		b.Age = uk.Age(born, l.Now.In(l.Zone))
	case died.Known():
		b.AgeAtDeath = uk.Age(born, died.At.In(l.Zone))
	}
}

// nhs takes the number from the entry with the best standing; the entries
// come best first.
func (l Lens) nhs(b *Banner, p *record.Person) {
	for _, e := range p.Entries {
		for id := range e.Resource.Get("identifier").Each() {
			if id.StrAt("system") != uk.NHSNumberSystem || id.StrAt("use") == "old" {
				continue
			}
			value := id.StrAt("value")
			n, err := uk.ParseNHSNumber(value)
			status := uk.VerificationStatus(fhir.Extension(id, uk.VerificationExtension).
				StrAt("valueCodeableConcept.coding.0.code"))
			switch {
			case err != nil:
				b.NHS, b.NHSStatus = value, "not a valid NHS number"
			case status == "":
				b.NHS, b.NHSStatus = n.String(), "status not given"
			default:
				b.NHS, b.NHSStatus, b.NHSVerified = n.String(), status.Display(), status == uk.Verified
			}
			if err == nil {
				return
			}
		}
	}
}

// contact takes where somebody lives and is reached from the best of what is
// said, and every trust's own number.
func (l Lens) contact(b *Banner, p *record.Person, best *fhir.Value) {
	b.Address = Address(person.HomeAddress(best))
	b.GP = refName(best, best.Path("generalPractitioner.0"))
	for t := range best.Get("telecom").Each() {
		switch v := t.StrAt("value"); t.StrAt("system") {
		case "phone", "sms":
			if b.Phone == "" {
				b.Phone = v
			}
		case "email":
			if b.Email == "" {
				b.Email = v
			}
		}
	}
	for _, e := range p.Entries {
		for _, n := range hospitalNumbers(e.Resource) {
			b.Numbers = append(b.Numbers, HospitalNumber{l.Orgs(e.Org), n})
		}
	}
}

// hospitalNumbers are the trust's own numbers on its entry.
func hospitalNumbers(r *fhir.Value) []string {
	var out, other []string
	for id := range r.Get("identifier").Each() {
		if id.StrAt("use") == "old" {
			continue
		}
		if _, ok := uk.HospitalNumberTrust(id.StrAt("system")); ok {
			out = append(out, id.StrAt("value"))
		} else if fhir.HasCode(id.Get("type"), "http://terminology.hl7.org/CodeSystem/v2-0203", "MR") {
			other = append(other, id.StrAt("value"))
		}
	}
	if len(out) == 0 {
		return other
	}
	return out
}

// Address is the lines of an address, or nil.
func Address(a *fhir.Value) []string {
	var lines []string
	for line := range a.Get("line").Each() {
		if s := strings.TrimSpace(line.Str()); s != "" {
			lines = append(lines, s)
		}
	}
	for _, part := range []string{"city", "district", "state", "postalCode"} {
		if s := a.StrAt(part); s != "" {
			lines = append(lines, s)
		}
	}
	if lines == nil && a.StrAt("text") != "" {
		return strings.Split(a.StrAt("text"), "\n")
	}
	return lines
}
