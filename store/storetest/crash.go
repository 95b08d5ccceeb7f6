package storetest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/standard/search"
	"concord/store"
)

// What the child of a crash test is told by its environment.
const (
	crashDir  = "STORETEST_CRASH_DIR"
	crashFrom = "STORETEST_CRASH_FROM"
)

// Crash starts the test binary again as a child that writes numbered Updates
// and says which were acknowledged, kills it at a random moment, and expects
// every acknowledged one to be there exactly once; several rounds on the same
// data. The calling test must do nothing else.
func Crash(t *testing.T, open Open, rounds int) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(t, open, dir)
		return
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(uint64(os.Getpid()), 1))
	acked := map[int]bool{}
	for round := range rounds {
		before := len(acked)
		runAndKill(t, dir, round*1_000_000, time.Duration(50+r.IntN(350))*time.Millisecond, acked)
		e := open(t, Options{Dir: dir, Now: newClock().Now})
		s := &stage{t: t, ctx: t.Context(), open: open, e: e}
		s.everyOnce(acked)
		s.check()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		t.Logf("round %d: %d acknowledged, %d in all", round, len(acked)-before, len(acked))
		if t.Failed() {
			return
		}
	}
	if len(acked) == 0 {
		t.Error("no child acknowledged anything")
	}
}

// runAndKill gathers what a child acknowledges until it is killed.
func runAndKill(t *testing.T, dir string, from int, after time.Duration, acked map[int]bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), crashDir+"="+dir, crashFrom+"="+strconv.Itoa(from))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	started := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		// Half a line at the end is not an acknowledgement; each ends in a dot.
		n, ok := strings.CutPrefix(lines.Text(), "ack ")
		if n, whole := strings.CutSuffix(n, "."); ok && whole {
			i, _ := strconv.Atoi(n)
			acked[i] = true
		}
		if !started {
			started = true
			time.AfterFunc(after, func() { child.Process.Kill() })
		}
	}
	child.Process.Kill()
	_ = child.Wait()
	if !started {
		t.Fatal("the child wrote nothing")
	}
}

// crashChild writes until it is killed, and not for ever if nobody does.
func crashChild(t *testing.T, open Open, dir string) {
	from, err := strconv.Atoi(os.Getenv(crashFrom))
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, Options{Dir: dir, Now: newClock().Now})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var n atomic.Int64
	n.Store(int64(from))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(n.Add(1))
				if err := e.Update(ctx, func(tx store.Tx) error { return numbered(ctx, tx, i) }); err != nil {
					fmt.Println("failed", err)
					return
				}
				fmt.Fprintf(os.Stdout, "ack %d.\n", i)
			}
		})
	}
	wg.Wait()
}

// numbered writes number i to each part of the store.
func numbered(ctx context.Context, tx store.Tx, i int) error {
	name := strconv.Itoa(i)
	pk, err := tx.NewRecord(ctx)
	if err != nil {
		return err
	}
	p := doc(key(pk, 1, 1), name)
	p.Body = []byte(strings.Repeat(name+" ", i%300+1))
	p.Index = search.Entries{Idents: []uint64{uint64(i) * 0x9E3779B97F4A7C15}, Code: uint64(i%5+1) << 40, Date: int64(i)}
	if _, err := tx.Put(ctx, p); err != nil {
		return err
	}
	again := p
	again.IfVersion, again.Old = 1, p.Index
	if i%4 == 0 {
		if _, err := tx.Put(ctx, again); err != nil {
			return err
		}
	}
	seq, err := tx.AppendLog(ctx, "crash", []byte(name))
	if err != nil {
		return err
	}
	if err := tx.AppendHashes(ctx, "crash", 2*seq, make([][32]byte, 2)); err != nil {
		return err
	}
	if seq, _, err = tx.Append(ctx, &store.Message{Org: "RQM", Feed: "feed" + strconv.Itoa(i%3), Control: name, Digest: uint64(i), Raw: []byte(name)}); err != nil {
		return err
	}
	if i%2 == 0 {
		if err := tx.Settle(ctx, &store.Message{Seq: seq, State: store.Applied, Records: []int64{pk}}); err != nil {
			return err
		}
	}
	if err := tx.SetLink(ctx, pk, int64(i%10+1)<<24); err != nil {
		return err
	}
	return tx.SetKey(ctx, "crash", store.KeyValue{Key: name, Value: []byte(name)})
}

// everyOnce expects every acknowledged number exactly once in each part, and
// no number twice.
func (s *stage) everyOnce(acked map[int]bool) {
	s.t.Helper()
	docs, logged, messages := map[int]int{}, map[int]int{}, map[int]int{}
	s.view(func(r store.Reader) error {
		var after store.Key
		for {
			page, err := r.Scan(s.ctx, 0, after, 1000)
			if err != nil {
				return err
			}
			for _, d := range page {
				name, _, _ := strings.Cut(string(d.Body), " ")
				i, _ := strconv.Atoi(name)
				docs[i]++
				after = d.Key
			}
			if len(page) == 0 {
				break
			}
		}
		for from := int64(0); ; {
			page, err := r.LogEntries(s.ctx, "crash", from, 1000)
			if err != nil {
				return err
			}
			for _, e := range page {
				i, _ := strconv.Atoi(string(e.Body))
				logged[i]++
				from = e.Seq + 1
			}
			if len(page) == 0 {
				break
			}
		}
		list, err := r.Messages(s.ctx, store.MessageFilter{Limit: 1 << 30})
		for _, m := range list {
			i, _ := strconv.Atoi(m.Control)
			messages[i]++
		}
		if err != nil {
			return err
		}
		for i := range acked {
			v, err := r.GetKey(s.ctx, "crash", strconv.Itoa(i))
			if err != nil {
				return err
			}
			if string(v) != strconv.Itoa(i) || docs[i] != 1 || logged[i] != 1 || messages[i] != 1 {
				s.t.Errorf("number %d was acknowledged: documents %d, log %d, messages %d, key %q", i, docs[i], logged[i], messages[i], v)
			}
		}
		return nil
	})
	for i, n := range docs {
		if n != 1 || logged[i] != 1 || messages[i] != 1 {
			s.t.Errorf("number %d: documents %d, log %d, messages %d", i, n, logged[i], messages[i])
		}
	}
}
