package main

import (
	"context"
	"net/url"
	"time"

	"concord/care/chart"
	"concord/fault"
	"concord/record"
	"concord/record/access"
)

// viewing opens charts as clinicians do: through the Desk, with what their pages
// ask for, each with its entry in the audit log before anything is shown.
type viewing struct {
	clinicians map[string]*record.Errand // by trust
	lens       chart.Lens
}

// open lets clinicians claim the people of their trust whose charts are opened.
func (v *viewing) open(ctx context.Context, h *house, people []livePerson) error {
	v.clinicians = map[string]*record.Errand{}
	v.lens = chart.Lens{Now: time.Now(), Zone: h.desk.Zone(), Orgs: func(ods string) chart.Organisation {
		return chart.Organisation{Code: ods, Name: ods}
	}}
	for _, p := range people {
		if v.clinicians[p.trust()] == nil {
			v.clinicians[p.trust()] = h.desk.For(access.Requester{ID: "bench", Name: "Bench", Role: access.Clinician, Org: p.trust()}, access.Reason{Purpose: access.DirectCare})
		}
		if _, err := v.clinicians[p.trust()].Claim(ctx, p.id, "looked at by a benchmark"); err != nil {
			return err
		}
	}
	return nil
}

// view opens a chart: the summary, the results by date and the encounters, by
// turns.
func (v *viewing) view(ctx context.Context, turn int, p livePerson) error {
	e := v.clinicians[p.trust()]
	switch turn % 3 {
	case 0:
		c, err := e.Chart(ctx, p.id, record.ChartQuery{Sections: v.lens.SummarySections()})
		if err == nil && v.lens.Summary(c).Items == 0 {
			err = emptyView("summary")
		}
		return err
	case 1:
		return listed(ctx, e, "Observation", url.Values{"patient": {"Patient/" + p.id}, "category": {"laboratory"}})
	}
	return listed(ctx, e, "Encounter", url.Values{"patient": {"Patient/" + p.id}})
}

// listed asks for a page of 20, the newest first.
func listed(ctx context.Context, e *record.Errand, typ string, form url.Values) error {
	form.Set("_sort", "-date")
	form.Set("_count", "20")
	found, err := e.Search(ctx, record.Asked{Types: []string{typ}, Form: form})
	if err == nil && len(found.Matches) == 0 {
		err = emptyView(typ)
	}
	return err
}

func emptyView(what string) error {
	return fault.New(fault.Internal, "bench.empty", "a chart has no %s", what)
}
