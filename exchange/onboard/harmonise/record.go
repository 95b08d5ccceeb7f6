package harmonise

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/exchange/crosswalk"
	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// FromPack are the entries that an organisation's own pack has: its places, its
// specialties, its consultants.
func FromPack(p *pack.Pack) []Entry {
	var out []Entry
	org := p.Organisation.Code
	for _, w := range p.Wards {
		out = append(out, Entry{Kind: onboard.Wards, Code: w.Code, Name: w.Name, System: uk.LocationCode.System(org), Specialty: w.Specialty, Site: w.Site})
	}
	for _, c := range p.Clinics {
		out = append(out, Entry{Kind: onboard.Clinics, Code: c.Code, Name: c.Name, System: uk.Local("clinic").System(org), Specialty: c.Specialty, Site: c.Site})
	}
	for _, s := range p.Specialties {
		out = append(out, Entry{Kind: onboard.Specialties, Code: s.Code, Name: s.Name, System: TreatmentFunction})
	}
	for _, c := range p.Consultants {
		e := Entry{Kind: onboard.Staff, Code: c.Code, Name: c.Name, System: uk.ConsultantCode}
		if len(c.Specialties) > 0 {
			e.Specialty = c.Specialties[0]
		}
		out = append(out, e)
	}
	for i := range out {
		out[i].From = "org pack"
	}
	return out
}

// mostLooked is how many of the newest resources of a type are looked at for the
// codes that run, in pages of the most that a search gives.
const mostLooked = 2000

// inUse are where the record has codes that a joiner's may be.
func inUse() []struct {
	typ, code string
	kind      Kind
} {
	return []struct {
		typ, code string
		kind      Kind
	}{
		{"Observation", "code", onboard.Results}, {"MedicationRequest", "medicationCodeableConcept", onboard.Drugs},
		{"MedicationStatement", "medicationCodeableConcept", onboard.Drugs}, {"AllergyIntolerance", "code", onboard.Alerts},
		{"DocumentReference", "type", onboard.DocKinds}, {"ServiceRequest", "code", Orders},
	}
}

// FromRecord are the national codes that the newest resources of the record
// have, but for those of one organisation, the most used first. It reads codes
// and units alone.
func FromRecord(ctx context.Context, e *record.Errand, except string) ([]Entry, error) {
	c := map[CodingOf]*runs{}
	for _, u := range inUse() {
		form := url.Values{"_sort": {"-_lastUpdated"}, "_count": {strconv.Itoa(record.MaxCount)}}
		if u.typ == "Observation" {
			form.Set("category", "laboratory")
		}
		err := eachFound(ctx, e, record.Asked{Types: []string{u.typ}, Form: form}, mostLooked, func(v *fhir.Value) {
			if strings.HasPrefix(v.StrAt("meta.source"), "urn:extract:"+except+":") {
				return
			}
			seen(c, u.kind, v, u.code)
		})
		if err != nil {
			return nil, err
		}
	}
	return runsOf(c), nil
}

// runs is a code that the record has.
type runs struct {
	name  string
	units map[string]int
	rows  int64
}

func seen(all map[CodingOf]*runs, kind Kind, v *fhir.Value, path string) {
	for _, c := range fhir.Codings(v.Get(path)) {
		if c.System != uk.LOINC && c.System != uk.SNOMED && c.System != crosswalk.DMD || c.Code == "" {
			continue
		}
		k := CodingOf{kind, Coding{c.System, c.Code}}
		if all[k] == nil {
			all[k] = &runs{name: cmp.Or(c.Display, fhir.ConceptText(v.Get(path))), units: map[string]int{}}
		}
		all[k].rows++
		if q := v.Get("valueQuantity"); q.StrAt("system") == uk.UCUM && knownUnit(q.StrAt("code")) {
			all[k].units[q.StrAt("code")]++
		}
	}
}

func runsOf(all map[CodingOf]*runs) []Entry {
	var out []Entry
	for k, r := range all {
		e := Entry{Kind: k.Kind, Code: k.Code, System: k.System, Name: r.name, Uses: r.rows, From: "record"}
		most := 0
		for unit, n := range r.units {
			if n > most || n == most && unit < e.Unit {
				e.Unit, most = unit, n
			}
		}
		if e.Name != "" {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), cmp.Compare(b.Uses, a.Uses), strings.Compare(a.Code, b.Code))
	})
	return out
}

// ValueSets are the entries of value sets that the record has of the domain:
// those whose url is urn:concord:catalogue:KIND.
func ValueSets(ctx context.Context, e *record.Errand) ([]Entry, error) {
	var out []Entry
	for _, kind := range Kinds() {
		ask := record.Asked{Types: []string{"ValueSet"}, Form: url.Values{"url": {catalogueURL + string(kind)}, "status": {"active"}}}
		err := eachFound(ctx, e, ask, 10, func(v *fhir.Value) {
			for inc := range v.Path("compose.include").Each() {
				for c := range inc.Get("concept").Each() {
					if c.StrAt("code") != "" && c.StrAt("display") != "" {
						out = append(out, Entry{Kind: kind, Code: c.StrAt("code"), Name: c.StrAt("display"), System: inc.StrAt("system"), From: "record"})
					}
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

const catalogueURL = "urn:concord:catalogue:"

// ConceptMaps are what maps of the record say of an organisation's codes: those
// whose url begins with urn:concord:ODS:map:KIND.
func ConceptMaps(ctx context.Context, e *record.Errand, org string) (map[CodingOf][]Coding, error) {
	out := map[CodingOf][]Coding{}
	for _, kind := range Kinds() {
		ask := record.Asked{Types: []string{"ConceptMap"}, Form: url.Values{"url": {mapURL(org, kind)}, "status": {"active"}}}
		err := eachFound(ctx, e, ask, 10, func(v *fhir.Value) {
			for g := range v.Get("group").Each() {
				for el := range g.Get("element").Each() {
					from := CodingOf{kind, Coding{g.StrAt("source"), el.StrAt("code")}}
					for t := range el.Get("target").Each() {
						if eq := t.StrAt("equivalence"); eq == "equal" || eq == "equivalent" {
							out[from] = append(out[from], Coding{g.StrAt("target"), t.StrAt("code")})
						}
					}
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func mapURL(org string, kind Kind) string { return "urn:concord:" + org + ":map:" + string(kind) }

// eachFound goes over what a search finds, at most so many.
func eachFound(ctx context.Context, e *record.Errand, ask record.Asked, most int, do func(*fhir.Value)) error {
	n := 0
	for items, err := range e.Pages(ctx, ask) {
		if err != nil {
			return err
		}
		for _, it := range items {
			v, err := it.Full()
			if err != nil {
				return err
			}
			do(v)
		}
		if n += len(items); n >= most {
			break
		}
	}
	return nil
}
