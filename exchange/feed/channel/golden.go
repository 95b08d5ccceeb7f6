package channel

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// A golden file stands beside the channel's own, NAME.golden, NAME being the
// channel's. It holds cases, a line of equals signs between two. A case is what
// happens, a line of dashes, and the messages that this makes, with \n for the
// end of a segment. What happens is lines of JSON: "now" and "before" are a
// resource as one commit wrote it and as it was, "also" is one that they refer
// to. Of a channel that passes messages on it is the message. Lines that begin
// with # are left out.
const (
	caseLine   = "================================"
	dashLine   = "--------------------------------"
	nothing    = "(nothing)"
	problemTag = "! "
	goldenTail = ".golden"
)

// Outcome is what became of one golden case.
type Outcome struct {
	File, Channel string
	Case          int // from 1
	Line          int // of the case in the file
	Want, Got     string
	Problem       string // why it could not be run
}

// Passed tells a case that gave what it says.
func (o Outcome) Passed() bool { return o.Problem == "" && o.Want == o.Got }

// Test runs the golden files of a folder, in order of name. A channel without a
// file is an Outcome that did not pass: what is not shown is not proved.
func (s *Set) Test(dir fs.FS, zone *time.Location) ([]Outcome, error) {
	var out []Outcome
	for i := range s.Channels {
		c := &s.Channels[i]
		file := c.Name + goldenTail
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			out = append(out, Outcome{File: file, Channel: c.Name, Problem: "the channel has no golden messages"})
			continue
		}
		out = append(out, testFile(c.Name, file, string(text), func(in string) (string, error) { return c.run(in, zone) })...)
	}
	return out, nil
}

// testFile runs the cases of a golden file.
func testFile(name, file, text string, run func(in string) (string, error)) []Outcome {
	var out []Outcome
	line := 1
	for n, part := range strings.Split(text, caseLine+"\n") {
		o := Outcome{File: file, Channel: name, Case: n + 1, Line: line}
		line += strings.Count(part, "\n") + 1
		in, want, found := strings.Cut(part, dashLine+"\n")
		if !found {
			o.Problem = "the case has no line of dashes"
		} else {
			o.Want = strings.TrimSpace(want)
			got, err := run(in)
			if o.Got = got; err != nil {
				o.Problem = fault.Of(err).Text
			}
		}
		out = append(out, o)
	}
	return out
}

// Update is a golden file with what its cases give now.
func (c *Channel) Update(text string, zone *time.Location) (string, error) {
	return updateFile(text, func(in string) (string, error) { return c.run(in, zone) })
}

// updateFile runs the cases of a golden file and puts in what they give.
func updateFile(text string, run func(in string) (string, error)) (string, error) {
	var parts []string
	for _, part := range strings.Split(text, caseLine+"\n") {
		in, _, _ := strings.Cut(part, dashLine+"\n")
		got, err := run(in)
		if err != nil {
			return "", err
		}
		parts = append(parts, strings.TrimRight(in, "\n")+"\n"+dashLine+"\n"+got+"\n")
	}
	return strings.Join(parts, caseLine+"\n"), nil
}

// caseLines are the lines of what happens in a case.
func caseLines(in string) []string {
	var lines []string
	for l := range strings.Lines(in) {
		if !strings.HasPrefix(l, "#") && strings.TrimSpace(l) != "" {
			lines = append(lines, strings.TrimRight(l, "\r\n"))
		}
	}
	return lines
}

