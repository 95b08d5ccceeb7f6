package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/standard/search"
	"concord/store"
)

// Options are what the suite asks of an engine that it opens.
type Options struct {
	Dir  string           // where it lies; opening the same one again finds the same data
	Now  func() time.Time // the clock
	Room int64            // bytes that it may use, 0 = no limit
}

// Open opens an engine; the suite closes it.
type Open func(t testing.TB, o Options) store.Engine

// Run runs everything that needs one engine.
func Run(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *stage)
	}{
		{"Put", testPut}, {"Versions", testVersions}, {"Tombstone", testTombstone}, {"Index", testIndex},
		{"Claim", testClaim}, {"FindString", testFindString}, {"Population", testPopulation}, {"NextSeq", testNextSeq},
		{"Chart", testChart}, {"ChartNewest", testChartNewest}, {"ChartAsAt", testChartAsAt}, {"Scan", testScan}, {"ScanWhileWriting", testScanWhileWriting},
		{"Records", testRecords}, {"RecordsWithin", testRecordsWithin}, {"IndexAnew", testIndexAnew}, {"History", testHistory}, {"Bodies", testBodies},
		{"Feed", testFeed}, {"FeedWhole", testFeedWhole}, {"Clock", testClock},
		{"Atomic", testAtomic}, {"Panic", testPanic}, {"Cancelled", testCancelled}, {"OwnWrites", testOwnWrites}, {"Snapshot", testSnapshot}, {"LostUpdate", testLostUpdate},
		{"Journal", testJournal}, {"JournalDuplicate", testJournalDuplicate}, {"JournalFilter", testJournalFilter}, {"JournalCounts", testJournalCounts}, {"JournalOut", testJournalOut}, {"JournalRewrite", testJournalRewrite},
		{"Keys", testKeys}, {"KeyExpiry", testKeyExpiry}, {"Links", testLinks}, {"LinkWithin", testLinkWithin},
		{"Logs", testLogs}, {"LogsTogether", testLogsTogether}, {"LogsMixed", testLogsMixed}, {"LogMark", testLogMark}, {"Queue", testQueue}, {"QueueOwners", testQueueOwners},
		{"Bulk", testBulk}, {"Reopen", testReopen}, {"Usage", testUsage}, {"Model", testModel},
	} {
		t.Run(part.name, func(t *testing.T) {
			s := newStage(t, open)
			part.test(t, s)
			s.check()
		})
	}
}

// stage is one engine on an empty directory, with a clock that a test moves.
type stage struct {
	t     testing.TB
	ctx   context.Context
	open  Open
	o     Options
	e     store.Engine
	clock *clock
}

func newStage(t testing.TB, open Open) *stage {
	t.Helper()
	c := newClock()
	s := &stage{t: t, ctx: t.Context(), open: open, o: Options{Dir: t.TempDir(), Now: c.Now}, clock: c}
	s.e = open(t, s.o)
	t.Cleanup(func() { s.e.Close() })
	return s
}

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// reopen closes the engine and opens it again on the same data.
func (s *stage) reopen() {
	s.t.Helper()
	if err := s.e.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.e = s.open(s.t, s.o)
}

// check expects the engine to find nothing wrong.
func (s *stage) check() {
	s.t.Helper()
	err := s.e.Check(context.Background(), func(f store.Finding) { s.t.Errorf("check: %s at %s: %s", f.Code, f.Where, f.Text) })
	if err != nil {
		s.t.Error(err)
	}
}

// update runs f and expects it to be kept.
func (s *stage) update(f func(store.Tx) error) {
	s.t.Helper()
	if err := s.e.Update(s.ctx, f); err != nil {
		s.t.Fatal(err)
	}
}

// view runs f on a snapshot.
func (s *stage) view(f func(store.Reader) error) {
	s.t.Helper()
	if err := s.e.View(s.ctx, f); err != nil {
		s.t.Fatal(err)
	}
}

// put writes one document and gives its version.
func (s *stage) put(p store.Put) int64 {
	s.t.Helper()
	var v int64
	s.update(func(tx store.Tx) error {
		var err error
		v, err = tx.Put(s.ctx, p)
		return err
	})
	return v
}

// read runs one question and expects an answer.
func read[T any](s *stage, f func(store.Reader) (T, error)) T {
	s.t.Helper()
	var out T
	s.view(func(r store.Reader) error {
		var err error
		out, err = f(r)
		return err
	})
	return out
}

func key(pk int64, typ uint16, seq uint32) store.Key {
	return store.Key{PK: pk, LID: store.MakeLID(typ, seq)}
}

// doc is a put of a new document with a body that tells it from others.
func doc(k store.Key, body string) store.Put {
	return store.Put{Key: k, Org: "RQM", Feed: "test", Body: []byte(body)}
}

// next is the put that replaces version v of p.
func next(p store.Put, v int64, body string, index search.Entries) store.Put {
	p.Old, p.Index, p.IfVersion, p.Body, p.Deleted = p.Index, index, v, []byte(body), false
	return p
}

// gone is the put that deletes version v of p.
func gone(p store.Put, v int64) store.Put {
	p = next(p, v, "", search.Entries{})
	p.Deleted, p.Body = true, nil
	return p
}

// expect tells that err must be a fault of that kind and code.
func expect(t testing.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	f := fault.Of(err)
	if f == nil || f.Kind != kind || f.Code != code {
		t.Fatalf("want %v %s, got %v", kind, code, err)
	}
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Fatalf("%s:\n got %s\nwant %s", what, g, w)
	}
}

var errRefused = errors.New("refused by the test")
