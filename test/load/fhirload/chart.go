package fhirload

import (
	"bytes"
	"context"
	"fmt"
)

// Chart opens records as a clinician's system does: laboratory results with
// the newest first, everything, encounters with their practitioners.
func (t *Target) Chart(ctx context.Context, p *Pool, b Bounds) (*Report, error) {
	return t.run(ctx, "chart", b, func(ctx context.Context, c *client) error {
		s := &subject{p, c.draw}
		switch c.round % 3 {
		case 0:
			ref := "Patient/" + pick(c.draw, p.withResults)
			return c.search(ctx, "results by date", ask{typ: "Observation", newest: "effectiveDateTime", fits: refers("subject", ref),
				query: query("Observation", "patient", ref, "category", "laboratory", "_sort", "-date")}, false)
		case 1:
			ref := pick(c.draw, p.staffed).StrAt("subject.reference")
			return c.search(ctx, "encounters with practitioners", ask{typ: "Encounter", includes: "Practitioner", fits: refers("subject", ref),
				query: query("Encounter", "patient", relative(ref), "_include", "Encounter:practitioner")}, false)
		}
		return c.everything(ctx, s.patient().ID())
	})
}

func (c *client) everything(ctx context.Context, id string) error {
	const kind = "$everything"
	a, ok, err := c.call(ctx, kind, "GET", "Patient/"+id+"/$everything", nil, 200, 200)
	if ok && (!bytes.Contains(a.body, searchset) || !bytes.Contains(a.body, []byte(id))) {
		c.tally.fail(kind, "Patient/%s: the answer lacks the patient: %.300s", id, a.body)
	}
	return err
}

// Mixed reads and writes, each half of the requests: reads by id and searches
// of one patient's data, new Observations and changes of them.
func (t *Target) Mixed(ctx context.Context, p *Pool, b Bounds) (*Report, error) {
	return t.run(ctx, "mixed, half reads, half writes", b, func(ctx context.Context, c *client) error {
		s := &subject{p, c.draw}
		patient := "Patient/" + s.patient().ID()
		form := crudKinds()[2].form
		body := func(id, state string) []byte {
			text := fmt.Appendf(nil, form, id, patient, "", "", "", state)
			return bytes.Replace(text, []byte(`"encounter":{"reference":""},`), nil, 1)
		}
		a, ok, err := c.call(ctx, "create", "POST", "Observation", body("", "preliminary"), 201, 201)
		if err != nil {
			return err
		}
		made := madeAt(a.location, "Observation")
		if _, ok, err := c.call(ctx, "read", "GET", pick(c.draw, p.observations), nil, 200, 200); err != nil || !ok {
			return err
		}
		if ok && made != "" {
			if _, _, err := c.call(ctx, "update", "PUT", made, body(`"id":"`+idOf(made)+`",`, "final"), 200, 200); err != nil {
				return err
			}
		}
		return c.search(ctx, "search", ask{typ: "Observation", fits: refers("subject", patient),
			query: query("Observation", "patient", patient, "_sort", "-date")}, true)
	})
}
