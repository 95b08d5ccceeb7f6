package record_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/store"
	"concord/store/dictionary"
)

// counted counts the Updates that write kept pages, and refuses some.
type counted struct {
	store.Engine
	updates, refuse atomic.Int64
}

func (c *counted) Update(ctx context.Context, f func(store.Tx) error) error {
	return c.Engine.Update(ctx, func(tx store.Tx) error {
		spy := &keySpy{Tx: tx}
		if err := f(spy); err != nil || !spy.pages {
			return err
		}
		c.updates.Add(1)
		if c.refuse.Add(-1) >= 0 {
			return errors.New("not now")
		}
		return nil
	})
}

type keySpy struct {
	store.Tx
	pages bool
}

func (k *keySpy) SetKey(ctx context.Context, space string, kv store.KeyValue) error {
	k.pages = k.pages || space == "search-page"
	return k.Tx.SetKey(ctx, space, kv)
}

func (s *stage) anotherDesk() *record.Desk {
	s.t.Helper()
	codec, err := dictionary.Codec()
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := record.Open(s.ctx, record.Options{Engine: s.engine, Codec: codec, Secret: []byte(secret), Now: s.now})
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// TestPageListsAreWrittenLate: the lists that links to further pages lead to
// are written a moment later, many at once, and tried again; the pages are there
// meanwhile, in the process that gave the link and in others, and after it ended.
func TestPageListsAreWrittenLate(t *testing.T) {
	c := &counted{}
	s := newStageOn(t, func(e store.Engine) store.Engine { c.Engine = e; return c })
	var want []string
	for i := range 9 {
		p := s.create(s.client("R1K"), patient("R1K", fmt.Sprint(i), "", "Okonkwo", "Ada", fmt.Sprintf("19%02d-01-01", 50+i), "female"))
		want = append(want, p.ID)
	}
	asked := record.Asked{Types: []string{"Patient"}, Form: url.Values{"family": {"okonkwo"}, "_sort": {"gender,birthdate"}, "_count": {"4"}}}
	first := func() (*record.Found, record.Asked) {
		f, err := s.client("R1K").Search(s.ctx, asked)
		if err != nil || f.Next == "" {
			t.Fatal(f, err)
		}
		body, _, _ := strings.Cut(f.Next, ".")
		if text, _ := base64.RawURLEncoding.DecodeString(body); !strings.Contains(string(text), `"s":`) {
			t.Fatalf("the link %s leads to no list: this tests nothing", text)
		}
		next := asked
		next.Page = f.Next
		return f, next
	}
	second := func(next record.Asked) {
		t.Helper()
		f, err := s.client("R1K").Search(s.ctx, next)
		if err != nil || len(f.Matches) != 4 || f.Matches[0].ID != want[4] {
			t.Fatal(f, err)
		}
	}
	s.desk = s.anotherDesk()
	c.refuse.Store(2)
	c.updates.Store(0)
	var last record.Asked
	for range 20 {
		_, last = first()
	}
	second(last)
	if n := c.updates.Load(); n > 4 {
		t.Errorf("%d commits for 20 lists", n)
	}
	for end := time.Now().Add(10 * time.Second); c.updates.Load() < 3 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // it is counted before it is kept
	own := s.desk
	s.desk = s.anotherDesk() // as after a new start
	second(last)

	s.desk = own
	_, last = first()
	s.desk = s.anotherDesk() // as another process, a moment after the link was given
	second(last)

	if err := s.engine.Update(s.ctx, func(tx store.Tx) error {
		list, err := tx.ListKeys(s.ctx, "search-page", "", 100)
		for _, kv := range list {
			err = errors.Join(err, tx.DeleteKey(s.ctx, "search-page", kv.Key))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.desk = s.anotherDesk()
	if _, err := s.client("R1K").Search(s.ctx, last); fault.Of(err) == nil || fault.Of(err).Code != "search.page-expired" {
		t.Errorf("a list that was lost: %v", err)
	}
}
