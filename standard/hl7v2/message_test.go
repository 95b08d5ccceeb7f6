package hl7v2

import (
	"strings"
	"testing"

	"concord/fault"
)

const msh = "MSH|^~\\&|PAS|R1K|CONCORD|NWL|20240301062905||ADT^A01|7|P|2.5"

func mustParse(t testing.TB, raw string) *Message {
	t.Helper()
	m, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSegmentEnds(t *testing.T) {
	for name, end := range map[string]string{"CR": "\r", "LF": "\n", "CRLF": "\r\n", "CR twice": "\r\r", "CRLF twice": "\r\n\r\n"} {
		m := mustParse(t, msh+end+"PID|1"+end+"PV1|1|I"+end)
		if len(m.Segments()) != 3 || m.Get("PV1-2") != "I" || m.Get("PID-1") != "1" {
			t.Errorf("%s: %d segments", name, len(m.Segments()))
		}
	}
}

func TestLoneLineFeedStaysInItsField(t *testing.T) {
	m := mustParse(t, msh+"\rNTE|1||first line\nsecond | line\rPV1|1|I\nPV2||x\r")
	if got := m.Get("NTE-3"); got != "first line\nsecond" {
		t.Errorf("NTE-3 = %q", got)
	}
	if len(m.Segments()) != 4 || len(m.Warnings()) != 1 {
		t.Errorf("%d segments, warnings %v", len(m.Segments()), m.Warnings())
	}
}

func TestPaths(t *testing.T) {
	m := mustParse(t, msh+"\rPID|1||123^^^R1K&1.2.3&ISO^MR~9990000018^^^NHS^NH||O\\T\\Neill^Ann\rOBX|1|NM\rOBX|2|ST||x\\.br\\y\r")
	for path, want := range map[string]string{
		"MSH-1": "|", "MSH-2": `^~\&`, "MSH-3": "PAS", "MSH-9.2": "A01", "MSH-12": "2.5",
		"PID-3": "123", "PID-3.4": "R1K", "PID-3.4.2": "1.2.3", "PID-3[2]": "9990000018", "PID-3[2].5": "NH",
		"PID-3[3]": "", "PID-5": "O&Neill", "PID-5.2": "Ann", "OBX[2]-2": "ST", "OBX[2]-4": "x\ny",
		"OBX[3]-1": "", "ZZZ-1": "", "PID-99": "", "nonsense": "", "PID-0": "",
	} {
		if got := m.Get(path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
}

func TestNullIsNotEmpty(t *testing.T) {
	m := mustParse(t, msh+"\rPID|\"\"||^^\r")
	pid := m.Segment("PID")
	if f := pid.Field(1); !f.Null() || f.Empty() || f.Valued() || f.String() != "" {
		t.Error("explicit null is not told apart")
	}
	if f := pid.Field(2); f.Null() || !f.Empty() {
		t.Error("empty field is not empty")
	}
	if f := pid.Field(3); f.Valued() || f.Empty() {
		t.Error("bare delimiters count as a value")
	}
	if m.Segment("PV1").Exists() || m.Segment("PV1").Field(3).Component(2).String() != "" {
		t.Error("a missing segment has content")
	}
}

func TestEscapes(t *testing.T) {
	d := Standard()
	for in, want := range map[string]string{
		`a\F\b\S\c\T\d\R\e\E\f`:     `a|b^c&d~e\f`,
		`one\.br\two\X0D\three`:     "one\ntwo\nthree",
		`\XC3A9\ \XE9\ \X4142\`:     "é é AB",
		`\H\loud\N\`:                "loud",
		`\Z12\ \C2842\ \.in+4\ end`: `\Z12\ \C2842\ \.in+4\ end`,
		`C:\path\to`:                `C:\path\to`,
		`half \F`:                   `half \F`,
		`50\% \F\ x`:                `50\% | x`,
		`\X4\ \XGG\`:                `\X4\ \XGG\`,
		`\\`:                        `\\`,
	} {
		if got := d.Unescape(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestEscapeAndBack(t *testing.T) {
	odd := Delimiters{Field: '!', Component: '$', Repetition: 'r', Escape: '?', Subcomponent: '@'}
	for _, d := range []Delimiters{Standard(), odd} {
		for _, s := range []string{"", "plain", `|^~\&#!$r?@`, "two\nlines", "tab\tstays \x07 bell", "Müller – 37 °C"} {
			e := d.EscapeText(s)
			if got := d.Unescape(e); got != s {
				t.Errorf("%q → %q → %q", s, e, got)
			}
		}
	}
}

func TestDelimiters(t *testing.T) {
	rest := "|PAS|R1K|||20240301||ADT^A01|7|P|2.5\r"
	for enc, ok := range map[string]bool{
		`^~\&`: true, `^~\&#`: true, `^~&`: true, `^~`: true, `^~\\&`: true, `@*?;`: true,
		`^`: false, ``: false, `^^\&`: false, `^~\&#!`: false, "^~\x01&": false, "^~\\|": true,
	} {
		_, err := Parse([]byte("MSH|" + enc + rest))
		if (err == nil) != ok {
			t.Errorf("%q: %v", enc, err)
		}
		if err != nil && fault.Of(err).Code != "hl7v2.msh" {
			t.Errorf("%q: code %s", enc, fault.Of(err).Code)
		}
	}
	m := mustParse(t, "MSH!$r?@!LIP!LIP!LB!LB!20111207121030!!ADT$A01!43!D!2.5\rPID!!!12?R?3$$$A@BrC\r")
	for path, want := range map[string]string{"MSH-9.2": "A01", "PID-3": "12r3", "PID-3.4.2": "B", "PID-3[2]": "C"} {
		if got := m.Get(path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
}

func TestCharsets(t *testing.T) {
	head := func(set string) string { return msh + "||||||" + set + "\rPID|||||" }
	utf16 := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteByte(byte(r))
			b.WriteByte(byte(r >> 8))
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		raw, want, set string
		warned         bool
	}{
		"ascii":             {head("ASCII") + "Smith", "Smith", "ASCII", false},
		"utf-8 declared":    {head("UNICODE UTF-8") + "Zoë", "Zoë", "UNICODE UTF-8", false},
		"utf-8 undeclared":  {head("") + "Zoë", "Zoë", "UNICODE UTF-8", false},
		"ascii but utf-8":   {head("ASCII") + "Zoë", "Zoë", "UNICODE UTF-8", true},
		"latin 1":           {head("8859/1") + "Zo\xeb", "Zoë", "8859/1", false},
		"latin 1 with C1":   {head("8859/1") + "O\x92Neill", "O’Neill", windows1252, true},
		"latin 2":           {head("8859/2") + "\xa3uk", "Łuk", "8859/2", false},
		"greek":             {head("8859/7") + "\xc1", "Α", "8859/7", false},
		"undeclared 1252":   {head("") + "O\x92Neill \x81", "O’Neill \u0081", windows1252, true},
		"utf-8 but 1252":    {head("UNICODE UTF-8") + "Zo\xeb", "Zoë", windows1252, true},
		"unknown set":       {head("KLINGON") + "Zo\xeb", "Zoë", windows1252, true},
		"repeated set":      {head("8859/1~UNICODE UTF-8") + "Zo\xeb", "Zoë", "8859/1", false},
		"utf-16 no mark":    {utf16(head("UNICODE UTF-16") + "Zoë"), "Zoë", "UNICODE UTF-16", false},
		"utf-16 with mark":  {"\xff\xfe" + utf16(head("")+"Łuk"), "Łuk", "UNICODE UTF-16", false},
		"utf-8 mark before": {"\xef\xbb\xbf" + head("") + "Zoë", "Zoë", "UNICODE UTF-8", false},
	} {
		m, err := Parse([]byte(c.raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := strings.TrimRight(m.Segment("PID").Field(5).Raw(), " ")
		if got != c.want || m.Charset() != c.set || (len(m.Warnings()) > 0) != c.warned {
			t.Errorf("%s: %q in %s, warnings %v", name, got, m.Charset(), m.Warnings())
		}
	}
}

func TestRefusals(t *testing.T) {
	full := func(version, kind, control string) string {
		return "MSH|^~\\&|A|B|C|D|2024||" + kind + "|" + control + "|P|" + version + "\r"
	}
	for name, c := range map[string]struct {
		raw, code string
		outcome   Outcome
	}{
		"nothing":              {"", "hl7v2.empty", Rejected},
		"blank":                {" \r\n\x0b\x1c", "hl7v2.empty", Rejected},
		"not HL7":              {"GET / HTTP/1.1\r\n", "hl7v2.msh", Rejected},
		"cut off":              {"MSH", "hl7v2.msh", Rejected},
		"old":                  {full("2.2", "ADT^A01", "1"), "hl7v2.version", Rejected},
		"new":                  {full("2.6", "ADT^A01", "1"), "hl7v2.version", Rejected},
		"no version":           {full("", "ADT^A01", "1"), "hl7v2.version", Rejected},
		"no type":              {full("2.3", "", "1"), "hl7v2.msh", Rejected},
		"no control id":        {full("2.3", "ADT^A01", ""), "hl7v2.msh", Rejected},
		"bad line":             {full("2.3", "ADT^A01", "1") + "pid|1\r", "hl7v2.segment", Failed},
		"two messages":         {full("2.3", "ADT^A01", "1") + full("2.3", "ADT^A01", "2"), "hl7v2.segment", Failed},
		"good":                 {full("2.3.1", "ADT^A01", "1"), "", Accepted},
		"version with country": {full("2.5.1^GBR", "ADT^A01", "1"), "", Accepted},
	} {
		m, err := Parse([]byte(c.raw))
		if err == nil {
			err = Accept(m)
		}
		if OutcomeOf(err) != c.outcome || err != nil && fault.Of(err).Code != c.code {
			t.Errorf("%s: %v (%d)", name, err, OutcomeOf(err))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(msh + "\rPID|1||1^^^A&B~2||O\\T\\N\r"))
	f.Add([]byte("MSH!$r?@!LIP!LIP\nPID!x\n"))
	f.Add([]byte("\x0bMSH|^~\\&#|\r\n\r\nOBX|1|\"\"\x1c\r"))
	f.Add([]byte("M\x00S\x00H\x00|\x00^\x00~\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := ReadHeader(raw)
		if _, err := Parse(Ack(h, Reply{Code: "AR", Control: "1"})); err != nil {
			t.Fatalf("the answer is not readable: %v", err)
		}
		m, err := Parse(raw)
		if err != nil {
			return
		}
		for _, s := range m.Segments() {
			for n := 1; n <= min(s.Len(), 50); n++ {
				for _, r := range s.Field(n).Reps() {
					_ = r.Component(1).Sub(1).String() + r.Text()
				}
			}
		}
		again, err := Parse([]byte(m.Text()))
		if err != nil || len(again.Segments()) != len(m.Segments()) {
			t.Fatalf("printed text is not read back: %v", err)
		}
	})
}
