package intake

import (
	"strings"
	"sync"
	"testing"
	"time"

	"concord/record"
	"concord/standard/hl7v2"
)

// TestFrames sends streams of bytes and holds the answers against what is due:
// each answer as "MSA-1 MSA-2 ERR-code".
func TestFrames(t *testing.T) {
	ok := func(control string) string {
		return framedText(messageOf("R1K", control, "ADT^A08", "1", "20260601080000", "Okonkwo^Ada"))
	}
	big := framedText("MSH|^~\\&|PAS|R1K|||20260601||ADT^A08|BIG|P|2.4\rPID|1||1\rNTE|1||" + strings.Repeat("x", 20_000) + "\r")
	for name, c := range map[string]struct {
		stream string
		want   []string
	}{
		"one":                        {ok("a"), []string{"AA a"}},
		"three in one packet":        {ok("a") + ok("b") + ok("c"), []string{"AA a", "AA b", "AA c"}},
		"line ends between":          {ok("a") + "\r\n" + ok("b") + "\n", []string{"AA a", "AA b"}},
		"LF after the frame":         {ok("a") + "\n", []string{"AA a"}},
		"half a frame behind":        {ok("a") + "\x0bMSH|^~\\&|PAS", []string{"AA a"}},
		"garbage before":             {"hello" + ok("a"), []string{"AR  mllp.start", "AA a"}},
		"a message without a frame":  {strings.TrimPrefix(ok("a"), "\x0b") + ok("b"), []string{"AR a mllp.start", "AA b"}},
		"cut off by the next":        {"\x0bMSH|^~\\&|PAS|R1K|||20260601||ADT^A08|cut|P|2.4\rPID|1" + ok("a"), []string{"AR cut mllp.truncated", "AA a"}},
		"no CR after the end":        {strings.TrimSuffix(ok("a"), "\r") + ok("b"), []string{"AR a mllp.end", "AA b"}},
		"too long":                   {big + ok("a"), []string{"AR BIG mllp.oversize", "AA a"}},
		"empty frame":                {"\x0b\x1c\r" + ok("a"), []string{"AR  hl7v2.empty", "AA a"}},
		"no MSH":                     {framedText("PID|1||1\r") + ok("a"), []string{"AR  hl7v2.msh", "AA a"}},
		"hostile":                    {framedText("\x00\x01\xff\xfe") + framedText("MSH") + framedText("MSH|") + framedText("MSH|^~\\&") + ok("a"), []string{"AR  hl7v2.msh", "AR  hl7v2.msh", "AR  hl7v2.msh", "AR  hl7v2.version", "AA a"}},
		"an unsupported version":     {strings.Replace(ok("a"), "|2.4", "|2.8", 1), []string{"AR a hl7v2.version"}},
		"no version":                 {strings.Replace(ok("a"), "|2.4", "|", 1), []string{"AR a hl7v2.version"}},
		"no control id":              {strings.Replace(ok("a"), "|a|", "||", 1), []string{"AR  hl7v2.msh"}},
		"a segment that is none":     {strings.Replace(ok("a"), "\rPID|", "\r?!|", 1) + ok("b"), []string{"AE a hl7v2.segment", "AA b"}},
		"bytes that are not UTF-8":   {strings.Replace(ok("a"), "Ada", "Zo\xeb", 1), []string{"AA a"}},
		"other delimiters":           {framedText("MSH!@*?;!PAS!R1K!CONCORD!NWL!20260601080000!!ADT@A08!odd!P!2.4\rEVN!A08!20260601080000\rPID!1!!1@@@R1K@MR!!Okonkwo@Ada!!19480314!F\rPV1!1!I\r"), []string{"AA odd"}},
		"delimiters that are none":   {framedText("MSH|||||R1K\r") + ok("a"), []string{"AR  hl7v2.msh", "AA a"}},
		"CA wanted":                  {strings.Replace(ok("a"), "|2.4", "|2.4|||AL|NE", 1), []string{"CA a"}},
		"CE wanted":                  {strings.Replace(strings.Replace(ok("a"), "|2.4", "|2.4|||AL", 1), "\rPID|", "\r?!|", 1), []string{"CE a hl7v2.segment"}},
		"CR wanted":                  {strings.Replace(ok("a"), "|2.4", "|2.9|||AL", 1), []string{"CR a hl7v2.version"}},
		"no answer wanted":           {strings.Replace(ok("a"), "|2.4", "|2.4|||NE", 1) + ok("b"), []string{"AA b"}},
		"only errors wanted":         {strings.Replace(ok("a"), "|2.4", "|2.4|||ER", 1) + strings.Replace(ok("c"), "|2.4", "|2.8|||ER", 1) + ok("b"), []string{"CR c hl7v2.version", "AA b"}},
		"application answer at need": {strings.Replace(ok("a"), "|2.4", "|2.4||||NE", 1) + ok("b"), []string{"AA b"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			addr, stop := w.listen(&Listener{MaxBytes: 10_000})
			s := w.dial(addr)
			s.write(c.stream)
			for i, want := range c.want {
				m := s.answer()
				code, _, _ := strings.Cut(m.Get("ERR-8"), ":")
				got := strings.TrimSpace(m.Get("MSA-1") + " " + m.Get("MSA-2") + " " + code)
				if got != want {
					t.Errorf("answer %d: %q, want %q (%s)", i, got, want, m.Get("ERR-8"))
				}
			}
			stop()
			kept := 0
			for _, want := range c.want {
				if want[1] == 'A' {
					kept++
				}
			}
			if rows := w.rows(); len(rows) < kept {
				t.Errorf("%d acknowledged, %d kept", kept, len(rows))
			}
		})
	}
}

