package feed

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"concord/record"
	"concord/standard/hl7v2"
)

const fromPAS = "MSH|^~\\&|CW_PAS|RQM|CONCORD|NWL|2026030212%02d00||ADT^A08|%s|P|2.4\rEVN||2026030212%02d00\rPID|1||%s^^^RQM^MR||Okonkwo^Ada||19480517|F\rPV1|1|I|Crick^1^2||||||||||||||||V%s\r"

// TestRelay: messages of a feed are passed on in their order, once each, under
// control ids of our own, though the feed sends a week of them again; and they
// share the order of their patient with what the record's changes make.
func TestRelay(t *testing.T) {
	h, a := newHospital(t), newLegacy(t)
	h.apply(strings.Replace(setOf(map[string]string{"one": a.addr}, ""), "source: {changes: record}", "source: {feed: cw-administration}", 1))
	h.run()
	var week [][]byte
	for i := range 40 {
		n := fmt.Sprintf("%07dA", i%4)
		week = append(week, fmt.Appendf(nil, fromPAS, i, fmt.Sprint("PAS-", i), i, n, n))
	}
	for _, raw := range week {
		h.take(raw)
	}
	h.settled()
	h.eventually("all passed on", func() bool { return h.states("one")[record.Sent] == 40 })
	for _, raw := range week {
		h.take(raw) // the feed replays
	}
	h.settled()
	h.take(fmt.Appendf(nil, fromPAS, 50, "PAS-last", 50, "0000001A", "0000001A"))
	h.eventually("and one more", func() bool { return h.states("one")[record.Sent] == 41 })
	time.Sleep(300 * time.Millisecond)
	if n := a.count(); n != 41 {
		t.Errorf("%d messages came, not 41", n)
	}
	times := map[string]string{}
	for _, r := range a.all() {
		m, err := hl7v2.Parse([]byte(r.text))
		if err != nil {
			t.Fatal(err)
		}
		at := m.Get("EVN-2")
		if at <= times[r.number] {
			t.Errorf("of %s %s came after %s", r.number, at, times[r.number])
		}
		times[r.number] = at
		if strings.HasPrefix(r.control, "PAS-") {
			t.Error("a message went under the control id of another system")
		}
	}
	sent := h.of("one", record.Sent)
	if lanes := record.LanesOf(sent[0]); len(lanes) != 2 || lanes[0].Record == 0 || lanes[1].Hash == 0 {
		t.Errorf("the lanes are %+v", lanes)
	}
}

// TestReplayedWeek: a feed that sends a week again, in order or not, changes
// nothing: every message is known, and nothing is applied twice.
func TestReplayedWeek(t *testing.T) {
	h := newHospital(t)
	var week [][]byte
	for i := range 60 {
		n := fmt.Sprintf("%07dA", i%5)
		week = append(week, fmt.Appendf(nil, fromPAS, i%60, fmt.Sprint("PAS-", i), i%60, n, n))
	}
	for _, raw := range week {
		h.take(raw)
	}
	h.settled()
	before := fmt.Sprint(h.say("Patient"), h.say("Encounter"))
	versions := h.versions()
	for i := range week {
		h.take(week[(i*37)%len(week)])
	}
	h.settled()
	if after := fmt.Sprint(h.say("Patient"), h.say("Encounter")); after != before {
		t.Error("the record is another after the replay")
	}
	if n := h.versions(); n != versions {
		t.Errorf("the replay wrote %d versions", n-versions)
	}
	feeds, err := h.engineer("RQM").Feeds(h.ctx)
	if err != nil || len(feeds) != 1 || feeds[0].ByState[record.Duplicate] != 60 || feeds[0].ByState[record.Applied] != 60 {
		t.Errorf("%+v, %v", feeds, err)
	}
}

// versions counts what was ever written.
func (h *hospital) versions() (n int) {
	h.t.Helper()
	past, err := h.operator().History(h.ctx, record.AskedHistory{Count: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(past.Versions)
}
