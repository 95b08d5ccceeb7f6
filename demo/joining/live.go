package joining

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"concord/demo/linked"
	"concord/fault"
	"concord/standard/hl7v2"
)

// Seed is that of the population of the story: three in ten of the first patients
// of either joiner are known to the live trusts.
const Seed = 28

// line is one MLLP connection.
type line struct {
	conn net.Conn
	in   *hl7v2.Reader
	out  *hl7v2.Writer
}

func dial(ctx context.Context, addr string) (*line, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &line{conn, hl7v2.NewReader(conn, 1<<20), hl7v2.NewWriter(conn)}, nil
}

// send writes messages and reads their answers. Error: Invalid "demo.refused".
func (l *line) send(texts ...string) error {
	l.conn.SetDeadline(time.Now().Add(30 * time.Second))
	for _, t := range texts {
		if err := l.out.Write([]byte(t)); err != nil {
			return err
		}
	}
	for range texts {
		raw, err := l.in.Next()
		if err != nil {
			return err
		}
		m, err := hl7v2.Parse(raw)
		if err != nil {
			return err
		}
		if code := m.Get("MSA-1"); code != "AA" && code != "CA" {
			return fault.New(fault.Invalid, "demo.refused", "message %s was answered %s", m.Get("MSA-2"), code)
		}
	}
	return nil
}

// rows are the people of some trusts among the first n persons.
func rows(n int, trusts ...string) []linked.Row {
	var out []linked.Row
	for row := range linked.New(Seed, linked.Frozen()).Rows(n) {
		for _, t := range trusts {
			if row.Record.Numbers[0].Scope == t {
				out = append(out, row)
			}
		}
	}
	return out
}

// Live sends in the people of the trusts that are live, among the first n persons,
// and plants conflicts: somebody of a live trust under the number of a joiner's
// patient whom nobody there knows. It tells how many there are of both.
func Live(ctx context.Context, addr string, n, conflicts int) (people, planted int, err error) {
	l, err := dial(ctx, addr)
	if err != nil {
		return 0, 0, err
	}
	defer l.conn.Close()
	list := rows(n, "RYJ", "RQM")
	known := map[int]bool{}
	for _, r := range list {
		known[r.Person] = true
	}
	for _, victim := range rows(n/4, "R1K", "RAS") {
		if planted == conflicts {
			break
		}
		if known[victim.Person] || victim.Record.NHS == "" {
			continue
		}
		other := list[len(list)-1-planted] // beyond the joiners' extracts
		other.Record.NHS = victim.Record.NHS
		list[len(list)-1-planted] = other
		planted++
	}
	at := time.Now().AddDate(0, -1, 0)
	var batch []string
	for i, r := range list {
		if batch = append(batch, Person(r, "A28", fmt.Sprintf("L%d", i), at)); len(batch) == 50 || i == len(list)-1 {
			if err := l.send(batch...); err != nil {
				return 0, 0, err
			}
			batch = batch[:0]
		}
	}
	return len(list), planted, nil
}

// GoOn sends messages about people of some trusts until ctx ends, so many a
// second: results, and now and then a change of address.
func GoOn(ctx context.Context, addr string, n int, perSecond float64, trusts ...string) error {
	l, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	defer l.conn.Close()
	list := rows(n, trusts...)
	d := rand.New(rand.NewPCG(Seed, uint64(len(list))))
	tick := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
	defer tick.Stop()
	began := time.Now().UnixMilli()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		r := list[d.IntN(len(list))]
		control := fmt.Sprintf("G%d-%d", began, i)
		text := Result(r, control, time.Now(), 130+d.IntN(20))
		if i%10 == 9 {
			r.Record.Address = fmt.Sprintf("%d New Road", 1+d.IntN(200))
			text = Person(r, "A31", control, time.Now())
		}
		if err := l.send(text); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// Meanwhile sends changes of a joiner's patients, who are in its extract, n of
// them: what happens while its feeds are held. The last name in each is told by
// its number.
func Meanwhile(ctx context.Context, addr, trust string, people, n int) error {
	l, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	defer l.conn.Close()
	list := rows(people, trust)
	began := time.Now()
	for i := range n {
		r := list[(i/2)%len(list)] // each of them twice
		r.Record.Address = fmt.Sprintf("%d Held Lane", i)
		if err := l.send(Person(r, "A31", fmt.Sprintf("M%d-%d", began.UnixMilli(), i), began.Add(time.Duration(i)*time.Second))); err != nil {
			return err
		}
	}
	return nil
}
