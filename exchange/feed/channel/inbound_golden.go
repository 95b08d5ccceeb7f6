package channel

import (
	"io/fs"
	"strings"

	"concord/fault"
	"concord/standard/hl7v2"
)

// Drafts tells what becomes of a message that is read: what a golden case of an
// inbound channel says (exchange/intake).
type Drafts func(c *Inbound, m *hl7v2.Message) (string, error)

// passedTag stands before the name of the rule by which a golden message is passed
// over.
const passedTag = "passed over by "

// TestInbound runs the golden files of the channels for what comes in. A case is a
// message, a line of dashes, and what is written of it, or the rule by which it is
// passed over, or with an exclamation mark why it is a dead letter.
func (s *Set) TestInbound(dir fs.FS, drafts Drafts) []Outcome {
	var out []Outcome
	for i := range s.Inbound {
		c := &s.Inbound[i]
		file := c.Name + goldenTail
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			out = append(out, Outcome{File: file, Channel: c.Name, Problem: "the channel has no golden messages"})
			continue
		}
		out = append(out, testFile(c.Name, file, string(text), func(in string) (string, error) { return c.run(in, drafts) })...)
	}
	return out
}

// Update is a golden file with what its cases give now.
func (c *Inbound) Update(text string, drafts Drafts) (string, error) {
	return updateFile(text, func(in string) (string, error) { return c.run(in, drafts) })
}

// run gives what becomes of a case's message.
func (c *Inbound) run(in string, drafts Drafts) (string, error) {
	m, err := hl7v2.Parse([]byte(strings.Join(caseLines(in), "\r") + "\r"))
	if err != nil {
		return "", fault.New(fault.Invalid, "channel.golden", "the case has no message that can be read")
	}
	read, passed, err := c.Take(m)
	if err == nil && passed == "" {
		var text string
		if text, err = drafts(c, read); err == nil {
			return strings.TrimSpace(text), nil
		}
	}
	if err != nil {
		f := fault.Of(err)
		return problemTag + f.At + ": " + f.Text + " (" + f.Code + ")", nil
	}
	return passedTag + passed, nil
}