// TestSlowSender: a message that dribbles in is taken, one that stops is not
// waited for beyond the deadline, and its connection is ended.
func TestSlowSender(t *testing.T) {
	w := newWard(t)
	addr, _ := w.listen(&Listener{Idle: 1500 * time.Millisecond})
	s := w.dial(addr)
	for _, c := range framedText(messageOf("R1K", "slow", "ADT^A08", "1", "20260601080000", "Okonkwo^Ada")) {
		s.write(string(c))
		time.Sleep(100 * time.Microsecond)
	}
	if m := s.answer(); m.Get("MSA-1") != "AA" {
		t.Errorf("a slow message: %s", m.Get("ERR-8"))
	}
	stuck := w.dial(addr)
	stuck.write("\x0bMSH|^~\\&|PAS|R1K|||20260601||ADT^A08|stuck|P|2.4\rPID|1")
	if m := stuck.answer(); m.Get("MSA-1") != "AR" || m.Get("MSA-2") != "stuck" {
		t.Errorf("a message that stops: %s %s", m.Get("MSA-1"), m.Get("MSA-2"))
	}
	if !stuck.silent(6 * time.Second) {
		t.Error("the connection of a sender that got stuck stays open")
	}
	idle := w.dial(addr)
	if !idle.silent(6 * time.Second) {
		t.Error("an idle connection stays open")
	}
	if len(w.rows()) != 1 {
		t.Errorf("%d messages are kept", len(w.rows()))
	}
}

