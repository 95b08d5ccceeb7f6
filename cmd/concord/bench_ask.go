package main

import (
	"context"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"concord/care/chart"
	"concord/demo"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// asked is what one question needs: the Desk as a clinician and as a client,
// and what is known of some people.
type asked struct {
	clinician *record.Errand
	client    *record.Errand
	lens      chart.Lens
	sample    sample
}

// sample is what some of the people have, so that questions have answers.
type sample struct {
	people  []known
	tested  []known       // of them, who has laboratory results
	results []*fhir.Value // laboratory results
	staff   []string      // system|value of practitioners
}

// known is a person whom the record holds.
type known struct{ id, name string }

// sampled is how many people questions are about.
const sampled = 200

// ask asks every question for its time.
func (c *populationCmd) ask(ctx context.Context, h *house, f *figures) error {
	why := access.Reason{Purpose: access.DirectCare}
	a := &asked{
		// A clinician who has claimed the people that are asked about.
		clinician: h.desk.For(access.Requester{ID: "bench", Name: "Bench", Role: access.Clinician, Org: c.Org}, why),
		client:    h.desk.For(access.Requester{ID: "bench", Name: "Bench", Role: access.System, Org: c.Org, Scopes: access.Scopes{{Type: "*", Can: "rs"}}}, why),
		lens: chart.Lens{Now: time.Now(), Zone: h.desk.Zone(), Orgs: func(ods string) chart.Organisation {
			return chart.Organisation{Code: ods, Name: ods}
		}},
	}
	if err := a.know(ctx, c.Seed, c.People); err != nil {
		return err
	}
	page := func(typ string, form func(r *rand.Rand) url.Values) func(context.Context, *rand.Rand) error {
		return func(ctx context.Context, r *rand.Rand) error { return a.search(ctx, typ, form(r)) }
	}
	for _, q := range []struct {
		name string
		ask  func(context.Context, *rand.Rand) error
	}{
		{"chart", a.chart},
		{"chart: results by date", page("Observation", a.resultsByDate)},
		{"population search by code and date", page("Observation", a.codeAndDate)},
		{"population search by code and value", page("Observation", a.codeAndValue)},
		{"population search by status", page("MedicationRequest", byStatus)},
		{"population search by practitioner", page("Encounter", a.byPractitioner)},
		{"find by name", a.find},
	} {
		f.Questions = append(f.Questions, c.again(ctx, q.name, q.ask))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// again asks a question for its time, by several at once.
func (c *populationCmd) again(ctx context.Context, name string, ask func(context.Context, *rand.Rand) error) question {
	q := question{Name: name}
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(c.Lasts)
	for i := range c.Clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(c.Seed, uint64(i)))
			var took []time.Duration
			for time.Now().Before(until) && ctx.Err() == nil {
				began := time.Now()
				err := ask(ctx, r)
				if err == nil {
					took = append(took, time.Since(began))
				} else if ctx.Err() == nil {
					mu.Lock()
					if q.Errors++; q.Note == "" {
						q.Note = err.Error()
					}
					mu.Unlock()
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	wg.Wait()
	q.sum(all)
	return q
}

// know looks at some of the people who were loaded.
func (a *asked) know(ctx context.Context, seed uint64, people int) error {
	step := max(1, people/sampled)
	for i := 0; i < people && len(a.sample.people) < sampled; i += step {
		number := demo.NHSNumber(seed, i)
		found, err := a.clinician.FindPeople(ctx, record.PeopleQuery{Text: number})
		if err != nil {
			return err
		}
		if len(found.Hits) == 0 { // one in a hundred has no NHS number
			continue
		}
		p := found.Hits[0].Person
		n := p.Best().Resource.Get("name").At(0)
		a.sample.people = append(a.sample.people, known{p.ID, n.StrAt("given.0") + " " + n.StrAt("family")})
		before := len(a.sample.results)
		if err := a.knowMore(ctx, p.ID); err != nil {
			return err
		}
		if len(a.sample.results) > before {
			a.sample.tested = append(a.sample.tested, a.sample.people[len(a.sample.people)-1])
		}
	}
	if len(a.sample.people) == 0 || len(a.sample.results) == 0 || len(a.sample.staff) == 0 {
		return fault.New(fault.Invalid, "cli.population", "the store does not hold the people of seed %d", seed)
	}
	return nil
}

// knowMore takes results and practitioners out of a person's record.
func (a *asked) knowMore(ctx context.Context, id string) error {
	if _, err := a.clinician.Claim(ctx, id, "asked about by a benchmark"); err != nil {
		return err
	}
	c, err := a.clinician.Chart(ctx, id, record.ChartQuery{Sections: []record.Section{
		{Type: "Observation", Where: "category=laboratory", Newest: 5}, {Type: "Encounter", Newest: 2}}})
	if err != nil {
		return err
	}
	for _, it := range c.Sections[0] {
		a.sample.results = append(a.sample.results, it.Resource)
	}
	for _, it := range c.Sections[1] {
		who := it.Resource.Path("participant.0.individual.identifier")
		a.sample.staff = append(a.sample.staff, who.StrAt("system")+"|"+who.StrAt("value"))
	}
	return nil
}

// chart opens a record as the summary page does.
func (a *asked) chart(ctx context.Context, r *rand.Rand) error {
	c, err := a.clinician.Chart(ctx, a.person(r).id, record.ChartQuery{Sections: a.lens.SummarySections()})
	if err != nil {
		return err
	}
	if s := a.lens.Summary(c); s.Items == 0 {
		return fault.New(fault.Internal, "bench.empty", "the summary is empty")
	}
	return nil
}

func (a *asked) person(r *rand.Rand) known { return a.sample.people[r.IntN(len(a.sample.people))] }

func (a *asked) find(ctx context.Context, r *rand.Rand) error {
	name := a.person(r).name
	found, err := a.clinician.FindPeople(ctx, record.PeopleQuery{Text: name})
	if err == nil && len(found.Hits) == 0 && !found.TooMany {
		return fault.New(fault.Internal, "bench.empty", "nobody is found by the name of %s", name)
	}
	return err
}

// search asks for a page of 20.
func (a *asked) search(ctx context.Context, typ string, form url.Values) error {
	form.Set("_count", "20")
	found, err := a.client.Search(ctx, record.Asked{Types: []string{typ}, Form: form})
	if err == nil && len(found.Matches) == 0 {
		return fault.New(fault.Internal, "bench.empty", "%s?%s has no match", typ, form.Encode())
	}
	return err
}

func (a *asked) result(r *rand.Rand) (code string, value *fhir.Value, day time.Time) {
	o := a.sample.results[r.IntN(len(a.sample.results))]
	day, _ = time.Parse(time.DateOnly, o.StrAt("effectiveDateTime")[:len(time.DateOnly)])
	return uk.LOINC + "|" + o.StrAt("code.coding.0.code"), o.Path("valueQuantity.value"), day
}

// resultsByDate is the laboratory results of one person, the newest first.
func (a *asked) resultsByDate(r *rand.Rand) url.Values {
	who := a.sample.tested[r.IntN(len(a.sample.tested))]
	return url.Values{"patient": {"Patient/" + who.id}, "category": {"laboratory"}, "_sort": {"-date"}}
}

// codeAndDate is the results of a test in a week.
func (a *asked) codeAndDate(r *rand.Rand) url.Values {
	code, _, day := a.result(r)
	return url.Values{"code": {code}, "date": {"ge" + day.AddDate(0, 0, -3).Format(time.DateOnly), "le" + day.AddDate(0, 0, 3).Format(time.DateOnly)}}
}

// codeAndValue is the results of a test at or above a value.
func (a *asked) codeAndValue(r *rand.Rand) url.Values {
	code, value, _ := a.result(r)
	return url.Values{"code": {code}, "value-quantity": {"ge" + value.Text()}}
}

func byStatus(r *rand.Rand) url.Values {
	return url.Values{"status": {[]string{"active", "completed", "stopped"}[r.IntN(3)]}}
}

func (a *asked) byPractitioner(r *rand.Rand) url.Values {
	return url.Values{"practitioner:identifier": {a.sample.staff[r.IntN(len(a.sample.staff))]}}
}
