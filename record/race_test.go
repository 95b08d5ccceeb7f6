package record_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/store/dictionary"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// TestArrivalsOfSeveralProcesses: engines and desks of their own on one
// PostgreSQL, as processes have them, bring records of the same people at the
// same moment while stewards rule on them. However they meet, each entry is of
// one person, records that are certainly one are one, and ids lead on.
func TestArrivalsOfSeveralProcesses(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{NoSync: true})
	const processes, people = 4, 6
	var clock atomic.Int64
	clock.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixMicro())
	now := func() time.Time { return time.UnixMicro(clock.Add(1)).UTC() }
	var stages []*stage
	for range processes {
		engine, err := postgres.Open(t.Context(), server.DSN(), postgres.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		codec, err := dictionary.Codec()
		if err != nil {
			t.Fatal(err)
		}
		s := &stage{t: t, ctx: context.Background(), engine: engine}
		s.clock.Store(clock.Load())
		if s.desk, err = record.Open(s.ctx, record.Options{Engine: engine, Codec: codec, Secret: []byte(secret), Now: now}); err != nil {
			t.Fatal(err)
		}
		stages = append(stages, s)
	}
	orgs := []string{"R1K", "RAS", "RQM", "RYJ"}
	ids := make([][]string, people)
	for who := range people {
		ids[who] = make([]string, processes)
		number := stages[0].freshNumbers(1)[0]
		var wg sync.WaitGroup
		for p, s := range stages {
			wg.Go(func() {
				v := s.json(patient(orgs[p], fmt.Sprint("n", who), number, "Penhaligon", "Liwen", fmt.Sprintf("1950-01-%02d", who*4+1), "female"))
				res, err := s.client(orgs[p]).Transact(s.ctx, []record.Op{{Kind: record.Create, Type: "Patient", Resource: v}}, record.Commit{})
				if err != nil {
					t.Error(err)
					return
				}
				ids[who][p] = res[0].ID
				if who > 0 && ids[who-1][p] != "" { // two stewards and more on the same two people
					_, err := s.as(access.Steward).Rule(s.ctx, record.IdentityRuling{Verb: person.Join, A: ids[0][p], B: ids[who-1][p], Why: "race"})
					if err != nil && !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	}
	for who := range people {
		for p := range processes {
			if ids[who][p] == "" || stages[p].personOf(ids[who][p]) != stages[0].personOf(ids[who][0]) {
				t.Errorf("record %d of person %d is of %s", p, who, stages[p].personOf(ids[who][p]))
			}
		}
	}
	stages[1].clean()
}
