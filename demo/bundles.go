package demo

import (
	"encoding/base64"
	"fmt"
	"iter"
	"net/url"
	"time"

	"concord/standard/fhir"
	"concord/standard/uk"
)

// heavyIndex is the person whose record is long. It lies beyond any other
// population that begins at 0 and stays in the first range of NHS numbers.
const heavyIndex = 899_999

// Items of the heavy record.
const (
	HeavyEncounters = 600
	HeavyItems      = 5000
)

// loadDay is the day on which the bundles' people are as old as they are: a
// fixed one, so that the same seed gives the same bytes at any time.
func loadDay() time.Time { return time.Date(2026, 6, 12, 9, 0, 0, 0, time.UTC) }

// Bundles streams one FHIR R4 transaction Bundle for each of n made-up people,
// with the whole variety of a record: for load tests, and for training the
// dictionary of stored bodies. References within a Bundle go by urn:uuid, and
// the same seed always gives the same bytes.
func Bundles(seed uint64, n int) iter.Seq[*fhir.Value] {
	return func(yield func(*fhir.Value) bool) {
		for p := range NewPeople(seed, loadDay()).First(n) {
			c := newScribe(p)
			c.patient()
			for range c.draw.between(1, 5) {
				c.contact()
			}
			c.background()
			if !yield(c.bundle()) {
				return
			}
		}
	}
}

// HeavyPerson is the person of the heavy record.
func HeavyPerson(seed uint64) *Person {
	p := NewPeople(seed, loadDay()).At(heavyIndex)
	p.NHS, p.Status = NHSNumber(seed, heavyIndex), uk.Verified
	p.Born = time.Date(1948, 3, 9, 0, 0, 0, 0, time.UTC)
	return p
}

// Heavy streams the record of one person with 600 encounters and 5,000 items,
// those encounters among them, in transactions of at most 300 entries. The
// first holds the Patient; the others name it by hospital number.
func Heavy(seed uint64) iter.Seq[*fhir.Value] {
	return func(yield func(*fhir.Value) bool) {
		c := newScribe(HeavyPerson(seed))
		c.patient()
		items, encounters := 0, 0
		for encounters < HeavyEncounters {
			before := len(c.entries)
			c.at = c.day.AddDate(0, 0, -6*(HeavyEncounters-encounters)).Add(time.Duration(c.draw.below(9*60)) * time.Minute)
			c.encounter(c.draw.chance(12))
			encounters++
			room := HeavyItems - items - (HeavyEncounters - encounters) // one is kept for each encounter to come
			share := room / (HeavyEncounters - encounters + 1)
			c.fill(before, share)
			items += len(c.entries) - before
			if len(c.entries) >= 280 || encounters == HeavyEncounters {
				if !yield(c.bundle()) {
					return
				}
				c.follow()
			}
		}
	}
}

// scribe builds the Bundles of one person.
type scribe struct {
	person  *Person
	draw    draw
	day     time.Time
	at      time.Time
	trust   string
	subject *fhir.Value
	visit   *fhir.Value
	count   int
	entries []*fhir.Value
}

func newScribe(p *Person) *scribe {
	c := &scribe{person: p, draw: p.draw("record"), day: loadDay(), trust: p.Entries[0].Trust}
	c.at = c.day.AddDate(-6, 0, -c.draw.below(300))
	return c
}

// bundle closes what was collected.
func (c *scribe) bundle() *fhir.Value {
	c.count++
	b := fhir.Obj("resourceType", "Bundle", "id", fmt.Sprintf("demo-%d-%d", c.person.Index, c.count),
		"type", "transaction", "entry", c.entries)
	c.entries = nil
	return b
}

// follow lets the next Bundle name the patient that the first one made.
func (c *scribe) follow() {
	e := c.person.Entries[0]
	c.subject = fhir.Obj("reference", "Patient?identifier="+
		url.QueryEscape(uk.HospitalNumber.System(e.Trust)+"|"+e.Number))
	c.visit = nil
}

