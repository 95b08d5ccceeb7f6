package onboard

import (
	"context"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/demo/extract"
	"concord/fault"
)

// TestPace: above the limit transactions are halved, then rests lengthen; below
// it rests shorten, then transactions grow; close to it nothing changes.
func TestPace(t *testing.T) {
	r := rule(15*time.Millisecond, 200)
	for _, c := range []struct {
		from pace
		p95  time.Duration
		want pace
	}{
		{pace{200, 0}, 20 * time.Millisecond, pace{100, 0}},
		{pace{10, 0}, 20 * time.Millisecond, pace{leastBatch, 0}},
		{pace{leastBatch, 0}, 20 * time.Millisecond, pace{leastBatch, 0.5}},
		{pace{leastBatch, 0.5}, 20 * time.Millisecond, pace{leastBatch, 1}},
		{pace{leastBatch, 15}, 20 * time.Millisecond, pace{leastBatch, 20}},
		{pace{10, 1}, 14 * time.Millisecond, pace{10, 1}},
		{pace{10, 2}, 5 * time.Millisecond, pace{10, 1.65}},
		{pace{10, 0.1}, 5 * time.Millisecond, pace{10, 0}},
		{pace{10, 0}, 5 * time.Millisecond, pace{15, 0}},
		{pace{195, 0}, 5 * time.Millisecond, pace{200, 0}},
	} {
		if got := r.next(c.from, c.p95); got != c.want {
			t.Errorf("%+v at %v: %+v, not %+v", c.from, c.p95, got, c.want)
		}
	}
}

// TestPaceSettles: whatever it is that others feel of the load, the pace comes
// to where they feel little, stays there most of the time, and works at full
// strength again when they no longer do.
func TestPaceSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quiet := rapid.Float64Range(1, 20).Draw(t, "quiet ms")
		perRow := rapid.Float64Range(0, 1).Draw(t, "ms a row")
		r := rule(time.Duration(1.5*quiet*float64(time.Millisecond)), 200)
		feels := func(p pace, busy float64) time.Duration { // who meets a transaction waits for it; the longer the rest the fewer meet one
			met := 1 / (1 + p.rest)
			wait := busy * float64(p.batch)
			if met < 0.05 {
				wait *= met / 0.05
			}
			return time.Duration((quiet + wait) * float64(time.Millisecond))
		}
		p, above := pace{200, 0}, 0
		for i := range 400 {
			felt := feels(p, perRow)
			if i >= 200 && felt > r.limit {
				above++
			}
			p = r.next(p, felt)
			if p.batch < leastBatch || p.batch > 200 || p.rest < 0 || p.rest > mostRest {
				t.Fatalf("%+v", p)
			}
		}
		if above > 100 && feels(pace{leastBatch, mostRest}, perRow) <= r.limit {
			t.Fatalf("above the limit in %d of the last 200 steps", above)
		}
		for range 200 {
			p = r.next(p, time.Duration(quiet*float64(time.Millisecond)))
		}
		if p != (pace{200, 0}) {
			t.Fatalf("nobody feels it any more, and the pace is %+v", p)
		}
	})
}

// TestPaceLearns: while what is felt lately is above the limit the aim lies lower, and
// then comes back to it.
func TestPaceLearns(t *testing.T) {
	r := rule(10*time.Millisecond, 200)
	for range 100 {
		r = r.learn(11 * time.Millisecond)
	}
	if r.share != leastShare || r.next(pace{20, 0}, 8*time.Millisecond) != (pace{10, 0}) {
		t.Errorf("%+v: 8 ms are more than what is aimed at", r)
	}
	for range 100 {
		r = r.learn(9 * time.Millisecond)
	}
	if r.share != 1 || r.next(pace{20, 0}, 8*time.Millisecond) != (pace{20, 0}) {
		t.Errorf("%+v: 8 ms are close to what is aimed at", r)
	}
}

// TestPaceForgets: a load of hours goes by what is felt lately, not by its first hour.
func TestPaceForgets(t *testing.T) {
	p := &pacer{every: probeEvery, rule: rule(10*time.Millisecond, 200), now: pace{20, 0}}
	for range mostKept + latelyProbes {
		p.felt(time.Millisecond)
	}
	for range latelyProbes {
		p.felt(20 * time.Millisecond)
	}
	if p.rule.share == 1 {
		t.Error("what is felt now is twice the limit, and the aim stays where it was")
	}
}