// TestDripFeed: bytes that keep coming do not keep a message open for ever.
func TestDripFeed(t *testing.T) {
	w := newWard(t)
	addr, _ := w.listen(&Listener{Idle: 200 * time.Millisecond})
	s := w.dial(addr)
	s.write("\x0bMSH|^~\\&|PAS|R1K|||20260601||ADT^A08|drip|P|2.4\rNTE|1||")
	end := time.Now().Add(3 * time.Second)
	for time.Now().Before(end) {
		if _, err := s.conn.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("a message may dribble in for ever")
}

func TestTooManyConnections(t *testing.T) {
	w := newWard(t)
	addr, _ := w.listen(&Listener{MaxConns: 2})
	text := func(c string) string {
		return framedText(messageOf("R1K", c, "ADT^A08", "1", "20260601080000", "Okonkwo^Ada"))
	}
	first, second := w.dial(addr), w.dial(addr)
	first.write(text("a"))
	second.write(text("b"))
	first.answer()
	second.answer()
	if third := w.dial(addr); !third.silent(2 * time.Second) {
		t.Error("a third connection is held")
	}
	first.conn.Close()
	deadline := time.Now().Add(3 * time.Second)
	for time.Now().Before(deadline) {
		again := w.dial(addr)
		again.conn.Write([]byte(text("c")))
		again.conn.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := again.in.Next(); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a place that became free is not given again")
}

// TestGracefulStop: the messages that were taken are answered before the
// connection ends, what is taken is kept, and no new connection is served.
func TestGracefulStop(t *testing.T) {
	w := newWard(t)
	addr, stop := w.listen(&Listener{})
	const senders, each = 4, 60
	var wg sync.WaitGroup
	var mu sync.Mutex
	acked := map[string]bool{}
	for range senders {
		s := w.dial(addr)
		var stream strings.Builder
		for range each {
			stream.WriteString(framedText(message("ADT^A08", "1", "20260601080000", "Okonkwo^Ada")))
		}
		wg.Go(func() { s.conn.Write([]byte(stream.String())) })
		wg.Go(func() {
			s.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			for {
				raw, err := s.in.Next()
				if err != nil {
					return
				}
				if m, err := hl7v2.Parse(raw); err == nil && m.Get("MSA-1") == "AA" {
					mu.Lock()
					acked[m.Get("MSA-2")] = true
					mu.Unlock()
				}
			}
		})
	}
	for w.receiver.Stats.Accepted.Load() < senders*each/8 {
		time.Sleep(time.Millisecond)
	}
	stop()
	wg.Wait()
	rows := w.rows()
	kept := map[string]bool{}
	for _, m := range rows {
		kept[m.Control] = true
		if !acked[m.Control] {
			t.Errorf("%s was kept and its answer was not sent", m.Control)
		}
	}
	for control := range acked {
		if !kept[control] {
			t.Errorf("%s was acknowledged and is not kept", control)
		}
	}
	t.Logf("%d of %d were taken before the stop", len(rows), senders*each)
}

// TestStopInsideAMessage: a message that a stop cuts off is not refused.
func TestStopInsideAMessage(t *testing.T) {
	w := newWard(t)
	addr, stop := w.listen(&Listener{})
	s := w.dial(addr)
	s.write(framedText(message("ADT^A08", "1", "20260601080000", "Okonkwo^Ada")) + "\x0bMSH|^~\\&|PAS|R1K|||20260601||ADT^A08|half|P|2.4\rPID|1")
	s.answer()
	time.Sleep(20 * time.Millisecond)
	stop()
	if !s.silent(time.Second) {
		t.Error("the connection stays open")
	}
}

// TestFeedSettings: a feed's setting says which MSH-11 values it takes, and
// forces a mode of acknowledgement.
func TestFeedSettings(t *testing.T) {
	w := newWard(t,
		FeedSetting{Sender: "PAS", Facility: "R1K", Accept: []string{"P"}},
		FeedSetting{Sender: "LAB", Ack: "enhanced"},
		FeedSetting{Sender: "RIS", Ack: "original", Trust: "RYJ", Name: "radiology"})
	text := message("ADT^A08", "1", "20260601080000", "Okonkwo^Ada")
	for name, c := range map[string]struct{ text, code, why string }{
		"production":              {text, "AA", ""},
		"training":                {strings.Replace(text, "|P|2.4", "|T|2.4", 1), "AE", "hl7v2.processing"},
		"enhanced, forced":        {strings.Replace(text, "|PAS|", "|LAB|", 1), "CA", ""},
		"original, forced":        {strings.Replace(strings.Replace(text, "|PAS|", "|RIS|", 1), "|2.4", "|2.4|||AL|", 1), "AA", ""},
		"sender in lower case":    {strings.Replace(strings.Replace(text, "|PAS|", "|pas|", 1), "|P|2.4", "|D|2.4", 1), "AE", "hl7v2.processing"},
		"another facility's PAS":  {strings.Replace(strings.Replace(text, "|R1K|", "|RYJ|", 1), "|P|2.4", "|T|2.4", 1), "AA", ""},
		"enhanced, wrong version": {strings.Replace(strings.Replace(text, "|PAS|", "|LAB|", 1), "|2.4", "|3.0", 1), "CR", "hl7v2.version"},
	} {
		code, why := w.send(c.text)
		if code != c.code || !strings.HasPrefix(why, c.why) {
			t.Errorf("%s: %s %s", name, code, why)
		}
	}
	for _, m := range w.rows() {
		if m.Feed == "radiology" && m.Org != "RYJ" {
			t.Errorf("the setting's trust is not that of the row: %+v", m)
		}
	}
	for _, bad := range []FeedSetting{{Trust: "nowhere at all"}, {Ack: "sometimes"}} {
		if _, err := NewFeeds([]FeedSetting{bad}, time.UTC); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// TestListenersTrust: what comes in at a listener of one trust is that trust's
// when MSH-4 names none.
func TestListenersTrust(t *testing.T) {
	w := newWard(t)
	w.apply()
	addr, _ := w.listen(&Listener{Receiver: w.receiver.At("RYJ")})
	s := w.dial(addr)
	s.write(framedText(messageOf("SIMULATOR", "x", "ADT^A08", "1", "20260601080000", "Okonkwo^Ada")))
	s.answer()
	if rows := w.settled(); rows[0].State != record.Applied || rows[0].Org != "RYJ" {
		t.Errorf("%+v", rows[0])
	}
}
