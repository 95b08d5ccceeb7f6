package search

import (
	"slices"
	"strings"

	"concord/fault"
)

// The functional lists (https://hl7.org/fhir/R4/lifecycle.html#lists) that can be
// answered from what resources say of themselves, by the list and the type. Each is
// what is left when that is taken away which is over or was never so: what does not
// say whether it is current, is.
var functionalLists = map[string]map[string][]string{
	"$current-problems": {"Condition": {
		"clinical-status=inactive", "clinical-status=remission", "clinical-status=resolved",
		"verification-status=refuted", "verification-status=entered-in-error"}},
	"$current-allergies": {"AllergyIntolerance": currentAllergies},
	"$current-drug-allergies": {"AllergyIntolerance": append([]string{
		"category=food", "category=environment", "category=biologic"}, currentAllergies...)},
	"$current-medications": {
		"MedicationRequest":   {"status=completed", "status=stopped", "status=cancelled", "status=entered-in-error", "status=draft"},
		"MedicationStatement": {"status=completed", "status=stopped", "status=not-taken", "status=entered-in-error"}},
}

var currentAllergies = []string{"clinical-status=inactive", "clinical-status=resolved", "verification-status=refuted", "verification-status=entered-in-error"}

// functional takes a functional list in.
func (r *reading) functional(q *Query, name string) error {
	types, ok := functionalLists[name]
	if !ok {
		return fault.New(fault.Invalid, "search.value", "_list is the id of a List, or one of $current-problems, $current-medications, $current-allergies and $current-drug-allergies").In("_list")
	}
	without, ok := types[q.Type]
	if !ok {
		var of []string
		for typ := range types {
			of = append(of, typ)
		}
		slices.Sort(of)
		return fault.New(fault.Invalid, "search.value", "%s is a list of %s: search that type by itself", name, strings.Join(of, " or ")).In("_list")
	}
	q.Functional = name
	for _, w := range without {
		param, value, _ := strings.Cut(w, "=")
		if err := r.one(q, param+":not", value); err != nil {
			return err
		}
	}
	return nil
}

// Whose tells whether a query asks for a functional list without saying of which
// patient: it is theirs, not the world's.
// Errors: Invalid "search.value".
func (q *Query) Whose() error {
	if q.Functional == "" || slices.ContainsFunc(q.Clauses, func(c Clause) bool {
		return c.Circle != nil || c.Param != nil && (c.Param.Name == "patient" || c.Param.Name == "subject") && c.Modifier != "missing"
	}) {
		return nil
	}
	return fault.New(fault.Invalid, "search.value", "%s is of one patient: say whom, by patient or as Patient/id/%s", q.Functional, q.Type).In("_list")
}
