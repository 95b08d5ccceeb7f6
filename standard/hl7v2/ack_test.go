package hl7v2

import (
	"testing"
	"time"
)

func TestAnswer(t *testing.T) {
	type c struct {
		accept, application string
		mode                Mode
		outcome             Outcome
		code                string
		send                bool
	}
	for _, c := range []c{
		{"", "", ByMessage, Accepted, "AA", true},
		{"", "", ByMessage, Failed, "AE", true},
		{"", "", ByMessage, Rejected, "AR", true},
		{"AL", "", ByMessage, Accepted, "CA", true},
		{"AL", "", ByMessage, Failed, "CE", true},
		{"AL", "NE", ByMessage, Rejected, "CR", true},
		{"NE", "", ByMessage, Accepted, "CA", false},
		{"ER", "", ByMessage, Accepted, "CA", false},
		{"ER", "", ByMessage, Failed, "CE", true},
		{"SU", "", ByMessage, Accepted, "CA", true},
		{"SU", "", ByMessage, Failed, "CE", false},
		{"", "AL", ByMessage, Accepted, "AA", true},
		{"", "NE", ByMessage, Accepted, "AA", false},
		{"AL", "", Original, Accepted, "AA", true},
		{"", "", Enhanced, Accepted, "CA", true},
		{"NE", "", Enhanced, Accepted, "CA", false},
	} {
		h := Header{AcceptCondition: c.accept, ApplicationCondition: c.application}
		if code, send := h.Answer(c.mode, c.outcome); code != c.code || send != c.send {
			t.Errorf("%+v: %s %v", c, code, send)
		}
	}
}

func TestAck(t *testing.T) {
	at := time.Date(2024, 3, 1, 6, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		raw   string
		reply Reply
		want  string
	}{
		"accepted 2.3": {
			"MSH|^~\\&|PAS|R1K|CONCORD|NWL|20240301||ADT^A05|1|T|2.3|||AL\r",
			Reply{Code: "CA", Control: "c1", At: at},
			"MSH|^~\\&|CONCORD|NWL|PAS|R1K|20240301063000+0000||ACK^A05|c1|T|2.3\rMSA|CA|1\r",
		},
		"version refused": {
			"MSH|^~\\&|PAS|R1K|CONCORD|NWL|20240301||ADT^A05^ADT_A05|1|T|2.8\r",
			Reply{Code: "AR", Control: "c1", At: at, Error: &Mistake{Place: "MSH^1^12", Condition: ConditionOf("hl7v2.version"), Text: "only 2.3 | 2.5.1"}},
			"MSH|^~\\&|CONCORD|NWL|PAS|R1K|20240301063000+0000||ACK^A05^ACK|c1|T|2.8\rMSA|AR|1|only 2.3 \\F\\ 2.5.1\r" +
				"ERR||MSH^1^12|203^Unsupported version id^HL70357|E||||only 2.3 \\F\\ 2.5.1\r",
		},
		"old ERR layout as well": {
			"MSH|^~\\&|PAS|R1K|CONCORD|NWL|20240301||ADT^A05|1|T|2.4\r",
			Reply{Code: "AE", Control: "c1", At: at, Error: &Mistake{Place: "PID^1^3", Condition: "101", Text: "x"}},
			"MSH|^~\\&|CONCORD|NWL|PAS|R1K|20240301063000+0000||ACK^A05^ACK|c1|T|2.4\rMSA|AE|1|x\r" +
				"ERR|PID^1^3^101&Required field missing&HL70357|PID^1^3|101^Required field missing^HL70357|E||||x\r",
		},
		"odd delimiters": {
			"MSH!@*?;!PAS!R1K!CONCORD!NWL!20240301!!ADT@A05!1!T!2.5\r",
			Reply{Code: "AA", Control: "c1", At: at},
			"MSH!@*?;!CONCORD!NWL!PAS!R1K!20240301063000+0000!!ACK@A05@ACK!c1!T!2.5\rMSA!AA!1\r",
		},
		"nothing readable": {
			"hello", Reply{Code: "AR", Control: "c1", At: at},
			"MSH|^~\\&|||||20240301063000+0000||ACK|c1|P|2.5.1\rMSA|AR\r",
		},
		"sender's own bytes": {
			"MSH|^~\\&|Zo\xeb|R1K|CONCORD|NWL|20240301||ADT^A05|1|T|2.3||||||8859/1\r",
			Reply{Code: "AA", Control: "c1", At: at},
			"MSH|^~\\&|CONCORD|NWL|Zo\xeb|R1K|20240301063000+0000||ACK^A05|c1|T|2.3||||||8859/1\rMSA|AA|1\r",
		},
	} {
		if got := string(Ack(ReadHeader([]byte(c.raw)), c.reply)); got != c.want {
			t.Errorf("%s:\n%q\n%q", name, got, c.want)
		}
	}
}

func TestBuilder(t *testing.T) {
	b := NewBuilder(Standard())
	b.Header().Set(9, b.Texts("ADT", "A01")).Set(12, b.Text("2.4"))
	b.Segment("PID").Set(3, b.Repeat(b.Texts("1", "", "", "R1K"), b.Components(b.Text("9"), b.Subs(b.Text("a&b"), "c")))).
		Set(5, b.Texts("O|Neill", "Ann", "", "")).Set(8, Null).Set(9, "")
	want := "MSH|^~\\&|||||||ADT^A01|||2.4\rPID|||1^^^R1K~9^a\\T\\b&c||O\\F\\Neill^Ann|||\"\"\r"
	if got := b.String(); got != want {
		t.Errorf("%q\n%q", got, want)
	}
}