// run gives what a case makes, a message after the other.
func (c *Channel) run(in string, zone *time.Location) (string, error) {
	lines := caseLines(in)
	var messages []Message
	if c.Relays() {
		if m := c.Relay([]byte(strings.Join(lines, "\r")+"\r"), "GOLDEN-1"); m != nil {
			messages = append(messages, *m)
		}
	} else {
		changes, look, err := goldenChanges(lines)
		if err != nil {
			return "", err
		}
		messages = c.Messages(changes, Context{Look: look, Zone: zone, Control: func(n int) string { return fmt.Sprint("GOLDEN-", n+1) }})
	}
	var out []string
	for _, m := range messages {
		text := strings.TrimRight(strings.ReplaceAll(string(m.Text), "\r", "\n"), "\n")
		if p := m.Problem; p != nil {
			text = problemTag + cmp.Or(p.Field, "message") + ": " + p.Text + " (" + p.Rule + ")\n" + text
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return nothing, nil
	}
	return strings.Join(out, "\n\n"), nil
}

// goldenChanges reads the lines of a case.
func goldenChanges(lines []string) ([]Change, Look, error) {
	known := map[string]*fhir.Value{}
	var order []string
	before := map[string]*fhir.Value{}
	now := map[string]*fhir.Value{}
	for _, l := range lines {
		word, text, _ := strings.Cut(l, " ")
		v, err := fhir.Parse([]byte(text))
		if err != nil || v.Type() == "" || v.ID() == "" {
			return nil, nil, fault.New(fault.Invalid, "channel.golden", "a line is not now, before or also with a resource that has a type and an id")
		}
		ref := v.Type() + "/" + v.ID()
		switch word {
		case "now":
			now[ref], known[ref] = v, v
		case "before":
			before[ref] = v
		case "also":
			known[ref] = v
		default:
			return nil, nil, fault.New(fault.Invalid, "channel.golden", "%q is not now, before or also", word)
		}
		if word != "also" && !slices.Contains(order, ref) {
			order = append(order, ref)
		}
	}
	records := recordsOf(known, before)
	var out []Change
	for _, ref := range order {
		c := Change{Version: 1, Now: now[ref], Before: before[ref]}
		body := c.body()
		c.Type, c.ID, c.Record = body.Type(), body.ID(), records[ref]
		c.Org, c.At = ownerOf(body), goldenTime(body)
		out = append(out, c)
	}
	return out, func(ref string) (*fhir.Value, int64) { return known[ref], records[ref] }, nil
}

// recordsOf numbers the patients; what has a subject lies in the record of that.
func recordsOf(lists ...map[string]*fhir.Value) map[string]int64 {
	out := map[string]int64{}
	for _, list := range lists {
		for _, ref := range slices.Sorted(maps.Keys(list)) {
			if strings.HasPrefix(ref, "Patient/") && out[ref] == 0 {
				out[ref] = int64(len(out) + 1)
			}
		}
	}
	for _, list := range lists {
		for ref, v := range list {
			if subject := v.StrAt("subject.reference"); subject != "" {
				out[ref] = out[subject]
			}
		}
	}
	return out
}

// ownerOf is the organisation that a golden resource says it is of.
func ownerOf(v *fhir.Value) string {
	for id := range v.Get("identifier").Each() {
		if rest, ok := strings.CutPrefix(id.StrAt("system"), "urn:concord:"); ok {
			org, _, _ := strings.Cut(rest, ":")
			return org
		}
	}
	for _, at := range []string{"serviceProvider", "managingOrganization", "custodian"} {
		if id := v.Path(at + ".identifier"); id.StrAt("system") == uk.ODSOrganization {
			return id.StrAt("value")
		}
	}
	return ""
}

func goldenTime(v *fhir.Value) time.Time {
	if in, ok := fhir.ParseInstant(v.StrAt("meta.lastUpdated"), time.UTC); ok {
		return in.Start
	}
	return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
}

// GoldenFiles lists the golden files of a folder that no channel has.
func (s *Set) GoldenFiles(dir fs.FS) ([]string, error) {
	names, err := fs.Glob(dir, "*"+goldenTail)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "channel.golden", "the golden files cannot be listed")
	}
	var spare []string
	for _, n := range names {
		of := func(name string) bool { return name+goldenTail == path.Base(n) }
		if !slices.ContainsFunc(s.Channels, func(c Channel) bool { return of(c.Name) }) && !slices.ContainsFunc(s.Inbound, func(c Inbound) bool { return of(c.Name) }) {
			spare = append(spare, n)
		}
	}
	return spare, nil
}

// Same tells whether two sets say the same.
func Same(a, b *Set) bool {
	x, err := a.Text()
	y, err2 := b.Text()
	return err == nil && err2 == nil && bytes.Equal(x, y)
}
