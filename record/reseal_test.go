package record_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/seal"
	"concord/standard/fhir"
	"concord/store"
	"concord/store/dictionary"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/sqlite"
)

// sealedHouse is a store with its key file, which can be opened by several
// desks: as other processes do, or as one does after a crash.
type sealedHouse struct {
	*stage
	masters *seal.Masters
}

func masterKeys(t *testing.T) *seal.Masters {
	t.Helper()
	line, err := seal.NewMaster("one")
	if err != nil {
		t.Fatal(err)
	}
	m, err := seal.ParseMasters([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// open is a desk and its keyring, as another process has them.
func (h *sealedHouse) open(masters *seal.Masters) (*record.Desk, *seal.Keyring) {
	h.t.Helper()
	ring, err := seal.Open(h.ctx, h.engine, masters)
	if err != nil {
		h.t.Fatal(err)
	}
	codec, err := dictionary.Codec()
	if err != nil {
		h.t.Fatal(err)
	}
	desk, err := record.Open(h.ctx, record.Options{Engine: h.engine, Codec: codec, Secret: []byte(secret), Now: h.now, Seals: ring})
	if err != nil {
		h.t.Fatal(err)
	}
	return desk, ring
}

func (h *sealedHouse) operatorOf(desk *record.Desk) *record.Errand {
	return desk.For(access.Requester{ID: "op", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
}

// mortal is an engine whose process dies with one of its Updates, before or
// after it was kept.
type mortal struct {
	store.Engine
	armed atomic.Bool
	left  int
	die   func()
	kept  bool // what it dies with
}

func (m *mortal) Update(ctx context.Context, f func(store.Tx) error) error {
	if !m.armed.Load() {
		return m.Engine.Update(ctx, f)
	}
	m.left--
	if m.left > 0 {
		return m.Engine.Update(ctx, f)
	}
	defer m.die()
	if m.kept {
		if err := m.Engine.Update(ctx, f); err != nil {
			return err
		}
	}
	return fault.New(fault.Internal, "test.died", "the process died")
}

// onEngines runs a test on both engines.
func onEngines(t *testing.T, f func(t *testing.T, h *sealedHouse)) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			h := &sealedHouse{stage: &stage{t: t, ctx: context.Background()}, masters: masterKeys(t)}
			h.clock.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixMicro())
			var err error
			if name == "sqlite" {
				h.engine, err = sqlite.Open(h.ctx, t.TempDir(), sqlite.Options{Now: h.now, NoSync: true})
			} else {
				if pgtest.Binaries() == "" {
					t.Skip("NO POSTGRESQL: sealing anew is not tried on it (make tools)")
				}
				h.engine, err = postgres.Open(h.ctx, pgtest.Start(t, pgtest.Options{NoSync: true}).DSN(), postgres.Options{Now: h.now})
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { h.engine.Close() })
			f(t, h)
		})
	}
}

// write makes resources of several versions, and messages, of an organisation.
func (h *sealedHouse) write(org string, from, n int) {
	h.t.Helper()
	e := h.client(org)
	for i := from; i < from+n; i++ {
		for v := range 2 {
			basic := fmt.Sprintf(`{"resourceType":"Basic","id":"b-%s-%d","code":{"text":"%s %d/%d"}}`, org, i, strings.Repeat("diagnosis ", 10), i, v)
			if _, err := h.put(e, h.json(basic), 0); err != nil {
				h.t.Fatal(err)
			}
		}
		m := &record.Message{Org: org, Feed: "pas-" + org, Control: strconv.Itoa(i), Trigger: "ADT^A01", Digest: uint64(i) + 1, Raw: []byte(strings.Repeat("MSH|diagnosis|", 10))}
		if err := e.Receive(h.ctx, []*record.Message{m}); err != nil {
			h.t.Fatal(err)
		}
	}
}

