package load

import (
	"context"
	"fmt"
	"net"
	"sort"
	"sync"
	"time"

	"concord/standard/hl7v2"
)

// Result is what a load of messages came to.
type Result struct {
	Sent     int
	Acked    []string // control ids that were accepted
	Refused  map[string]int
	Took     time.Duration
	Latency  []time.Duration // of each answer, ascending
	Failures int             // connections that broke
}

// Rate is accepted messages a second.
func (r Result) Rate() float64 { return float64(len(r.Acked)) / r.Took.Seconds() }

// Quantile is the latency below which the share q of the answers came.
func (r Result) Quantile(q float64) time.Duration {
	if len(r.Latency) == 0 {
		return 0
	}
	return r.Latency[min(len(r.Latency)-1, int(q*float64(len(r.Latency))))]
}

// Load sends messages over several MLLP connections; each waits for its answer
// before it sends the next. perSecond bounds the whole, 0 = as fast as it goes.
// A connection that breaks stops sending: what it had no answer for is not
// counted as accepted.
func Load(ctx context.Context, addr string, connections, perSecond int, messages [][]byte) Result {
	res := Result{Refused: map[string]int{}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := time.Now()
	for c := range connections {
		wg.Go(func() {
			part, err := one(ctx, addr, start, perSecond, c, connections, messages)
			mu.Lock()
			defer mu.Unlock()
			res.Sent += part.Sent
			res.Acked = append(res.Acked, part.Acked...)
			res.Latency = append(res.Latency, part.Latency...)
			for k, n := range part.Refused {
				res.Refused[k] += n
			}
			if err != nil {
				res.Failures++
			}
		})
	}
	wg.Wait()
	res.Took = time.Since(start)
	sort.Slice(res.Latency, func(i, j int) bool { return res.Latency[i] < res.Latency[j] })
	return res
}

// one sends every n-th message over one connection.
func one(ctx context.Context, addr string, start time.Time, perSecond, first, step int, messages [][]byte) (Result, error) {
	res := Result{Refused: map[string]int{}}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return res, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	in, out := hl7v2.NewReader(conn, 1<<20), hl7v2.NewWriter(conn)
	for i := first; i < len(messages); i += step {
		if perSecond > 0 {
			time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		}
		sent := time.Now()
		if err := out.Write(messages[i]); err != nil {
			return res, err
		}
		res.Sent++
		raw, err := in.Next()
		if err != nil {
			return res, err
		}
		ack, err := hl7v2.Parse(raw)
		if err != nil {
			return res, err
		}
		if code := ack.Get("MSA-1"); code == "AA" || code == "CA" {
			res.Acked = append(res.Acked, ack.Get("MSA-2"))
			res.Latency = append(res.Latency, time.Since(sent))
		} else {
			res.Refused[code]++
		}
	}
	return res, nil
}

// Results makes n ORU R01 messages of one trust about the given number of
// patients: a blood count of four tests each. Control ids and filler numbers
// are prefix and index.
func Results(trust, prefix string, n, patients int, at time.Time) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		p := i % patients
		stamp := at.Add(time.Duration(i) * time.Second).Format("20060102150405")
		id := fmt.Sprintf("%s%06d", prefix, i)
		out[i] = fmt.Appendf(nil, "MSH|^~\\&|LAB|%[1]s|CONCORD|NWL|%[2]s||ORU^R01|%[3]s|P|2.4\r"+
			"PID|1||L%06[4]d^^^%[1]s^MR||Load%[5]s^Test||19%02[6]d0315|F|||1 Load Lane^^London^^HA1 1AA\r"+
			"PV1|1|I|W1^B1^1\r"+
			"ORC|RE|P%[3]s|F%[3]s\r"+
			"OBR|1|P%[3]s|F%[3]s|FBC^Full blood count^L|||%[2]s|||||||||||||||%[2]s||HM|F\r"+
			"OBX|1|NM|HB^Haemoglobin^L||%[7]d|g/L|130-180|L|||F\r"+
			"OBX|2|NM|WBC^White cell count^L||7.%[8]d|10*9/L|4.0-11.0||||F\r"+
			"OBX|3|NM|PLT^Platelets^L||2%02[6]d|10*9/L|150-400||||F\r"+
			"OBX|4|NM|CRP^C-reactive protein^L||%[8]d|mg/L|0-5||||F\r",
			trust, stamp, id, p, letters(p), p%90+10, 90+i%70, i%10)
	}
	return out
}

// letters spells a number, since names have no digits.
func letters(n int) string {
	s := ""
	for ; n > 0; n /= 26 {
		s = string(rune('a'+n%26)) + s
	}
	return s
}