// TestPaceListens: what others make slow is no fault of the load: it stands still to
// hear it, and is held to a factor of that.
func TestPaceListens(t *testing.T) {
	var mu sync.Mutex
	quiet, working := true, false
	probe := func(context.Context) (time.Duration, error) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case quiet:
			return 2 * time.Millisecond, nil
		case working:
			return 40 * time.Millisecond, nil
		}
		return 10 * time.Millisecond, nil
	}
	p, err := startPace(t.Context(), Throttle{Probe: probe, every: 2 * time.Millisecond, listen: 3}, pace{batch: 100})
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	quiet = false
	mu.Unlock()
	set := func(to bool) { mu.Lock(); defer mu.Unlock(); working = to }
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); {
		err := p.run(t.Context(), time.Now, 0, func() error {
			set(true)
			time.Sleep(200 * time.Microsecond)
			set(false)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		p.mu.Lock()
		heard := p.out.Resting
		p.mu.Unlock()
		if heard != 0 {
			break
		}
	}
	if out := p.end(); out.Quiet != 2*time.Millisecond || out.Resting != 10*time.Millisecond || out.Limit != 15*time.Millisecond {
		t.Errorf("%+v", out)
	}
}

// TestWhatIsFelt: a probe that waited long stands for those that could not be
// made meanwhile.
func TestWhatIsFelt(t *testing.T) {
	var times []time.Duration
	for range 95 {
		times = corrected(times, time.Millisecond, 25*time.Millisecond)
	}
	if p := percentile95(times); p != time.Millisecond {
		t.Errorf("%v", p)
	}
	if times = corrected(times, 250*time.Millisecond, 25*time.Millisecond); len(times) != 105 || percentile95(times) < 100*time.Millisecond {
		t.Errorf("one that waited for ten counts once: %d, %v", len(times), percentile95(times))
	}
	if percentile95(nil) != 0 {
		t.Error("nothing is felt of nothing")
	}
}

// TestLoadIsPaced: a load by a probe that feels it slows down while it does,
// speeds up when it no longer does, and brings in every row all the same; one
// whose probe fails ends.
func TestLoadIsPaced(t *testing.T) {
	dir, _ := madeUp(t, extract.Options{Trust: "R1K", Patients: 60, Seed: 3})
	s := newStage(t, "R1K")
	x, r := profiled(t, s, dir, Options{})
	d := openDesk(t)

	var mu sync.Mutex
	probes, transactions, working := 0, 0, 0
	probe := func(ctx context.Context) (time.Duration, error) {
		mu.Lock()
		defer mu.Unlock()
		probes++
		if working > 0 && transactions < 40 {
			return 9 * time.Millisecond, nil
		}
		return 2 * time.Millisecond, nil
	}
	paced := *s
	paced.Now = func() time.Time { // around each transaction: wait until the probe has felt it
		mu.Lock()
		defer mu.Unlock()
		transactions++
		working++
		defer func() { working-- }()
		until := probes + windowProbes
		for tries := 0; probes > quietProbes && probes < until && tries < 500; tries++ { // when it has ended nobody probes any more
			mu.Unlock()
			time.Sleep(100 * time.Microsecond)
			mu.Lock()
		}
		return s.Now()
	}
	l, err := paced.Load(t.Context(), x, loaderOf(t, d, "R1K"), LoadOptions{Batch: 20, Throttle: Throttle{Probe: probe, every: 200 * time.Microsecond}})
	if err != nil {
		t.Fatal(err)
	}
	created := int64(0)
	for _, p := range l.Classes {
		created += p.Created
	}
	if p := l.Paced; created != r.Loadable || p.Slowed < 2 || p.Smallest != leastBatch || p.Longest < firstRest || p.Quiet != 2*time.Millisecond || p.Limit != 4500*time.Microsecond {
		t.Errorf("%d of %d rows: %+v", created, r.Loadable, l.Paced)
	}

	mu.Lock()
	probes, transactions = 0, 0
	mu.Unlock()
	u, err := paced.Undo(t.Context(), x, loaderOf(t, d, "R1K"), UndoOptions{Throttle: Throttle{Probe: probe, every: 200 * time.Microsecond}})
	if err != nil {
		t.Fatal(err)
	}
	removed := int64(0)
	for _, n := range u.Removed {
		removed += n
	}
	if p := u.Paced; removed < created || len(u.Kept) > 0 || p == nil || p.Slowed < 1 || p.Smallest != leastBatch || p.Limit != 4500*time.Microsecond {
		t.Errorf("an undo took %d of %d away: %+v, kept %v", removed, created, p, u.Kept)
	}
	n := 0
	_, err = s.Load(t.Context(), x, loaderOf(t, d, "R1K"), LoadOptions{Batch: 5, Throttle: Throttle{every: 50 * time.Microsecond, Probe: func(context.Context) (time.Duration, error) {
		if n++; n > quietProbes+2 {
			return 0, fault.New(fault.Busy, "store.full", "the disk is full")
		}
		return time.Millisecond, nil
	}}})
	if !fault.Is(err, fault.Busy) {
		t.Errorf("a load that feels nothing goes on: %v", err)
	}
}
