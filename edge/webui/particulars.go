package webui

import (
	"net/http"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/record/person"
)

// particularsView is what the page of a search by particulars shows.
type particularsView struct {
	Form   person.Wanted
	Errors []fieldError
	People *record.People // nil before anything was asked
	Hits   []hitRow
	Wider  string // the same search by sound, where it may be tried
}

// particulars is /find/particulars: a search for who cannot be found by number,
// or by name and date of birth as they are spelt. First as written, then by
// sound: that shows more people who are not meant.
func (s *Site) particulars(v *visit) (*answer, error) {
	q := v.URL.Query()
	on := func(name string) bool { return q.Get(name) != "" }
	w := person.Wanted{Family: q.Get("family"), Given: q.Get("given"), Gender: q.Get("gender"), BornFrom: q.Get("born"), BornTo: q.Get("bornto"),
		Postcode: q.Get("postcode"), Practice: q.Get("practice"), Phone: q.Get("phone"), Email: q.Get("email"),
		Sounds: on("sounds"), History: on("history"), Exact: on("exact")}
	x := particularsView{Form: w}
	status := http.StatusOK
	if w != (person.Wanted{}) {
		people, err := v.errand.FindWanted(v.Context(), w)
		switch {
		case fault.Is(err, fault.Invalid):
			f := fault.Of(err)
			x.Errors, status = []fieldError{{f.At, sentenceOf(f.Text)}}, http.StatusUnprocessableEntity
		case err != nil:
			return nil, err
		default:
			x.People, x.Hits = people, s.hitsOf(v, people)
			x.Wider = wider(v, w, people)
		}
	}
	return &answer{status: status, frame: frame{Title: "Find by particulars", Nav: "find"}, body: particularsPage(x)}, nil
}

// wider is the address of the same search by sound: offered when nobody was
// found as written, and the particulars suffice for it.
func wider(v *visit, w person.Wanted, found *record.People) string {
	if len(found.Hits) > 0 || found.TooMany || w.Sounds {
		return ""
	}
	w.Sounds, w.Exact = true, false
	w.Family, w.Given, w.Postcode = strings.TrimSuffix(w.Family, "*"), strings.TrimSuffix(w.Given, "*"), strings.TrimSuffix(w.Postcode, "*")
	if w.Check() != nil {
		return ""
	}
	q := v.URL.Query()
	q.Set("sounds", "on")
	q.Del("exact")
	for name, value := range map[string]string{"family": w.Family, "given": w.Given, "postcode": w.Postcode} {
		q.Set(name, value)
	}
	return "/find/particulars?" + q.Encode()
}
