package main

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"concord/exchange/intake"
	"concord/record"
	"concord/test/load"
)

// served is a house with an MLLP listener, in this process.
type served struct {
	house *house
	addr  string
}

func serveHouse(tb testing.TB) *served {
	tb.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h, err := openHouse(ctx, where{Data: tb.TempDir()}, nil, quietLog())
	if err != nil {
		tb.Fatal(err)
	}
	sock, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var wg sync.WaitGroup
	l := &intake.Listener{Receiver: h.receiver, Log: h.log}
	wg.Go(func() { l.Serve(ctx, sock) })
	wg.Go(func() { h.applier.Run(ctx) })
	tb.Cleanup(func() {
		stop()
		wg.Wait()
		h.close()
	})
	return &served{h, sock.Addr().String()}
}

// drain waits until nothing waits, and tells how long that took.
func (s *served) drain(tb testing.TB) time.Duration {
	tb.Helper()
	start := time.Now()
	parked, err := s.house.settled(context.Background(), s.house.operator(), "")
	if err != nil || parked > 0 {
		tb.Fatalf("%d parked, %v", parked, err)
	}
	return time.Since(start)
}

// BenchmarkIntake is MLLP to durable acknowledgement over 16 connections, the
// sender in the same process; then how fast what waits is applied.
func BenchmarkIntake(b *testing.B) {
	const n = 20_000
	messages := load.Results("R1K", "B", n, 2000, time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC))
	var acked, ackTime, allTime float64
	var p99 time.Duration
	for range b.N {
		s := serveHouse(b)
		start := time.Now()
		res := load.Load(context.Background(), s.addr, 16, 0, messages)
		if len(res.Acked) != n {
			b.Fatalf("%d of %d acknowledged, %v", len(res.Acked), n, res.Refused)
		}
		s.drain(b)
		acked += n
		ackTime += res.Took.Seconds()
		allTime += time.Since(start).Seconds()
		p99 = max(p99, res.Quantile(0.99))
	}
	b.ReportMetric(acked/ackTime, "acked/s")
	b.ReportMetric(acked/allTime, "applied/s")
	b.ReportMetric(float64(p99.Microseconds())/1000, "ack-p99-ms")
}

// BenchmarkVisible sends 500 messages a second and measures, for each, the
// time from its acknowledgement to its report being in the record.
func BenchmarkVisible(b *testing.B) {
	const rate, n = 500, 5000
	messages := load.Results("R1K", "V", n, 1000, time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC))
	var worst time.Duration
	for range b.N {
		s := serveHouse(b)
		stop := make(chan struct{})
		var lag []time.Duration
		var wg sync.WaitGroup
		wg.Go(func() { lag = s.watch(b, stop) })
		res := load.Load(context.Background(), s.addr, 16, rate, messages)
		if len(res.Acked) != n {
			b.Fatalf("%d of %d acknowledged", len(res.Acked), n)
		}
		s.drain(b)
		close(stop)
		wg.Wait()
		worst = max(worst, lag[len(lag)*99/100])
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "visible-p99-ms")
}

// watch samples, every 5 ms, how long the oldest message that is not yet
// applied has been waiting. It bounds from above what a message waits.
func (s *served) watch(tb testing.TB, stop chan struct{}) []time.Duration {
	var lag []time.Duration
	e := s.house.operator()
	for {
		select {
		case <-stop:
			return sorted(lag)
		case <-time.After(5 * time.Millisecond):
		}
		feeds, err := e.Feeds(context.Background())
		if err != nil {
			tb.Error(err)
			return sorted(lag)
		}
		var oldest time.Duration
		for _, f := range feeds {
			if f.ByState[record.Received] > 0 && !f.OldestDue.IsZero() {
				oldest = max(oldest, time.Since(f.OldestDue))
			}
		}
		lag = append(lag, oldest)
	}
}

func sorted(d []time.Duration) []time.Duration {
	slices.Sort(d)
	return d
}
