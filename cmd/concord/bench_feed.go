package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"concord/demo"
	"concord/exchange/feed"
	"concord/exchange/feed/channel"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// benchFeedCmd measures what goes out: changes of a record become HL7 v2
// messages for three destinations, of which one is dead. Filing and sending both
// count: the clock runs from the first look at the change feed until both live
// destinations have taken every message and that is durable here.
type benchFeedCmd struct {
	where    `embed:""`
	Messages int  `help:"Messages of a round, each for three destinations." default:"20000"`
	Rounds   int  `help:"Rounds." default:"3"`
	Lines    int  `help:"Connections to each destination." default:"4"`
	JSON     bool `help:"Print JSON instead of a table." name:"json"`
}

// feedFigures are what was measured. The receivers run in this process, on the
// same cores.
type feedFigures struct {
	Store    string    `json:"store"`
	Messages int       `json:"messages"` // of a round
	Lines    int       `json:"lines"`
	Seconds  []float64 `json:"seconds"`
	Rates    []float64 `json:"messagesPerSecond"`
	CPU      []float64 `json:"cpuSeconds"` // of this process, receivers included; the cores may be shared with others
	Sent     int64     `json:"sent"`       // to both live destinations, all rounds
	Waiting  int64     `json:"waiting"`
	Peak     int64     `json:"peakMemory"`
}

const benchOrg = "RQM"

func (c *benchFeedCmd) Run(ctx context.Context) error {
	h, err := openHouse(ctx, c.where, nil, quietLog())
	if err != nil {
		return err
	}
	defer h.close()
	out := feedFigures{Store: "SQLite", Messages: c.Messages, Lines: c.Lines}
	if h.shared {
		out.Store = "PostgreSQL"
	}
	live, err := c.destinations(ctx, h)
	if err != nil {
		return err
	}
	for round := range c.Rounds {
		if err := h.because("bench").Steer(ctx, record.ChannelPause, "bench", benchOrg, "the changes are written first", true); err != nil {
			return err
		}
		if err := c.write(ctx, h, round); err != nil {
			return err
		}
		if err := h.because("bench").Steer(ctx, record.ChannelPause, "bench", benchOrg, "now", false); err != nil {
			return err
		}
		used := cpuSeconds()
		seconds, err := c.round(ctx, h, int64((round+1)*c.Messages))
		if err != nil {
			return err
		}
		out.Seconds, out.CPU = append(out.Seconds, seconds), append(out.CPU, cpuSeconds()-used)
		out.Rates = append(out.Rates, float64(c.Messages)/seconds)
		fmt.Fprintf(os.Stderr, "round %d: %d messages in %.2f s, %.0f/s, %.2f s of CPU\n", round+1, c.Messages, seconds, float64(c.Messages)/seconds, out.CPU[round])
	}
	for _, l := range live {
		out.Sent += l.Taken.Load()
	}
	stats, _, err := h.operator().Destinations(ctx)
	if err != nil {
		return err
	}
	for _, d := range stats {
		out.Waiting += d.ByState[record.Waiting]
	}
	out.Peak = peakMemory()
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	return out.print(os.Stdout)
}

func (f *feedFigures) print(out io.Writer) error {
	sorted := slices.Clone(f.Rates)
	slices.Sort(sorted)
	cpu := slices.Clone(f.CPU)
	slices.Sort(cpu)
	_, err := fmt.Fprintf(out, "%s, %d messages a round to 3 destinations (2 live, 1 dead), %d connections each\nmessages/s  %.0f median, %.0f to %.0f over %d rounds\ncpu         %.0f µs a message (median of rounds), receivers included\nsent        %d, waiting for the dead one %d\nmemory      %.0f MB at most\n",
		f.Store, f.Messages, f.Lines, sorted[len(sorted)/2], sorted[0], sorted[len(sorted)-1], len(sorted), 1e6*cpu[len(cpu)/2]/float64(f.Messages), f.Sent, f.Waiting, float64(f.Peak)/1e6)
	return err
}

// destinations sets up the channel, two receivers and one address at which
// nobody listens.
func (c *benchFeedCmd) destinations(ctx context.Context, h *house) ([]*demo.Legacy, error) {
	text := "destinations:\n"
	var live []*demo.Legacy
	for _, name := range []string{"bench-one", "bench-two", "bench-dead"} {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		text += fmt.Sprintf("  - {name: %s, mllp: '%s', connections: %d}\n", name, socket.Addr(), c.Lines)
		if name == "bench-dead" {
			socket.Close()
			continue
		}
		l := &demo.Legacy{}
		live = append(live, l)
		go func() { _ = l.Serve(ctx, socket) }() // it ends with the measurement
	}
	text += "channels:\n  - {name: bench, source: {changes: record}, destinations: [bench-one, bench-two, bench-dead]}\n"
	set, problems := channel.Read(map[string][]byte{"bench.yaml": []byte(text)}, benchOrg)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s", problems[0])
	}
	return live, h.applyChannels(ctx, benchOrg, set, io.Discard)
}

