package intake

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"concord/exchange/feed/channel"
	"concord/record"
	"concord/store/sqlite"
)

// TestPausedChannelKeepsAndGoesInOrder: what comes for a channel, or from a feed, that is
// paused is acknowledged and kept, and not applied; the rest of the organisation goes on;
// the pause outlives a restart; resumed, what waited is applied in the order in which it
// came, and nothing is lost or doubled.
func TestPausedChannelKeepsAndGoesInOrder(t *testing.T) {
	for kind, name := range map[string]string{record.ChannelPause: "admissions", record.FeedPause: "pas"} {
		t.Run(kind, func(t *testing.T) {
			settings := []FeedSetting{{Sender: "PAS", Facility: "R1K", Name: "pas", Trust: "R1K"}, {Sender: "LAB", Facility: "R1K", Name: "lab", Trust: "R1K"}}
			w := openWard(t, t.TempDir(), sqlite.Options{}, settings...)
			set, problems := channel.Read(map[string][]byte{"in.yaml": []byte("inbound:\n  - {name: admissions, source: {feed: pas}}\n  - {name: results, source: {feed: lab}}\n")}, "R1K")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			rules := func(context.Context) (*Rules, error) {
				return &Rules{Channels: map[string]Channels{"R1K": {Set: set, Version: "R1K.1"}}}, nil
			}
			message := func(sender, id, number, name string) string {
				return "MSH|^~\\&|" + sender + "|R1K|C|N|2026060108000" + id[len(id)-1:] + "||ADT^A08|" + id + "|P|2.4\rEVN||2026060108000" + id[len(id)-1:] + "\rPID|1||" + number + "^^^PAS^MR||" + name + "\r"
			}
			steer := func(w *ward, paused bool) {
				t.Helper()
				if err := w.operator().Steer(w.ctx, kind, name, "R1K", "maintenance tonight", paused); err != nil {
					t.Fatal(err)
				}
			}
			states := func(w *ward) string {
				var out []string
				for _, m := range w.rows() {
					out = append(out, fmt.Sprint(m.Feed, " ", map[record.State]string{record.Received: "waits", record.Applied: "applied"}[m.State]))
				}
				return strings.Join(out, ", ")
			}
			w.applier.GoBy(rules)
			w.apply()
			steer(w, true)
			for i := range 5 { // the last name that came is the one that stands
				w.mustSend(message("PAS", fmt.Sprint("p", i), "1", fmt.Sprintf("Name%d^Ada", i)))
			}
			w.mustSend(message("LAB", "l1", "2", "Bell^Bob"))
			const waits = "pas waits, pas waits, pas waits, pas waits, pas waits, "
			w.until("the other feed goes on", func() bool { return states(w) == waits+"lab applied" })
			if !strings.Contains(w.log.String(), name) {
				t.Errorf("nobody is told of the pause: %s", w.log.String())
			}
			dir := w.dir
			w.close()
			again := openWard(t, dir, sqlite.Options{}, settings...)
			again.applier.GoBy(rules)
			again.apply()
			again.mustSend(message("LAB", "l2", "2", "Bell^Bo"))
			again.until("the other feed goes on", func() bool { return states(again) == waits+"lab applied, lab applied" })
			steer(again, false)
			for _, m := range again.settled() {
				if m.State != record.Applied {
					t.Errorf("message %d is %v", m.Seq, m.State)
				}
			}
			if p := again.patientOf("1"); p.Resource.StrAt("name.0.family") != "Name4" || p.Version != 5 {
				t.Errorf("version %d: %s", p.Version, p.Resource.StrAt("name.0.family"))
			}
			again.clean()
		})
	}
}
