package main

import (
	"context"
	"sync/atomic"
	"time"

	"concord/edge/ops"
	"concord/store"
)

// ready tells whether the store can be read and written: it writes, since a full
// disk still reads.
func (h *house) ready(ctx context.Context) error {
	return h.engine.Update(ctx, func(tx store.Tx) error {
		return tx.SetKey(ctx, "ops", store.KeyValue{Key: "ready", Value: []byte(tx.Time().Format(time.RFC3339))})
	})
}

// certificateGauge tells when the certificate in force ends, so that a renewal
// that did not come is seen in time.
func (s *server) certificateGauge() []ops.Gauge {
	if s.cert == nil {
		return nil
	}
	return []ops.Gauge{{Name: "concord_certificate_expiry_seconds", Help: "When the certificate of TLS ends, seconds since 1970.",
		Read: func() float64 { return float64(s.cert.Until().Unix()) }}}
}

func (h *house) gauges() []ops.Gauge {
	counter := func(outcome string, n *atomic.Int64) ops.Gauge {
		return ops.Gauge{Name: "concord_messages_received_total", Help: "HL7 v2 messages answered, by outcome.",
			Labels: map[string]string{"outcome": outcome}, Counter: true, Read: func() float64 { return float64(n.Load()) }}
	}
	st := h.receiver.Stats
	return append(h.witnessGauges(), []ops.Gauge{
		counter("accepted", &st.Accepted), counter("failed", &st.Failed), counter("rejected", &st.Rejected),
		{Name: "concord_messages_duplicate_total", Help: "Messages that had come before.", Counter: true,
			Read: func() float64 { return float64(st.Duplicate.Load()) }},
		{Name: "concord_messages_waiting", Help: "Journalled messages that wait to be applied.", Read: func() float64 {
			var n float64
			h.engine.View(context.Background(), func(r store.Reader) error {
				tally, err := r.Tally(context.Background())
				for _, t := range tally {
					n += float64(t.ByState[store.Received])
				}
				return err
			})
			return n
		}},
	}...)
}