func (c *scribe) urn() string {
	a, b := c.draw.next(), c.draw.next()
	return fmt.Sprintf("urn:uuid:%08x-%04x-4%03x-%04x-%012x", uint32(a), uint16(a>>32), uint16(a>>48)&0xfff,
		0x8000|uint16(b)&0x3fff, b>>16)
}

// add puts a resource into the Bundle and gives a reference to it.
func (c *scribe) add(kind string, pairs ...any) *fhir.Value {
	url := c.urn()
	all := append([]any{"resourceType", kind, "meta", fhir.Obj("profile", fhir.Arr(profileOf(kind)))}, pairs...)
	c.entries = append(c.entries, fhir.Obj("fullUrl", url, "resource", fhir.Obj(all...),
		"request", fhir.Obj("method", "POST", "url", kind)))
	return fhir.Obj("reference", url)
}

func (c *scribe) stamp() string { return fhir.FormatDateTime(c.at, c.at.Location()) }

func (c *scribe) patient() {
	p := c.person
	var ids []*fhir.Value
	for _, e := range p.Entries[:1] {
		ids = append(ids, fhir.Obj("use", "usual", "system", uk.HospitalNumber.System(e.Trust), "value", e.Number))
	}
	if p.NHS != "" {
		status := fhir.Concept(uk.VerificationSystem, string(p.Status), p.Status.Display(), "")
		ids = append(ids, fhir.Obj("extension", fhir.Arr(fhir.Obj("url", uk.VerificationExtension, "valueCodeableConcept", status)),
			"use", "official", "system", uk.NHSNumberSystem, "value", p.NHS))
	}
	given := []string{p.Given}
	if p.Middle != "" {
		given = append(given, p.Middle)
	}
	var telecom []*fhir.Value
	for _, t := range [][3]string{{"phone", p.Home, "home"}, {"phone", p.Mobile, "mobile"}, {"email", p.Mail, "home"}} {
		if t[1] != "" {
			telecom = append(telecom, fhir.Obj("system", t[0], "value", t[1], "use", t[2]))
		}
	}
	lines := []string{p.Address.Line}
	if p.Address.Locality != "" {
		lines = append(lines, p.Address.Locality)
	}
	c.subject = c.add("Patient",
		"extension", fhir.Arr(fhir.Obj("url", uk.EthnicExtension, "valueCodeableConcept",
			fhir.Concept(uk.EthnicSystem, p.Ethnic, uk.EthnicCategory(p.Ethnic), ""))),
		"identifier", ids, "active", true,
		"name", fhir.Arr(fhir.Obj("use", "official", "family", p.Family, "given", given, "prefix", []string{p.Title})),
		"telecom", telecom, "gender", p.Sex, "birthDate", p.Born.Format("2006-01-02"),
		"address", fhir.Arr(fhir.Obj("use", "home", "line", lines, "city", p.Address.Town, "postalCode", p.Address.Postcode)),
		"generalPractitioner", fhir.Arr(fhir.Obj("type", "Organization", "identifier",
			fhir.Obj("system", uk.ODSOrganization, "value", p.Practice.Code), "display", p.Practice.Name)),
		"managingOrganization", c.organisation())
}

func (c *scribe) organisation() *fhir.Value {
	t, _ := uk.TrustByCode(c.trust)
	return fhir.Obj("type", "Organization", "identifier", fhir.Obj("system", uk.ODSOrganization, "value", t.Code), "display", t.Name)
}

func (c *scribe) staff() *fhir.Value {
	s := consultant(c.trust, "300", c.draw.below(2))
	return fhir.Obj("type", "Practitioner", "identifier",
		fhir.Obj("system", uk.StaffCode.System(c.trust), "value", s.Code), "display", s.name())
}

// text is an attachment of words.
func text(words, title string) *fhir.Value {
	return fhir.Obj("contentType", "text/plain; charset=utf-8", "data", base64.StdEncoding.EncodeToString([]byte(words)), "title", title)
}
