package intake

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"concord/record"
	"concord/store/sqlite"
)

// TestHeldFeedsWaitAndGoInOrder: while an organisation's feeds are held its
// messages are kept and not applied, those of others are; the hold outlives a
// restart; released, they are applied in the order in which they came.
func TestHeldFeedsWaitAndGoInOrder(t *testing.T) {
	w := newWard(t)
	w.apply()
	if err := w.operator().HoldFeeds(w.ctx, "R1K", "cutover", true); err != nil {
		t.Fatal(err)
	}
	for i := range 5 { // the last name that came is the one that stands
		w.mustSend(messageOf("R1K", fmt.Sprint("h", i), "ADT^A08", "1", fmt.Sprintf("2026060108000%d", i), fmt.Sprintf("Name%d^Ada", i)))
	}
	w.mustSend(messageOf("RAS", "o1", "ADT^A08", "1", "20260601080000", "Okonkwo^Ada"))
	w.until("the other organisation's message is applied", func() bool { return w.stateOf("RAS") == record.Applied })
	if s := w.stateOf("R1K"); s != record.Received {
		t.Errorf("a message of a held feed is %v", s)
	}
	dir := w.dir
	w.close()
	again := openWard(t, dir, sqlite.Options{})
	again.apply()
	again.mustSend(messageOf("RAS", "o2", "ADT^A08", "2", "20260601080000", "Bell^Bob"))
	again.until("the other organisation goes on", func() bool { return again.stateOf("RAS") == record.Applied })
	if s := again.stateOf("R1K"); s != record.Received {
		t.Errorf("after a restart a message of a held feed is %v", s)
	}
	if err := again.operator().HoldFeeds(again.ctx, "R1K", "", false); err != nil {
		t.Fatal(err)
	}
	for _, m := range again.settled() {
		if m.State != record.Applied {
			t.Errorf("message %d is %v", m.Seq, m.State)
		}
	}
	if p := again.patientOf("1"); p.Resource.StrAt("name.0.family") != "Name4" || p.Version != 5 {
		t.Errorf("version %d: %s", p.Version, p.Resource.StrAt("name.0.family"))
	}
	again.clean()
}

// stateOf is the state of an organisation's newest message.
func (w *ward) stateOf(org string) record.State {
	w.t.Helper()
	for _, m := range slices.Backward(w.rows()) {
		if m.Org == org {
			return m.State
		}
	}
	w.t.Fatal("there is no message of " + org)
	return 0
}

func (w *ward) until(what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatal("never: " + what)
		}
	}
}
