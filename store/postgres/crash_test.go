package postgres_test

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
	"concord/standard/search"
	"concord/store"
	"concord/store/postgres"
	"concord/store/postgres/pgtest"
	"concord/store/storetest"
)

// TestCrash kills the client at random moments.
func TestCrash(t *testing.T) {
	t.Setenv(pgtest.Env, server.DSN(t)) // the child writes to the same server
	storetest.Crash(t, open, 4)
}

// numbered writes number i to several parts of the store.
func numbered(ctx context.Context, tx store.Tx, i int) error {
	name := strconv.Itoa(i)
	pk, err := tx.NewRecord(ctx)
	if err != nil {
		return err
	}
	p := store.Put{Key: store.Key{PK: pk, LID: store.MakeLID(1, 1)}, Org: "RQM", Feed: "f", Body: []byte(strings.Repeat(name+" ", i%100+1))}
	p.Index = search.Entries{Idents: []uint64{uint64(i) * 0x9E3779B97F4A7C15}, Code: uint64(i%5+1) << 40, Date: int64(i + 1), Terms: []uint64{uint64(i % 7)}}
	if _, err := tx.Put(ctx, p); err != nil {
		return err
	}
	seq, err := tx.AppendLog(ctx, "crash", []byte(name))
	if err != nil {
		return err
	}
	if err := tx.AppendHashes(ctx, "crash", 2*seq, make([][32]byte, 2)); err != nil {
		return err
	}
	if i%9 == 0 { // some look, so that the transaction opens early
		if _, err := tx.Versions(ctx, p.Key); err != nil {
			return err
		}
	}
	if err := tx.SetLink(ctx, pk, int64(i%10+1)<<20); err != nil {
		return err
	}
	return tx.SetKey(ctx, "crash", store.KeyValue{Key: name, Value: []byte(name)})
}

// outcome of a numbered Update.
const (
	kept = iota + 1
	refused
	unknown
)

// TestServerCrash kills the server, all its processes at once, while Updates
// run, and starts it again; the engine stays open. What was acknowledged is
// there exactly once, what was refused is not there at all, and nothing is
// halved.
func TestServerCrash(t *testing.T) {
	s := pgtest.Start(t, pgtest.Options{NoSync: true})
	e, err := postgres.Open(t.Context(), s.DSN(), postgres.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := context.Background()
	var outcomes sync.Map
	var n atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for !stop.Load() {
				i := int(n.Add(1))
				err := e.Update(ctx, func(tx store.Tx) error { return numbered(ctx, tx, i) })
				f := fault.Of(err)
				switch {
				case f == nil:
					outcomes.Store(i, kept)
				case f.Code == "store.unknown-outcome":
					outcomes.Store(i, unknown)
				case f.Kind == fault.Busy && f.Code == "store.unreachable":
					outcomes.Store(i, refused)
					time.Sleep(5 * time.Millisecond)
				default:
					t.Errorf("update %d: %v", i, err)
				}
			}
		})
	}
	for round := range 4 {
		time.Sleep(time.Duration(300+50*round) * time.Millisecond)
		s.Kill()
		time.Sleep(50 * time.Millisecond)
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(500 * time.Millisecond)
	stop.Store(true)
	wg.Wait()
	verify(t, e, &outcomes)
}

// verify holds the store against the outcomes of numbered Updates.
func verify(t *testing.T, e *postgres.Engine, outcomes *sync.Map) {
	t.Helper()
	ctx := t.Context()
	docs, logged := map[int]int{}, map[int]int{}
	for _, d := range scanAll(t, e) {
		name, _, _ := strings.Cut(string(d.Body), " ")
		i, _ := strconv.Atoi(name)
		docs[i]++
	}
	count := map[int]int{}
	err := e.View(ctx, func(r store.Reader) error {
		for from, more := int64(0), true; more; {
			page, err := r.LogEntries(ctx, "crash", from, 1000)
			if err != nil {
				return err
			}
			more = len(page) > 0
			for _, l := range page {
				i, _ := strconv.Atoi(string(l.Body))
				logged[i]++
				from = l.Seq + 1
			}
		}
		outcomes.Range(func(k, v any) bool {
			i, outcome := k.(int), v.(int)
			count[outcome]++
			key, err := r.GetKey(ctx, "crash", strconv.Itoa(i))
			if err != nil {
				t.Error(err)
				return false
			}
			times := fmt.Sprint(docs[i], logged[i], len(key) > 0)
			if outcome == kept && times != "1 1 true" || outcome == refused && times != "0 0 false" || times != "1 1 true" && times != "0 0 false" {
				t.Errorf("update %d, outcome %d: %s", i, outcome, times)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kept, %d refused, %d unknown", count[kept], count[refused], count[unknown])
	if count[kept] == 0 {
		t.Error("nothing was kept")
	}
	if found := findings(t, e); len(found) > 0 {
		t.Error(found)
	}
}