// write makes the changes of a round: of each patient ten events of a visit,
// the admission with the patient in one commit.
func (c *benchFeedCmd) write(ctx context.Context, h *house, round int) error {
	const events, writers = 10, 8
	if err := h.engine.Bulk(ctx, true); err != nil {
		return err
	}
	failed := make(chan error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := w; n < c.Messages/events; n += writers {
				if err := benchVisit(ctx, h, round*1_000_000+n, events); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := h.engine.Bulk(ctx, false); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func benchVisit(ctx context.Context, h *house, n, events int) error {
	e := h.desk.For(access.Requester{ID: "bench", Role: access.System, Org: benchOrg, Scopes: access.Scopes{{Type: "*", Can: "cruds"}}}, access.Reason{Purpose: access.DirectCare})
	patient := fhir.Obj("resourceType", "Patient",
		"identifier", fhir.Arr(fhir.Obj("system", uk.HospitalNumber.System(benchOrg), "value", fmt.Sprintf("%08dB", n))),
		"name", fhir.Arr(fhir.Obj("family", fmt.Sprintf("Bench%d", n), "given", fhir.Arr("Made", "Up"), "prefix", fhir.Arr("Mx"))),
		"gender", "other", "birthDate", fmt.Sprintf("19%02d-03-%02d", n%80+10, n%27+1),
		"address", fhir.Arr(fhir.Obj("line", fhir.Arr(fmt.Sprint(n, " Elm Grove")), "city", "London", "postalCode", "SW10 9NH")))
	visit := func(k int) *fhir.Value {
		status := "in-progress"
		if k == events-1 {
			status = "finished"
		}
		ward := fmt.Sprintf("Ward %d/Bay %d/Bed %d", (n+k/3)%20, n%4+1, n%6+1)
		return fhir.Obj("resourceType", "Encounter", "identifier", fhir.Arr(fhir.Obj("system", uk.VisitNumber.System(benchOrg), "value", fmt.Sprint("VB", n))),
			"status", status, "class", fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code", "IMP"),
			"subject", fhir.Obj("reference", "urn:bench:patient"), "period", fhir.Obj("start", "2026-03-02T09:40:00+00:00"),
			"reasonCode", fhir.Arr(fhir.Obj("text", fmt.Sprint("step ", k))),
			"location", fhir.Arr(fhir.Obj("location", fhir.Obj("type", "Location", "identifier", fhir.Obj("system", uk.LocationCode.System(benchOrg), "value", ward), "display", ward), "status", "active")))
	}
	made, err := e.Transact(ctx, []record.Op{
		{Kind: record.Create, Type: "Patient", FullURL: "urn:bench:patient", Resource: patient},
		{Kind: record.Create, Type: "Encounter", Resource: visit(0)},
	}, record.Commit{})
	for k := 1; err == nil && k < events; k++ {
		body := visit(k).With("id", made[1].ID).With("subject", fhir.Obj("reference", "Patient/"+made[0].ID))
		_, err = e.Transact(ctx, []record.Op{{Kind: record.Update, Type: "Encounter", ID: made[1].ID, Resource: body}}, record.Commit{})
	}
	return err
}

// round runs the engine until both live destinations have taken so many, and
// says how long that took.
func (c *benchFeedCmd) round(ctx context.Context, h *house, total int64) (float64, error) {
	engine := feed.New(feed.Options{Desk: h.desk, Now: time.Now, Zone: h.desk.Zone(), Log: h.log, Owner: h.owner()})
	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(done)
		engine.Run(running)
	}()
	defer func() { stop(); <-done }()
	for ctx.Err() == nil {
		stats, _, err := h.operator().Destinations(ctx)
		if err != nil {
			return 0, err
		}
		drained := 0
		for _, d := range stats {
			if d.ByState[record.Sent] == total || d.Destination == "bench-dead" && d.ByState[record.Waiting] == total {
				drained++
			}
		}
		if drained == 3 {
			return time.Since(began).Seconds(), nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return 0, ctx.Err()
}

// cpuSeconds is what this process has used of the cores, 0 where the system does
// not tell (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
func cpuSeconds() float64 {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	const userHZ = 100
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	if err1 != nil || err2 != nil {
		return 0
	}
	return (user + system) / userHZ
}
