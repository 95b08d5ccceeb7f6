package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
)

// benchFindCmd looks for people of a store by what its entries say of them.
type benchFindCmd struct {
	where  `embed:""`
	People int  `help:"How many entries are looked for, spread over the index." default:"300"`
	JSON   bool `help:"Print JSON instead of a table." name:"json"`
}

// searched is how one way to look for people came out.
type searched struct {
	question
	TooMany int `json:"tooMany"`
	Found   int `json:"found"` // the entry looked for is among the answer
}

func (c *benchFindCmd) Run(ctx context.Context) error {
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	sample, entries, err := c.sample(ctx, h)
	if err != nil {
		return err
	}
	clinician := h.desk.For(access.Requester{ID: "bench", Name: "Bench", Role: access.Clinician, Org: "R1K"}, access.Reason{Purpose: access.DirectCare})
	var out []searched
	for _, w := range ways() {
		s := searched{question: question{Name: w.name}}
		var took []time.Duration
		for _, rec := range sample {
			began := time.Now()
			found, err := w.ask(ctx, clinician, rec)
			if err != nil {
				return err
			}
			took = append(took, time.Since(began))
			if found.TooMany {
				s.TooMany++
			}
			if holds(found, rec) {
				s.Found++
			}
		}
		s.sum(took)
		out = append(out, s)
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"entries": entries, "searches": out})
	}
	c.print(os.Stdout, entries, out)
	return nil
}

// sample takes records with a whole name and date of birth, evenly spread.
func (c *benchFindCmd) sample(ctx context.Context, h *house) (out []match.Record, entries int64, err error) {
	var all []match.Record
	step := 1
	entries, err = h.operator().SweepEntries(ctx, func(pk int64, r match.Record) error {
		if r.Given == "" || r.Family == "" || len(r.Born) != len(time.DateOnly) || pk%int64(step) != 0 {
			return nil
		}
		if all = append(all, r); len(all) >= 8*c.People { // keep every second
			kept := all[:0]
			for i := 0; i < len(all); i += 2 {
				kept = append(kept, all[i])
			}
			all, step = kept, step*2
		}
		return nil
	})
	for i := 0; i < len(all) && len(out) < c.People; i += max(1, len(all)/c.People) {
		out = append(out, all[i])
	}
	return out, entries, err
}

// way is one way to look for somebody.
type way struct {
	name string
	ask  func(ctx context.Context, e *record.Errand, r match.Record) (*record.People, error)
}

func ways() []way {
	first := func(s string) string { return strings.Fields(s)[0] }
	wanted := func(name string, w func(r match.Record) person.Wanted) way {
		return way{name, func(ctx context.Context, e *record.Errand, r match.Record) (*record.People, error) {
			return e.FindWanted(ctx, w(r))
		}}
	}
	year := func(w person.Wanted, r match.Record) person.Wanted {
		w.BornFrom, w.BornTo = r.Born[:4]+"-01-01", r.Born[:4]+"-12-31"
		return w
	}
	return []way{
		wanted("family, given, date of birth", func(r match.Record) person.Wanted {
			return person.Wanted{Family: r.Family, Given: first(r.Given), BornFrom: r.Born}
		}),
		wanted("family, date of birth", func(r match.Record) person.Wanted { return person.Wanted{Family: r.Family, BornFrom: r.Born} }),
		wanted("family, given, date of birth; by sound", func(r match.Record) person.Wanted {
			return person.Wanted{Family: r.Family, Given: first(r.Given), BornFrom: r.Born, Sounds: true}
		}),
		wanted("family, given, year of birth", func(r match.Record) person.Wanted {
			return year(person.Wanted{Family: r.Family, Given: first(r.Given)}, r)
		}),
		wanted("family, year of birth", func(r match.Record) person.Wanted { return year(person.Wanted{Family: r.Family}, r) }),
		wanted("family, given, year of birth; by sound", func(r match.Record) person.Wanted {
			return year(person.Wanted{Family: r.Family, Given: first(r.Given), Sounds: true}, r)
		}),
		wanted("family, given, ten years", func(r match.Record) person.Wanted {
			return person.Wanted{Family: r.Family, Given: first(r.Given), BornFrom: r.Born[:3] + "0-01-01", BornTo: r.Born[:3] + "9-12-31"}
		}),
		{"typed: family given year", func(ctx context.Context, e *record.Errand, r match.Record) (*record.People, error) {
			return e.FindPeople(ctx, record.PeopleQuery{Text: r.Family + " " + first(r.Given) + " " + r.Born[:4]})
		}},
		{"typed: family year", func(ctx context.Context, e *record.Errand, r match.Record) (*record.People, error) {
			return e.FindPeople(ctx, record.PeopleQuery{Text: r.Family + " " + r.Born[:4]})
		}},
	}
}

// holds tells whether somebody of the name and date of birth is among the answer.
func holds(found *record.People, r match.Record) bool {
	for _, h := range found.Hits {
		for _, it := range h.Person.Entries {
			for n := range it.Resource.Get("name").Each() {
				if strings.EqualFold(n.StrAt("family"), r.Family) && it.Resource.StrAt("birthDate") == r.Born {
					return true
				}
			}
		}
	}
	return false
}

func (c *benchFindCmd) print(w io.Writer, entries int64, list []searched) {
	fmt.Fprintf(w, "%d entries\n", entries)
	for _, s := range list {
		fmt.Fprintf(w, "%4d  p50 %.1f  p95 %.1f  max %.1f ms  %d too many, %d found  %s\n", s.Count, s.P50, s.P95, s.Max, s.TooMany, s.Found, s.Name)
	}
}
