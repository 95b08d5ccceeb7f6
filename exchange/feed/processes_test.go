package feed

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"concord/jobs"
	"concord/record"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
)

// TestProcesses: two processes on one database share the work: each channel and
// destination is one process's at a time, and when that ends the other goes on.
// Everything arrives, in order, and nothing is filed twice.
func TestProcesses(t *testing.T) {
	dsn := pgtest.Start(t, pgtest.Options{NoSync: true}).DSN()
	a, b := newLegacy(t), newLegacy(t)
	var both []*stage
	for i := range 2 {
		engine, err := postgres.Open(context.Background(), dsn, postgres.Options{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		s := stageOn(t, engine)
		s.lead = func(ctx context.Context, name string, f func(context.Context)) {
			l := &jobs.Lead{Engine: engine, Name: name, Owner: fmt.Sprint("process ", i), Life: 600 * time.Millisecond, Now: time.Now}
			l.Run(ctx, f)
		}
		both = append(both, s)
	}
	both[0].apply(setOf(map[string]string{"one": a.addr, "two": b.addr}, ""))
	for _, s := range both {
		s.run()
	}
	const patients, events = 6, 12
	for n := range patients {
		s := both[n%2]
		p := s.patient(n)
		enc := s.visit(p, "", 0)
		for k := 1; k < events; k++ {
			if n == 2 && k == 4 { // the process that leads may be this one
				both[0].halt()
			}
			if n == 4 && k == 4 {
				both[0].run()
				both[1].halt()
			}
			both[k%2].visit(p, enc, k)
		}
	}
	both[1].run()
	total := int64(patients * (events + 1))
	for _, name := range []string{"one", "two"} {
		both[0].eventually("everything sent to "+name, func() bool { return both[0].states(name)[record.Sent] == total })
	}
	var done []int
	for range patients {
		done = append(done, events-1)
	}
	for _, l := range []*legacy{a, b} {
		inOrder(t, l, patients, done)
		var controls []string
		for _, r := range l.once() {
			controls = append(controls, r.control)
		}
		if slices.Sort(controls); len(slices.Compact(controls)) != int(total) {
			t.Errorf("%d messages came, not %d", len(controls), total)
		}
	}
}
