package intake

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/store"
	"concord/store/sqlite"
)

func (w *ward) state(seq int64) *record.Message {
	w.t.Helper()
	m, err := w.operator().MessageHead(w.ctx, seq)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// TestSameMessageTwice: it changes nothing; the same control id with other
// content is a new message with a warning.
func TestSameMessageTwice(t *testing.T) {
	w := newWard(t)
	w.apply()
	text := messageOf("R1K", "c1", "ADT^A08", "1", "20260601080000", "Okonkwo^Ada")
	w.mustSend(text)
	w.settled()
	before := w.patientOf("1")
	w.mustSend(text)
	w.mustSend(strings.Replace(text, "Okonkwo", "Okonkwo-Bell", 1))
	w.mustSend(strings.Replace(text, "|PAS|", "|OTHER|", 1))
	w.mustSend(text)
	var got []string
	for _, m := range w.settled() {
		warned := ""
		if strings.Contains(string(m.Detail), "control id came before") {
			warned = "!"
		}
		got = append(got, fmt.Sprint(m.State, warned))
	}
	want := fmt.Sprint([]string{fmt.Sprint(record.Applied), fmt.Sprint(record.Duplicate), fmt.Sprint(record.Applied, "!"), fmt.Sprint(record.Applied), fmt.Sprint(record.Duplicate)})
	if fmt.Sprint(got) != want {
		t.Errorf("states %v, want %v", got, want)
	}
	after := w.patientOf("1")
	if after.Version != before.Version+2 || after.Resource.StrAt("name.0.family") != "Okonkwo" {
		t.Errorf("version %d became %d, name %s", before.Version, after.Version, after.Resource.Get("name").JSON())
	}
	if n := w.receiver.Stats.Duplicate.Load(); n != 2 {
		t.Errorf("%d duplicates counted", n)
	}
	w.clean()
}

// TestUnknownTrust: a message of nobody is parked with its reason, and applied
// once a setting says whose it is.
func TestUnknownTrust(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(messageOf("SIMULATOR", "c1", "ADT^A08", "1", "20260601080000", "Okonkwo^Ada"))
	row := w.settled()[0]
	if row.State != record.Parked || row.Code != "intake.trust" || row.Place != "MSH-4" || row.Org != Domain {
		t.Fatalf("%+v", row)
	}
	if n, err := w.applier.ReplayAll(w.ctx, w.operator(), ""); err != nil || n != 1 {
		t.Errorf("replayed %d %v", n, err)
	}
	if row := w.settled()[0]; row.State != record.Parked {
		t.Errorf("without a new setting: %+v", row)
	}
	w.close()
	w = openWard(t, w.dir, sqlite.Options{}, FeedSetting{Facility: "SIMULATOR", Trust: "R1K"})
	w.apply()
	if n, err := w.applier.ReplayAll(w.ctx, w.operator(), ""); err != nil || n != 1 {
		t.Errorf("replayed %d %v", n, err)
	}
	if row := w.settled()[0]; row.State != record.Applied || len(row.Records) == 0 {
		t.Errorf("with the setting: %+v", row)
	}
	if w.patientOf("1") == nil {
		t.Error("the patient is not there")
	}
	if n, err := w.applier.ReplayAll(w.ctx, w.operator(), ""); err != nil || n != 0 {
		t.Errorf("replayed an applied message: %d %v", n, err)
	}
	w.clean()
}

// TestDeadLetters: what cannot be mapped is parked with code and place, holds
// nothing else back, and can be set aside.
func TestDeadLetters(t *testing.T) {
	w := newWard(t)
	w.apply()
	text := func(old, new string) string {
		return strings.Replace(message("ADT^A08", "1", "20260601080000", "Okonkwo^Ada"), old, new, 1)
	}
	w.mustSend(text("ADT^A08", "ADT^A60"))
	w.mustSend(text("|1^^^R1K^MR", "|"))
	w.mustSend(text("PID|", "ZID|"))
	w.mustSend(text("Ada", "Ada"))
	w.mustSend("MSH|^~\\&|PAS|R1K|||20260601||ADT^A08|empty|P|2.4\r")
	var got []string
	rows := w.settled()
	for _, m := range rows {
		got = append(got, strings.TrimSpace(m.Code+" "+m.Place))
		if m.Raw != nil {
			t.Error("a listing shows content")
		}
		if strings.Contains(m.Text, "Okonkwo") || strings.Contains(m.Text, "Ada") {
			t.Errorf("a reason holds patient data: %s", m.Text)
		}
	}
	want := []string{"intake.trigger MSH-9", "intake.patient-number PID-3", "intake.patient PID", "", "intake.patient PID"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if strings.Contains(w.log.String(), "Okonkwo") {
		t.Error("the log holds a name")
	}
	if err := w.operator().Close(w.ctx, rows[0].Seq, "a test of the sender"); err != nil {
		t.Error(err)
	}
	if m := w.state(rows[0].Seq); m.State != record.Closed || m.Text != "a test of the sender" {
		t.Errorf("%+v", m)
	}
	if err := w.operator().Close(w.ctx, rows[3].Seq, "applied already"); !fault.Is(err, fault.Conflict) {
		t.Errorf("an applied message was closed: %v", err)
	}
	if n, err := w.applier.ReplayAll(w.ctx, w.operator(), rows[0].Feed); err != nil || n != 3 {
		t.Errorf("replayed %d %v", n, err)
	}
	w.settled()
	w.clean()
}

// TestPanickingRule: a rule that fails parks its message, whether it maps or
// folds, and takes nobody down with it.
func TestPanickingRule(t *testing.T) {
	w := newWard(t)
	w.mustSend(message("ADT^A08", "1", "20260601080000", "Okonkwo^Ada"))
	row := w.rows()[0]
	waiting, err := w.receiver.errand.Pending(w.ctx, 0, 1)
	if err != nil || len(waiting) != 1 {
		t.Fatal(err)
	}
	task := w.applier.admit(waiting[0])
	task.mapped[0].Drafts[0].Fold = func(old, in *fhir.Value, c FoldContext) (*fhir.Value, error) { panic("a rule is wrong") }
	w.applier.run(w.ctx, task)
	if m := w.state(row.Seq); m.State != record.Parked || m.Code != "intake.rule" {
		t.Errorf("%+v", m)
	}
	w.apply()
	if n, err := w.applier.ReplayAll(w.ctx, w.operator(), ""); err != nil || n != 1 {
		t.Errorf("replayed %d %v", n, err)
	}
	if m := w.settled()[0]; m.State != record.Applied {
		t.Errorf("once the rule is right: %+v", m)
	}
}

// TestOrderPerPatient: messages of several patients that arrive over several
// connections end with each patient's newest event, whatever the order of
// arrival; no older one overwrites it.
func TestOrderPerPatient(t *testing.T) {
	w := newWard(t)
	w.apply()
	const patients, events = 6, 15
	var texts []string
	for p := range patients {
		for n := range events {
			at := time.Date(2026, 6, 1, 8, n, 0, 0, time.UTC).Format("20060102150405")
			texts = append(texts, message("ADT^A08", fmt.Sprint(p), at, fmt.Sprintf("Name%c^Ada", 'A'+n)))
		}
	}
	rand.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	addr, _ := w.listen(&Listener{})
	var wg sync.WaitGroup
	for part := range slices.Chunk(texts, len(texts)/4) {
		s := w.dial(addr)
		wg.Go(func() {
			for _, text := range part {
				s.conn.Write([]byte(framedText(text)))
				s.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
				if _, err := s.in.Next(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, m := range w.settled() {
		if m.State != record.Applied {
			t.Errorf("%+v", m)
		}
	}
	for p := range patients {
		if it := w.patientOf(fmt.Sprint(p)); it.Resource.StrAt("name.0.family") != "Name"+string(rune('A'+events-1)) {
			t.Errorf("patient %d ended as %s", p, it.Resource.Get("name").JSON())
		}
	}
	w.clean()
}

// TestMergeThroughIntake: A40 makes two numbers read as one. The old number
// leads to the survivor, what was stored keeps its subject, and messages under
// the old number still find their resources.
func TestMergeThroughIntake(t *testing.T) {
	for _, trigger := range []string{"ADT^A40", "ADT^A34"} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprint(trigger, known), func(t *testing.T) {
				w := newWard(t)
				w.apply()
				w.mustSend(message("ADT^A01", "7001", "20260601080000", "Okonkwo^Ada"))
				if known {
					w.mustSend(message("ADT^A01", "7002", "20260601080000", "Okonkwo^A"))
				}
				w.settled()
				merge := message(trigger, "7001", "20260602080000", "Okonkwo^Ada") + "MRG|7002^^^R1K^MR\r"
				w.mustSend(strings.Replace(merge, "\rPV1|1|I|WARD1^A^1||||||||||||||||V7001", "", 1))
				for _, m := range w.settled() {
					if m.State != record.Applied {
						t.Fatalf("%+v", m)
					}
				}
				w.merged(known)
			})
		}
	}
}

func (w *ward) merged(known bool) {
	w.t.Helper()
	survivor, gone := w.patientOf("7001"), w.patientOf("7002")
	if gone == nil {
		w.t.Fatal("the old number leads nowhere")
	}
	if gone.Resource.Get("active").Text() != "false" || gone.Resource.StrAt("link.0.type") != "replaced-by" || gone.Resource.StrAt("link.0.other.reference") != "Patient/"+survivor.ID {
		w.t.Errorf("the old entry: %s", gone.Resource.JSON())
	}
	if survivor.Resource.StrAt("link.0.type") != "replaces" || survivor.Resource.StrAt("link.0.other.reference") != "Patient/"+gone.ID {
		w.t.Errorf("the survivor: %s", survivor.Resource.JSON())
	}
	found, err := w.clinician().FindPeople(w.ctx, record.PeopleQuery{Text: "R1K 7002"})
	if err != nil || len(found.Hits) != 1 || found.Hits[0].Person.Best().ID != survivor.ID || len(found.Hits[0].Person.Entries) != 2 {
		w.t.Fatalf("the old number finds %+v %v", found, err)
	}
	w.attend(found.Hits[0].Person.ID)
	c, err := w.clinician().Chart(w.ctx, found.Hits[0].Person.ID, record.ChartQuery{Sections: []record.Section{{Type: "Encounter"}}})
	if err != nil {
		w.t.Fatal(err)
	}
	subjects := map[string]int{}
	for _, it := range c.Sections[0] {
		subjects[it.Resource.StrAt("subject.reference")]++
	}
	want := map[string]int{"Patient/" + survivor.ID: 1}
	if known {
		want["Patient/"+gone.ID] = 1
	}
	if fmt.Sprint(subjects) != fmt.Sprint(want) {
		w.t.Errorf("subjects %v, want %v", subjects, want)
	}
	w.clean()
}

// TestFullDisk: a message that cannot be kept is answered so and is not there;
// every one that was acknowledged is.
func TestFullDisk(t *testing.T) {
	w := openWard(t, t.TempDir(), sqlite.Options{MaxPages: 180})
	filler := func(i int) string { // text that does not pack well
		r := rand.New(rand.NewPCG(1, uint64(i)))
		var b strings.Builder
		for range 400 {
			fmt.Fprintf(&b, "%x", r.Uint32())
		}
		return b.String()
	}
	acked, refused := map[string]bool{}, 0
	for i := range 3000 {
		control := fmt.Sprint("F", i)
		text := messageOf("R1K", control, "ADT^A08", "1", "20260601080000", "Okonkwo^Ada") + "NTE|1||" + filler(i) + "\r"
		if i%2 == 1 {
			text = strings.Replace(text, "|P|2.4", "|P|2.4|||AL", 1)
		}
		switch code, why := w.send(text); code {
		case "AA", "CA":
			if refused > 0 {
				t.Errorf("%s after a refusal for want of room", code)
			}
			acked[control] = true
		case "AE", "CE":
			refused++
			if !strings.HasPrefix(why, "store.full") {
				t.Errorf("refused with %s", why)
			}
		default:
			t.Fatalf("answer %q %s", code, why)
		}
		if refused == 4 {
			break
		}
	}
	if refused == 0 {
		t.Fatal("the store never filled")
	}
	kept := map[string]bool{}
	err := w.engine.View(w.ctx, func(r store.Reader) error {
		rows, err := r.Messages(w.ctx, record.MessageFilter{Limit: 10_000})
		for _, m := range rows {
			kept[m.Control] = true
		}
		return err
	})
	if err != nil || fmt.Sprint(len(kept)) != fmt.Sprint(len(acked)) {
		t.Errorf("%d acknowledged, %d kept: %v", len(acked), len(kept), err)
	}
	for control := range acked {
		if !kept[control] {
			t.Errorf("%s was acknowledged and is not kept", control)
		}
	}
	w.close()
	w = openWard(t, w.dir, sqlite.Options{}) // room again
	w.apply()
	for _, m := range w.settled() {
		if m.State != record.Applied {
			t.Errorf("with room again: %+v", m)
		}
	}
	w.clean()
}

// TestStoppedApplierGoesOn: what waits when the applier stops is applied when
// it runs again, each message once.
func TestStoppedApplierGoesOn(t *testing.T) {
	w := newWard(t)
	for i := range 40 {
		w.mustSend(message("ADT^A08", fmt.Sprint(i%5), fmt.Sprintf("202606010800%02d", i), "Okonkwo^Ada"))
	}
	ctx, cancel := context.WithTimeout(w.ctx, 15*time.Millisecond)
	w.applier.Run(ctx)
	cancel()
	w.apply()
	for _, m := range w.settled() {
		if m.State != record.Applied {
			t.Errorf("%+v", m)
		}
	}
	for p := range 5 {
		if it := w.patientOf(fmt.Sprint(p)); it.Version != 8 {
			t.Errorf("patient %d has version %d of 8", p, it.Version)
		}
	}
	w.clean()
}

// TestOneProvenance: each applied message leaves one, with trust, system and
// control id, and every resource names its source.
func TestOneProvenance(t *testing.T) {
	w := newWard(t)
	w.apply()
	w.mustSend(messageOf("R1K", "c 1", "ADT^A01", "1", "20260601080000", "Okonkwo^Ada"))
	w.settled()
	w.attend(w.patientOf("1").ID)
	c, err := w.clinician().Everything(w.ctx, w.patientOf("1").ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	provenances := 0
	for _, section := range c.Sections {
		for _, it := range section {
			if it.Type != "Provenance" {
				if got := it.Resource.StrAt("meta.source"); got != "urn:concord:feed:R1K:pas%40r1k#c%201" {
					t.Errorf("%s comes from %s", it.Type, got)
				}
				continue
			}
			provenances++
			if it.Resource.StrAt("entity.0.what.identifier.value") != "c 1" || it.Resource.StrAt("agent.0.who.identifier.value") != "R1K" || it.Resource.StrAt("entity.0.what.display") != "ADT^A01" {
				t.Errorf("%s", it.Resource.JSON())
			}
		}
	}
	if provenances != 1 {
		t.Errorf("%d Provenances", provenances)
	}
}

// TestWrongCheckDigitThroughIntake: the number is kept as unverified and joins
// nobody; a steward is asked.
func TestWrongCheckDigitThroughIntake(t *testing.T) {
	w := newWard(t)
	w.apply()
	for i, facility := range []string{"R1K", "RYJ"} {
		text := messageOf(facility, fmt.Sprint("n", i), "ADT^A08", "1", "20260601080000", "Okonkwo^Ada")
		text = strings.Replace(text, "1 High St^^Harrow^^HA1 3UJ", fmt.Sprint(i, " Low Rd"), 1) // at one home they would be one without a number
		w.mustSend(strings.Replace(text, "^^^R1K^MR", "^^^R1K^MR~9990000019^^^NHS^NH", 1))
	}
	for _, m := range w.settled() {
		if m.State != record.Applied {
			t.Fatalf("%+v", m)
		}
	}
	found, err := w.clinician().FindPeople(w.ctx, record.PeopleQuery{Text: "okonkwo"})
	if err != nil || len(found.Hits) != 2 {
		t.Errorf("%d people, %v", len(found.Hits), err)
	}
	text := string(w.patientOf("1").Resource.JSON())
	if !strings.Contains(text, "9990000019") {
		t.Errorf("the number is not kept: %s", text)
	}
	list, err := w.desk.For(access.Requester{ID: "s", Role: access.Steward, Org: Domain}, access.Reason{Purpose: access.Integrity}).Conflicts(w.ctx)
	if err != nil || len(list) != 1 {
		t.Errorf("conflicts %v %v", list, err)
	}
	w.clean()
}

// TestEveryTriggerApplies sends the message of every golden file through the
// whole path: it is applied, or parked with the reason that its golden file
// names.
func TestEveryTriggerApplies(t *testing.T) {
	w := newWard(t)
	w.apply()
	texts := goldenMessages(t)
	for name, raw := range texts {
		if answer := w.receiver.Receive(w.ctx, raw, nil); !strings.Contains(string(answer), "AA") && !strings.Contains(string(answer), "CA") {
			m, _ := hl7v2.Parse(answer)
			t.Errorf("%s: %s %s", name, m.Get("MSA-1"), m.Get("ERR-8"))
		}
	}
	parked := 0
	for _, m := range w.settled() {
		switch m.State {
		case record.Applied:
		case record.Parked:
			parked++
			if strings.HasPrefix(m.Code, "record.") || strings.HasPrefix(m.Code, "validate.") || m.Code == "intake.rule" {
				t.Errorf("%s %s is parked: %s at %s: %s", m.Trigger, m.Control, m.Code, m.Place, m.Text)
			}
		default:
			t.Errorf("%+v", m)
		}
	}
	t.Logf("%d messages, %d parked", len(texts), parked)
	w.clean()
}
