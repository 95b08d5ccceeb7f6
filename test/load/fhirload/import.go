package fhirload

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"concord/standard/fhir"
)

// Import posts copies of the corpus, the transactions of several workers at a
// time: hospitals and practitioners of all copies first. From is the number of
// the first copy, so that a second import brings other people.
func (t *Target) Import(ctx context.Context, c *Corpus, from, copies, workers int) (*Report, error) {
	all := newTally()
	began := time.Now()
	for _, group := range [][]*original{c.first, c.rest} {
		if err := t.importGroup(ctx, all, group, from, copies, workers); err != nil {
			return nil, err
		}
	}
	scenario := fmt.Sprintf("import, %d workers", workers)
	return t.report(scenario, workers, time.Since(began), all), nil
}

func (t *Target) importGroup(ctx context.Context, all *tally, group []*original, from, copies, workers int) error {
	var next atomic.Int64
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			c := &client{conn: &conn{target: t}, tally: newTally(), looked: map[string]int{}}
			defer c.conn.close()
			var text []byte
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(group)*copies {
					break
				}
				o := group[i%len(group)]
				text = o.copy(text[:0], from+i/len(group))
				c.post(ctx, o, text)
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(c.tally)
		})
	}
	wg.Wait()
	return ctx.Err()
}

// post sends one transaction and checks that every entry was created.
func (c *client) post(ctx context.Context, o *original, text []byte) {
	const kind = "transaction"
	a, ok, err := c.call(ctx, kind, "POST", "", text, 200, 200)
	if err != nil || !ok {
		return
	}
	if n := bytes.Count(a.body, []byte(`"location"`)); n != o.resources {
		c.tally.fail(kind, "%s: %d of %d resources have a location", o.name, n, o.resources)
		return
	}
	if c.sampled(kind) {
		if err := allCreated(a.body, o.resources); err != nil {
			c.tally.fail(kind, "%s: %v", o.name, err)
			return
		}
	}
	c.tally.resources += o.resources
}

func allCreated(body []byte, want int) error {
	b, err := fhir.ParseObject(body)
	if err != nil {
		return err
	}
	if got := b.StrAt("type"); got != "transaction-response" {
		return fmt.Errorf("the answer is a %s of type %q", b.Type(), got)
	}
	n := 0
	for e := range b.Get("entry").Each() {
		if !strings.HasPrefix(e.StrAt("response.status"), "201") {
			return fmt.Errorf("entry %d: %s", n, e.StrAt("response.status"))
		}
		n++
	}
	if n != want {
		return fmt.Errorf("%d entries, not %d", n, want)
	}
	return nil
}
