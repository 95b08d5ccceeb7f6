package main

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/record"
	"concord/record/access"
	"concord/store/postgres/pgtest"
)

const labIn = `inbound:
  - name: lab-in
    source: {sender: LAB, facility: R1K}
    filter:
      pass-over:
        - name: test-patients
          when: {PID-5.1: ["ZZ*"]}
    map:
      default: {OBX-11: F}
      codes:
        - {field: OBX-8, table: {HI: H}, otherwise: refuse}
`

// handed hands a message in and gives what became of it when it is settled.
func handed(t *testing.T, h *house, text string) *record.Message {
	t.Helper()
	if ack := h.receiver.Receive(t.Context(), []byte(text), nil); !strings.Contains(string(ack), "|AA|") {
		t.Fatalf("%q: %s", text, ack)
	}
	return newestSettled(t, h)
}

func newestSettled(t *testing.T, h *house) *record.Message {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		rows, err := anOperator(h).Messages(t.Context(), record.MessageFilter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 1 && rows[0].State != record.Received {
			return rows[0]
		}
	}
	t.Fatal("the message still waits")
	return nil
}

func flagged(id, name, flag string) string {
	return strings.Replace(oru(id, "20261126100000", "P"+id, "F"+id, "20261126080500", "OBX|1|NM|K^Potassium^L||4.1|mmol/L||"+flag), "Example^Meera", name, 1)
}

func applyInbound(t *testing.T, h *house, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := h.command(t.Context(), request{Command: "feed-apply", Channels: &feedRequest{Org: "R1K", Files: map[string][]byte{"in.yaml": []byte(text)}}}, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestInboundChannel: what a rule passes over is kept, acknowledged, counted under the
// rule's name and can be put back; a field that the channel mends is mended as it is
// read, and the message stays as it came; a dead letter is read by the mended channel
// when it is put back; every message says which version it was read by. All of it
// without a restart.
func TestInboundChannel(t *testing.T) {
	for name, w := range map[string]func(t *testing.T) where{"sqlite": func(t *testing.T) where { return where{Data: t.TempDir()} }, "postgres": databaseOf} {
		t.Run(name, func(t *testing.T) { inboundChannel(t, w(t)) })
	}
}

// databaseOf is a data folder with a database of its own.
func databaseOf(t *testing.T) where {
	at := url.Values{}
	for _, word := range strings.Fields(pgtest.Start(t, pgtest.Options{NoSync: true}).DSN()) {
		name, value, _ := strings.Cut(word, "=")
		at.Set(name, value)
	}
	return where{Data: t.TempDir(), Database: "postgres:///?" + at.Encode()}
}

func inboundChannel(t *testing.T, w where) {
	h, err := openHouse(t.Context(), w, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	beside := h
	if w.Database != "" { // another process applies the files
		if beside, err = openHouse(t.Context(), w, nil, quietLog()); err != nil {
			t.Fatal(err)
		}
		defer beside.close()
	}
	ctx, stop := context.WithCancel(t.Context())
	var works sync.WaitGroup
	works.Go(func() { h.apply(ctx) })
	defer works.Wait()
	defer stop()
	if m := handed(t, h, flagged("1", "ZZTEST^One", "HI")); m.State != record.Applied || strings.Contains(string(m.Detail), "channel") {
		t.Errorf("without a channel: %+v %s", m, m.Detail)
	}
	if out := applyInbound(t, beside, labIn); !strings.Contains(out, "R1K: 0 channels out, 1 in,") || !strings.Contains(out, "applied") {
		t.Errorf("%s", out)
	}
	text := flagged("2", "ZZTEST^Two", "HI")
	passed := handed(t, h, text)
	if passed.State != record.Ignored || passed.Code != record.PassedOver || passed.Text != "passed over by the rule test-patients of the channel lab-in" || !strings.Contains(string(passed.Detail), `"channel":"lab-in R1K.1"`) {
		t.Errorf("%+v %s", passed, passed.Detail)
	}
	why := h.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity, Text: "a test of channels"})
	if _, raw, err := why.OpenMessage(ctx, passed.Seq); err != nil || string(raw) != text {
		t.Errorf("what was passed over is kept as %q %v", raw, err)
	}
	passings := func() int64 {
		list, err := anOperator(h).Passings(ctx)
		if err != nil || len(list) != 1 || list[0].Rule != "test-patients" || list[0].Channel != "lab-in" || list[0].Org != "R1K" {
			t.Fatalf("%+v %v", list, err)
		}
		return list[0].Messages
	}
	if n := passings(); n != 1 {
		t.Errorf("%d are counted", n)
	}
	text = flagged("3", "Example^Three", "HI")
	if m := handed(t, h, text); m.State != record.Applied || !strings.Contains(string(m.Detail), `"channel":"lab-in R1K.1"`) {
		t.Errorf("%+v %s", m, m.Detail)
	} else if _, raw, err := why.OpenMessage(ctx, m.Seq); err != nil || string(raw) != text {
		t.Errorf("the journal has %q %v", raw, err)
	}
	if o := foundBy(t, h, "Observation", "basedOn.0.identifier.value")["P3"]; o.StrAt("interpretation.0.coding.0.code") != "H" || o.StrAt("status") != "final" {
		t.Errorf("read as %s", o.JSON())
	}
	dead := handed(t, h, flagged("4", "Example^Four", "CRIT"))
	if dead.State != record.Parked || dead.Code != "feed.code" || dead.Place != "OBX-8" {
		t.Errorf("%+v", dead)
	}
	mended := strings.Replace(strings.Replace(labIn, "{HI: H}", "{HI: H, CRIT: HH}", 1), "ZZ*", "YY*", 1)
	applyInbound(t, beside, mended)
	if n, err := h.applier.Replay(ctx, anOperator(h), []int64{dead.Seq, passed.Seq}); err != nil || n != 2 {
		t.Fatalf("%d are put back, %v", n, err)
	}
	if m := newestSettled(t, h); m.Seq != dead.Seq || m.State != record.Applied || !strings.Contains(string(m.Detail), `"channel":"lab-in R1K.2"`) {
		t.Errorf("%+v %s", m, m.Detail)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if m, err := anOperator(h).MessageHead(ctx, passed.Seq); err != nil || m.State == record.Applied || time.Now().After(end) {
			if err != nil || m.State != record.Applied || m.Text != "" {
				t.Errorf("what was passed over and put back: %+v %v", m, err)
			}
			break
		}
	}
	if n := passings(); n != 1 {
		t.Errorf("%d are counted", n)
	}
	var list bytes.Buffer
	if err := h.command(ctx, request{Command: "feed-list", Channels: &feedRequest{}}, &list); err != nil || !strings.Contains(list.String(), "1 by test-patients") {
		t.Errorf("%s %v", list.String(), err)
	}
}
