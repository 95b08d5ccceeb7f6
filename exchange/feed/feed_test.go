package feed

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"concord/record"
	"concord/standard/hl7v2"
)

// setOf is one channel of everything to some destinations.
func setOf(addrs map[string]string, more string) string {
	text, names := "destinations:\n", []string{}
	for _, name := range []string{"one", "two", "three"} {
		if addrs[name] == "" {
			continue
		}
		names = append(names, name)
		text += "  - {name: " + name + ", mllp: '" + addrs[name] + "', answer-within: 400ms, retry: {first: 20ms, most: 100ms, attempts: 3}, connections: 3" + more + "}\n"
	}
	return text + "channels:\n  - name: all\n    source: {changes: record}\n    destinations: [" + strings.Join(names, ", ") + "]\n"
}

// dead is an address at which nobody listens.
const dead = "127.0.0.1:1"

// TestSends: what is written goes to every destination that lives, and waits
// for the one that is dead.
func TestSends(t *testing.T) {
	s, a := newStage(t), newLegacy(t)
	s.apply(setOf(map[string]string{"one": a.addr, "three": dead}, ""))
	s.run()
	p := s.patient(1)
	enc := s.visit(p, "", 0)
	s.visit(p, enc, 1)
	s.eventually("three messages", func() bool { return a.count() == 3 })
	var events []string
	for _, r := range a.all() {
		events = append(events, r.trigger)
	}
	if got := fmt.Sprint(events); got != "[A28 A01 A08]" {
		t.Errorf("sent %s", got)
	}
	s.eventually("sent and kept", func() bool { return s.states("one")[record.Sent] == 3 })
	if st := s.states("three"); st[record.Waiting] != 3 {
		t.Errorf("for the dead one %v waits", st)
	}
	s.eventually("the dead one is known to be down", func() bool {
		for _, d := range s.status() {
			if d.Destination == "three" {
				return d.Sending.State == "down" && d.Sending.Code == "feed.connect" && d.Sending.Failed > 1
			}
		}
		return false
	})
}

// TestAnswers: a destination that answers late, wrong, half, never or not at
// all to one message gets it again, under the same control id, and then goes
// on; one that says AE or AR has it returned with the reason.
func TestAnswers(t *testing.T) {
	frame := func(text string) []byte { return []byte("\x0b" + text + "\x1c\r") }
	for name, bad := range map[string]func(m *hl7v2.Message) []byte{
		"late":  func(m *hl7v2.Message) []byte { time.Sleep(600 * time.Millisecond); return ack(m, "AA") },
		"never": func(*hl7v2.Message) []byte { return []byte{} },
		"half":  func(m *hl7v2.Message) []byte { return ack(m, "AA")[:20] },
		"another's": func(m *hl7v2.Message) []byte {
			return []byte(strings.Replace(string(ack(m, "AA")), "MSA|AA|", "MSA|AA|X", 1))
		},
		"no HL7": func(*hl7v2.Message) []byte { return frame("hello") },
		"no code": func(m *hl7v2.Message) []byte {
			return frame("MSH|^~\\&|||||||ACK|1|P|2.4\rMSA||" + m.Header().Control + "\r")
		},
		"without MSA":    func(*hl7v2.Message) []byte { return frame("MSH|^~\\&|||||||ACK|1|P|2.4\r") },
		"not in a frame": func(*hl7v2.Message) []byte { return []byte("MSA|AA\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := newStage(t), newLegacy(t)
			a.behave = func(n int, m *hl7v2.Message) []byte {
				if n < 2 {
					return bad(m)
				}
				return nil
			}
			s.apply(setOf(map[string]string{"one": a.addr}, ""))
			s.run()
			s.patient(1)
			s.eventually("sent", func() bool { return s.states("one")[record.Sent] == 1 })
			all := a.all()
			if len(all) != 3 {
				t.Errorf("sent %d times, not 3", len(all))
			}
			for _, r := range all {
				if r.control != all[0].control || r.text != all[0].text {
					t.Error("sent again as another message")
				}
			}
		})
	}
	for _, code := range []string{"AE", "AR", "CE", "CR"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s, a := newStage(t), newLegacy(t)
			a.behave = func(n int, m *hl7v2.Message) []byte { return ack(m, code) }
			s.apply(setOf(map[string]string{"one": a.addr}, ""))
			s.run()
			s.patient(1)
			s.eventually("returned", func() bool { return s.states("one")[record.Returned] == 1 })
			m := s.of("one", record.Returned)[0]
			if m.Code != "feed.refused" || m.Place != "PID-5" || m.Text != "the destination answered "+code+": 101 required field missing" {
				t.Errorf("returned as %s at %s: %s", m.Code, m.Place, m.Text)
			}
			if strings.Contains(m.Text+string(m.Detail), "Smith") {
				t.Error("what the destination said of a patient stands outside the content")
			}
			reply, err := s.engineer("RQM").OpenReply(s.ctx, m.Seq)
			if err != nil || !strings.Contains(string(reply), "Smith") {
				t.Errorf("the answer is not kept: %q, %v", reply, err)
			}
			if a.count() != 1 {
				t.Errorf("sent %d times", a.count())
			}
		})
	}
}

// TestOneStuckPatient: a message that is refused, or never answered, holds back
// its own patient and nobody else; once it is set aside the others go in order.
func TestOneStuckPatient(t *testing.T) {
	for name, bad := range map[string]func(m *hl7v2.Message) []byte{
		"refused":        func(m *hl7v2.Message) []byte { return ack(m, "AE") },
		"never answered": func(*hl7v2.Message) []byte { return []byte{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := newStage(t), newLegacy(t)
			stuck := s.patient(1)
			enc := s.visit(stuck, "", 0)
			a.behave = func(_ int, m *hl7v2.Message) []byte {
				if m.Get("PID-3.1") == "0000001T" && m.Get("PV2-3.2") == "step 1" {
					return bad(m)
				}
				return nil
			}
			s.apply(setOf(map[string]string{"one": a.addr}, ""))
			s.run()
			for k := 1; k <= 4; k++ {
				s.visit(stuck, enc, k)
			}
			for n := 2; n < 12; n++ {
				s.visit(s.patient(n), "", 0)
			}
			s.eventually("the others", func() bool { return s.states("one")[record.Sent] == 20 })
			more := 0
			s.eventually("one returned, three held", func() bool {
				st := s.states("one")
				if more < 40 && st[record.Returned] == 0 { // others go on meanwhile
					s.visit(s.patient(100+more), "", 0)
					more++
					time.Sleep(50 * time.Millisecond)
				}
				return st[record.Returned] == 1 && st[record.Held] == 3
			})
			m := s.of("one", record.Returned)[0]
			if err := s.engineer("RQM").SetAside(s.ctx, m.Seq, "the old system has it by hand"); err != nil {
				t.Fatal(err)
			}
			s.eventually("all but one sent", func() bool { return s.states("one")[record.Sent] == int64(23+2*more) })
			var steps []string
			for _, r := range a.once() {
				if r.number == "0000001T" {
					steps = append(steps, r.step)
				}
			}
			if got := strings.Join(steps, ""); got != "1234" {
				t.Errorf("the patient's events came as %s", got)
			}
		})
	}
}
