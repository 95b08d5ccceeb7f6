package access

import (
	"slices"
	"strings"
)

// Duties are which workgroups of one organisation are responsible for which of
// its wards, clinics, services and clinicians. nil = nothing is said, and the whole
// organisation looks after its patients.
type Duties struct {
	Of map[string][]string // place, as PlaceKey has it → workgroups
	// Unknown says that the duties could not be read: nobody then counts as
	// responsible for a place.
	Unknown bool
}

// The kinds of place that a workgroup can be responsible for.
const (
	DutyWard    = "ward"    // a ward or clinic: the code of a location, without room and bed
	DutyService = "service" // a specialty: treatment function or hospital service
	DutyStaff   = "staff"   // a clinician, by the number that the record has
)

// PlaceKey is a place as Duties has it, "" when the kind is none or there is no
// code. Codes are compared without regard to case and spaces about them.
func PlaceKey(kind, code string) string {
	code = strings.ToUpper(strings.Join(strings.Fields(code), " "))
	if code == "" || kind != DutyWard && kind != DutyService && kind != DutyStaff {
		return ""
	}
	return kind + ":" + code
}

// responsible are the workgroups that are responsible for any of some places.
func (d *Duties) responsible(places string) []string {
	if d == nil || places == "" {
		return nil
	}
	var out []string
	for place := range strings.SplitSeq(places, "\n") {
		out = append(out, d.Of[place]...)
	}
	return out
}

// ties tells whether a relation that names no workgroup is the requester's: when
// workgroups are responsible for where the patient is looked after, only theirs is;
// else it is the whole organisation's, unless the relation is of a place alone.
func (r Relation) ties(who Requester) bool {
	if who.Duties != nil && who.Duties.Unknown && r.Places != "" {
		return false
	}
	groups := who.Duties.responsible(r.Places)
	if len(groups) == 0 {
		return !r.Apart || who.Duties == nil || len(who.Duties.Of) == 0
	}
	return slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(who.Workgroups, g) })
}

// Tied are the relations as they tie people by an organisation's duties: of a
// relation for whose places workgroups are responsible one for each of those, of one
// of a place alone for which none is, nothing.
func (d *Duties) Tied(r Relation) []Relation {
	groups := d.responsible(r.Places)
	r.Places = ""
	if len(groups) == 0 || r.Workgroup != "" {
		if r.Apart && d != nil && len(d.Of) > 0 {
			return nil
		}
		r.Apart = false
		return []Relation{r}
	}
	r.Apart = false
	slices.Sort(groups)
	var out []Relation
	for _, g := range slices.Compact(groups) {
		r.Workgroup = g
		out = append(out, r)
	}
	return out
}
