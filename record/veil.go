package record

import (
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// veil takes off what may not be shown of where a restricted patient lives, is
// reached and is registered. Every item that is shown comes through here.
func (s *sight) veil(o access.Outcome, it *Item) {
	if o.Contact || it.Resource == nil {
		return
	}
	it.Resource = veiled(it.Resource)
}

// veiled is a resource of a restricted patient as others see it. Whatever its
// type, it has no address, telephone or place on the map, also in extensions and
// in what it contains; a GP practice that is named by its ODS code is masked; of
// a Patient the next of kin and what it contains are gone too, of an Encounter
// where the patient came from and goes to. The narrative goes with what was
// taken, since it repeats it. A resource that tells nothing of it is returned as
// it is: equal pointers say so. Words that somebody wrote (notes, letters) are
// not read.
func veiled(resource *fhir.Value) *fhir.Value {
	v := veiling{places: map[string]bool{}, alone: resource.Type() == "Patient"}
	return v.resource(bareOf(resource))
}

// tells says whether a resource tells where a restricted patient is.
func tells(resource *fhir.Value) bool { return veiled(resource) != resource }

// veiling is the work on one resource with what it contains.
type veiling struct {
	places map[string]bool // references ("#id") to what may not be named
	alone  bool            // what the resource contains goes with it
}

// resource is a resource without what tells. It is the same when nothing does.
func (v *veiling) resource(r *fhir.Value) *fhir.Value {
	out := v.contained(r)
	switch r.Type() {
	case "Patient":
		out = less(out, "contact", "generalPractitioner", "managingOrganization", "contained", "text")
	case "RelatedPerson", "Person":
		out = less(out, "text")
	case "Encounter":
		out = v.encounter(out)
	}
	if out = v.object(out); out != r {
		out = less(out, "text")
	}
	return out
}

// contained reads which contained resources are places that must not be named,
// and leaves of those no more than that they are there. A Patient's are taken as
// a whole: they are the GP.
func (v *veiling) contained(r *fhir.Value) *fhir.Value {
	list := r.Get("contained")
	if list.Kind() != fhir.Array {
		return r
	}
	out, changed := make([]*fhir.Value, 0, list.Len()), false
	for c := range list.Each() {
		if bare := bareOf(c); bare != c || r.Type() == "Patient" {
			v.places["#"+c.ID()] = true
			c, changed = bare, true
		}
		out = append(out, c)
	}
	if !changed {
		return r
	}
	return r.With("contained", out)
}

// bareOf leaves of a place where somebody lives, and of a GP practice, its kind.
func bareOf(c *fhir.Value) *fhir.Value {
	switch {
	case c.Type() == "Location" && (c.Get("address") != nil || c.Get("telecom") != nil || c.Get("position") != nil || house(c.Get("physicalType"))):
		return only(c, "resourceType", "id", "meta", "status", "mode", "type", "physicalType")
	case c.Type() == "Organization":
		for id := range c.Get("identifier").Each() {
			if practiceCode(id) {
				return only(c, "resourceType", "id", "meta", "active", "type")
			}
		}
	}
	return c
}

// house tells the kind of place that is somebody's home
// (http://terminology.hl7.org/CodeSystem/location-physical-type).
func house(kind *fhir.Value) bool {
	for c := range kind.Get("coding").Each() {
		if c.StrAt("code") == "ho" {
			return true
		}
	}
	return false
}

func practiceCode(identifier *fhir.Value) bool {
	return identifier.StrAt("system") == uk.ODSOrganization && access.IsPractice(identifier.StrAt("value"))
}

// encounter leaves out where the patient was admitted from and discharged to,
// and visits at home (class HH of v3-ActCode).
func (v *veiling) encounter(e *fhir.Value) *fhir.Value {
	if h := e.Get("hospitalization"); h != nil {
		if kept := less(h, "origin", "destination"); kept.Len() == 0 {
			e = e.Without("hospitalization")
		} else if kept != h {
			e = e.With("hospitalization", kept)
		}
	}
	atHome := e.StrAt("class.code") == "HH"
	visits := e.Get("location")
	kept := list(visits, func(l *fhir.Value) *fhir.Value {
		if atHome || house(l.Get("physicalType")) {
			return nil
		}
		return l
	})
	if kept == visits {
		return e
	}
	return e.With("location", kept)
}

// object is an object without what tells; nil when nothing is left of it that
// says anything.
func (v *veiling) object(o *fhir.Value) *fhir.Value {
	if id := o.Get("identifier"); id.Kind() == fhir.Object && practiceCode(id) {
		return masked(o)
	}
	out := o
	if v.places[o.StrAt("reference")] {
		if out = less(out, "display"); v.alone {
			out = less(out, "reference")
		}
	}
	for name, member := range o.Members() {
		if kept := v.member(name, member); kept != member {
			out = out.With(name, kept)
		}
	}
	if out != o && (out.Len() == 0 || out.Len() == 1 && out.Get("url") != nil) {
		return nil
	}
	return out
}

// member is one member of an object without what tells, nil when it tells as a
// whole.
func (v *veiling) member(name string, m *fhir.Value) *fhir.Value {
	if whereabouts[name] {
		return nil
	}
	switch m.Kind() {
	case fhir.Object:
		return v.either(name, m)
	case fhir.Array:
		return list(m, func(one *fhir.Value) *fhir.Value {
			if one.Kind() != fhir.Object {
				return one
			}
			return v.either(name, one)
		})
	}
	return m
}

// either works on a resource within a resource, or on a part of one.
func (v *veiling) either(name string, o *fhir.Value) *fhir.Value {
	if o.Type() != "" && (name == "contained" || name == "resource") {
		if name == "resource" { // what another one contains is its own
			return veiled(o)
		}
		return v.resource(o)
	}
	return v.object(o)
}

// whereabouts are the members of any resource, datatype or extension that are an
// Address or a ContactPoint in R4.
var whereabouts = map[string]bool{
	"address": true, "telecom": true, "locationAddress": true, "valueAddress": true, "valueContactPoint": true,
}
