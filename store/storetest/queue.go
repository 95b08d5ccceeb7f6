package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"concord/fault"
	"concord/store"
)

func (s *stage) lease(topic, owner string, limit int) (jobs []store.Job) {
	s.t.Helper()
	s.update(func(tx store.Tx) (err error) {
		jobs, err = tx.Lease(s.ctx, topic, owner, time.Minute, limit)
		return err
	})
	return jobs
}

func testQueue(t *testing.T, s *stage) {
	now := s.clock.Now()
	var ids []int64
	s.update(func(tx store.Tx) error {
		for i, due := range []time.Duration{0, -time.Hour, time.Hour, -2 * time.Hour} {
			id, err := tx.Enqueue(s.ctx, "mail", []byte(fmt.Sprint(i)), now.Add(due))
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		_, err := tx.Enqueue(s.ctx, "other", nil, now)
		return err
	})
	order := func(jobs []store.Job) (bodies string) {
		for _, j := range jobs {
			bodies += string(j.Body)
		}
		return bodies
	}
	equal(t, "all, oldest first", order(read(s, func(r store.Reader) ([]store.Job, error) { return r.Jobs(s.ctx, "mail", 10) })), "0123")
	equal(t, "no such topic", len(s.lease("none", "me", 10)), 0)
	got := s.lease("mail", "me", 2)
	equal(t, "oldest due first", order(got), "31")
	equal(t, "a lease", got[0], store.Job{ID: ids[3], Topic: "mail", Body: []byte("3"), Attempts: 1, Due: now.Add(-2 * time.Hour), Owner: "me", Until: now.Add(time.Minute)})
	equal(t, "the rest that is due", order(s.lease("mail", "you", 10)), "0")
	equal(t, "nothing left", order(s.lease("mail", "you", 10)), "")

	finish := func(id int64, owner string) error {
		return s.e.Update(s.ctx, func(tx store.Tx) error { return tx.Finish(s.ctx, id, owner) })
	}
	expect(t, finish(ids[0], "me"), fault.Conflict, "store.lease")
	if err := finish(ids[0], "you"); err != nil {
		t.Fatal(err)
	}
	expect(t, finish(ids[0], "you"), fault.Conflict, "store.lease")
	s.update(func(tx store.Tx) error { return tx.Retry(s.ctx, ids[1], "me", now.Add(30*time.Minute), "later") })
	expect(t, finish(ids[1], "me"), fault.Conflict, "store.lease")

	// The lease of 3 runs out: another takes it, and the first has lost it.
	s.clock.move(2 * time.Minute)
	expect(t, finish(ids[3], "me"), fault.Conflict, "store.lease")
	got = s.lease("mail", "you", 10)
	equal(t, "taken over", fmt.Sprint(order(got), got[0].Attempts), "32")
	err := s.e.Update(s.ctx, func(tx store.Tx) error { return tx.Park(s.ctx, ids[3], "me", "x") })
	expect(t, err, fault.Conflict, "store.lease")
	err = s.e.Update(s.ctx, func(tx store.Tx) error { return tx.Retry(s.ctx, ids[3], "me", now, "x") })
	expect(t, err, fault.Conflict, "store.lease")
	s.update(func(tx store.Tx) error { return tx.Park(s.ctx, ids[3], "you", "poison") })

	s.clock.move(2 * time.Hour)
	equal(t, "retried and due; parked is not", order(s.lease("mail", "me", 10)), "12")
	all := read(s, func(r store.Reader) ([]store.Job, error) { return r.Jobs(s.ctx, "mail", 10) })
	parked := all[2]
	equal(t, "what is left", order(all), "123")
	if !parked.Parked || parked.Reason != "poison" || parked.Owner != "" {
		t.Errorf("parked: %+v", parked)
	}
	s.update(func(tx store.Tx) error {
		id, err := tx.Enqueue(s.ctx, "mail", nil, time.Time{})
		if id <= ids[3] {
			t.Errorf("job id %d was used before", id)
		}
		return err
	})
}

// testQueueOwners: many owners work a queue off; no job is held by two at the
// same time, and each is done once.
func testQueueOwners(t *testing.T, s *stage) {
	const jobs, owners = 120, 6
	s.update(func(tx store.Tx) error {
		for range jobs {
			if _, err := tx.Enqueue(s.ctx, "work", []byte("x"), time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	var held sync.Map
	var done atomic.Int64
	var wg sync.WaitGroup
	for o := range owners {
		wg.Go(func() {
			owner := fmt.Sprint("owner", o)
			for {
				var got []store.Job
				err := s.e.Update(s.ctx, func(tx store.Tx) (err error) {
					got, err = tx.Lease(s.ctx, "work", owner, time.Hour, 3)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if len(got) == 0 || err != nil {
					return
				}
				for i, j := range got {
					if other, twice := held.LoadOrStore(j.ID, owner); twice {
						t.Errorf("job %d is held by %s and %s", j.ID, other, owner)
					}
					retry := i == 0 && j.Attempts == 1
					if retry {
						held.Delete(j.ID)
					}
					err := s.e.Update(s.ctx, func(tx store.Tx) error {
						if retry {
							return tx.Retry(s.ctx, j.ID, owner, time.Time{}.Add(time.Second), "again")
						}
						return tx.Finish(s.ctx, j.ID, owner)
					})
					if err != nil {
						t.Error(err)
					}
					if !retry {
						done.Add(1)
					}
				}
			}
		})
	}
	wg.Wait()
	equal(t, "jobs done", done.Load(), jobs)
	left := read(s, func(r store.Reader) ([]store.Job, error) { return r.Jobs(s.ctx, "work", 10) })
	equal(t, "jobs left", len(left), 0)
}