// under counts what lies in the clear (0) and under each data key.
func (h *sealedHouse) under() map[int]int {
	h.t.Helper()
	out := map[int]int{}
	for _, part := range store.BodyParts() {
		at := store.BodyPlace{Part: part}
		for {
			var some []store.Body
			err := h.engine.View(h.ctx, func(r store.Reader) (err error) { some, err = r.Bodies(h.ctx, at, 500); return err })
			if err != nil {
				h.t.Fatal(err)
			}
			if len(some) == 0 {
				break
			}
			for _, b := range some {
				if b.Packed[0] != 3 {
					out[0]++
				} else {
					out[int(b.Packed[2])<<8|int(b.Packed[3])]++
				}
			}
			at = some[len(some)-1].BodyPlace
		}
	}
	return out
}

// walked runs the background work until the walk has ended.
func (h *sealedHouse) walked(desk *record.Desk, most time.Duration) record.Resealing {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.ctx, most)
	defer stop()
	done := make(chan struct{})
	go func() { desk.Work(ctx, "test"); close(done) }()
	defer func() { stop(); <-done }()
	for {
		got, err := h.operatorOf(desk).Resealing(h.ctx)
		if err != nil {
			h.t.Fatal(err)
		}
		if got.Phase == "" && !got.Ended.IsZero() {
			return got
		}
		if ctx.Err() != nil {
			h.t.Fatalf("it has come to %+v", got)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// readable reads everything that write has made.
func (h *sealedHouse) readable(desk *record.Desk, org string, n int) {
	h.t.Helper()
	h.desk = desk
	e := h.client(org)
	for i := range n {
		id := fmt.Sprintf("b-%s-%d", org, i)
		for v := int64(1); v <= 2; v++ {
			it, err := e.ReadVersion(h.ctx, "Basic", id, v)
			if err != nil || !strings.HasSuffix(it.Resource.StrAt("code.text"), fmt.Sprintf("%d/%d", i, v-1)) {
				h.t.Fatalf("%s version %d: %v", id, v, err)
			}
		}
	}
	all, err := e.Pending(h.ctx, 0, 1000)
	if err != nil || len(all) < n {
		h.t.Fatalf("%d messages: %v", len(all), err)
	}
}

// TestReseal: after a new key for an organisation everything of it, also what
// was in the clear, is sealed under it in the background; the old key is then
// dropped, and everything opens, for who begins without it.
func TestReseal(t *testing.T) {
	onEngines(t, func(t *testing.T, h *sealedHouse) {
		const n = 150 // more than a batch of each kind
		h.desk, _ = h.open(nil)
		h.write("R1K", 0, 5)
		var ring *seal.Keyring
		h.desk, ring = h.open(h.masters)
		h.write("R1K", 5, n-5)
		h.write("RAS", 0, 5)
		if _, err := h.operatorOf(h.desk).DropKeys(h.ctx); fault.Of(err) == nil || fault.Of(err).Code != "seal.not-proven" {
			t.Errorf("keys are dropped before anything is proven: %v", err)
		}
		if err := ring.Rotate(h.ctx, "R1K"); err != nil {
			t.Fatal(err)
		}
		before := h.under()
		if before[0] != 15 || before[1] != 3*(n-5) || before[3] != 0 {
			t.Fatalf("before: %v", before)
		}
		st, err := h.operatorOf(h.desk).Reseal(h.ctx)
		if err != nil || len(st.Spent) != 1 || st.Spent[0] != 1 {
			t.Fatalf("%+v %v", st, err)
		}
		again, err := h.operatorOf(h.desk).Reseal(h.ctx)
		if err != nil || again.Job != st.Job {
			t.Errorf("a second one: %+v %v", again, err)
		}
		if _, err := h.operatorOf(h.desk).DropKeys(h.ctx); err == nil {
			t.Error("keys are dropped while it runs")
		}
		got := h.walked(h.desk, time.Minute)
		after := h.under()
		if got.Sealed != int64(before[0]+before[1]) || got.Left != 0 || after[0] != 0 || after[1] != 0 || after[3] != 3*n || after[2] != 15 {
			t.Errorf("%+v: %v, before %v", got, after, before)
		}
		dropped, err := h.operatorOf(h.desk).DropKeys(h.ctx)
		if err != nil || len(dropped) != 1 || dropped[0] != 1 {
			t.Fatalf("dropped %v: %v", dropped, err)
		}
		desk, fresh := h.open(h.masters)
		if len(fresh.Keys()) != 2 {
			t.Errorf("%+v", fresh.Keys())
		}
		h.readable(desk, "R1K", n)
		h.readable(desk, "RAS", 5)
		if _, err := seal.Open(h.ctx, h.engine, masterKeys(t)); err == nil {
			t.Error("another key file opens the store")
		}
		h.clean()
	})
}

// TestResealAfterACrash: a walk that ends anywhere, as if the process had died,
// goes on in the next one, which does nothing twice.
func TestResealAfterACrash(t *testing.T) {
	onEngines(t, func(t *testing.T, h *sealedHouse) {
		const n = 250
		var ring *seal.Keyring
		h.desk, ring = h.open(h.masters)
		h.write("R1K", 0, n)
		if err := ring.Rotate(h.ctx, "R1K"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.operatorOf(h.desk).Reseal(h.ctx); err != nil {
			t.Fatal(err)
		}
		deaths := 0
		for budget := 1; ; budget++ {
			h.desk, _ = h.open(h.masters)
			ctx, die := context.WithCancel(h.ctx)
			frail := &mortal{Engine: h.engine, left: budget, die: die, kept: budget%2 == 0}
			codec, err := dictionary.Codec()
			if err != nil {
				t.Fatal(err)
			}
			_, seals := h.open(h.masters)
			desk, err := record.Open(h.ctx, record.Options{Engine: frail, Codec: codec, Secret: []byte(secret), Now: h.now, Seals: seals})
			if err != nil {
				t.Fatal(err)
			}
			frail.armed.Store(true)
			desk.Work(ctx, "dies-"+strconv.Itoa(budget))
			deaths++
			h.clock.Add((2 * time.Minute).Microseconds()) // its lease is over
			got, err := h.operatorOf(h.desk).Resealing(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got.Phase == "" {
				if got.Sealed != 3*n || got.Left != 0 {
					t.Errorf("after %d deaths: %+v", deaths, got)
				}
				break
			}
			if deaths > 60 {
				t.Fatalf("it does not end: %+v", got)
			}
		}
		if deaths < 3 {
			t.Errorf("it died %d times", deaths)
		}
		if after := h.under(); after[1] != 0 || after[2] != 3*n {
			t.Errorf("%v", after)
		}
		if _, err := h.operatorOf(h.desk).DropKeys(h.ctx); err != nil {
			t.Fatal(err)
		}
		desk, _ := h.open(h.masters)
		h.readable(desk, "R1K", n)
		h.clean()
	})
}

// TestRotationTogether: processes that write while another rotates, and do not
// know of it, keep nothing under the old key once it was replaced.
func TestRotationTogether(t *testing.T) {
	onEngines(t, func(t *testing.T, h *sealedHouse) {
		desk, _ := h.open(h.masters)
		_, other := h.open(h.masters)
		h.desk = desk
		h.write("R1K", 0, 3)
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				e := h.client("R1K")
				for i := range 25 {
					v, err := fhir.ParseObject([]byte(fmt.Sprintf(`{"resourceType":"Basic","id":"w%d-%d","code":{"text":"x"}}`, w, i)))
					if err == nil {
						_, err = h.put(e, v, 0)
					}
					if err == nil {
						err = e.Receive(h.ctx, []*record.Message{{Org: "R1K", Feed: "f", Control: fmt.Sprint(w, i), Trigger: "ADT^A01", Digest: uint64(w*100 + i + 10), Raw: []byte("MSH|x")}})
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 3 {
			if err := other.Rotate(h.ctx, "R1K"); err != nil {
				t.Error(err)
			}
			old := h.under()
			delete(old, len(other.Keys()))
			h.write("R1K", 1000+len(other.Keys()), 2)
			now := h.under()
			for number, n := range old {
				if now[number] > n {
					t.Errorf("%d bodies under key %d, which was replaced when there were %d", now[number], number, n)
				}
			}
		}
		wg.Wait()
		h.clean()
	})
}
