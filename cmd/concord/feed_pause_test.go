package main

import (
	"bytes"
	"strings"
	"testing"

	"concord/record"
)

// TestFeedPause: a feed that comes in, and a channel for what comes in, are paused and
// resumed by command; the list says so, and how much waits.
func TestFeedPause(t *testing.T) {
	h, err := openHouse(t.Context(), where{Data: t.TempDir()}, nil, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	command := func(name string, r feedRequest) (string, error) {
		t.Helper()
		var out bytes.Buffer
		err := h.command(t.Context(), request{Command: name, Org: "R1K", Channels: &r}, &out)
		return out.String(), err
	}
	adt := func(id string) string {
		return "MSH|^~\\&|PAS|R1K|C|N|20261126073809||ADT^A08|" + id + "|P|2.4\rEVN||20261126073000\rPID|1||H100^^^PAS^MR||Example^Meera||19710612|F\r"
	}
	send(t, h, adt("1"))
	feeds, err := anOperator(h).Feeds(t.Context())
	if err != nil || len(feeds) != 1 {
		t.Fatalf("%+v %v", feeds, err)
	}
	name := feeds[0].Feed
	if _, err := command("feed-steer", feedRequest{Name: "nobody", Why: "maintenance", Pause: true}); err == nil {
		t.Error("what is not there is paused")
	}
	if out, err := command("feed-steer", feedRequest{Name: name, Why: "maintenance", Pause: true}); err != nil || !strings.Contains(out, "the feed "+name+" is paused") {
		t.Fatalf("%s %v", out, err)
	}
	if ack := h.receiver.Receive(t.Context(), []byte(adt("2")), nil); !strings.Contains(string(ack), "|AA|") {
		t.Errorf("a paused feed is not acknowledged: %s", ack)
	}
	out, err := command("feed-list", feedRequest{})
	if err != nil || !strings.Contains(out, name) || !strings.Contains(out, "paused by") || !strings.Contains(out, "maintenance") {
		t.Errorf("%s %v", out, err)
	}
	if out, err := command("feed-steer", feedRequest{Name: name, Why: "it is over"}); err != nil || !strings.Contains(out, "goes on") {
		t.Fatalf("%s %v", out, err)
	}
	applied(t, h)
	if out, _ := command("feed-list", feedRequest{}); strings.Contains(out, "paused by") {
		t.Errorf("it is still paused: %s", out)
	}

	channels := []byte("inbound:\n  - {name: admissions, source: {sender: PAS}}\n")
	if out, err := command("feed-apply", feedRequest{Org: "R1K", Files: map[string][]byte{"in.yaml": channels}}); err != nil {
		t.Fatal(out, err)
	}
	if out, err := command("feed-steer", feedRequest{Name: "admissions", Why: "maintenance", Pause: true}); err != nil || !strings.Contains(out, "the "+record.ChannelPause+" admissions is paused") {
		t.Errorf("%s %v", out, err)
	}
	if out, _ := command("feed-list", feedRequest{}); !strings.Contains(out, "paused by") {
		t.Errorf("the list does not tell of it: %s", out)
	}
}
