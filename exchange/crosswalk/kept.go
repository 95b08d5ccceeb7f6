package crosswalk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"concord/exchange/kept"
	"concord/fault"
	"concord/record"
)

// tables is the kind of text that a table is kept as; keptMade and keptText are where it
// says who made it so, and the lines of the table, in as many parts as it takes.
const (
	tables   = kept.Kind("crosswalk")
	keptMade = "urn:concord:crosswalk-made"
	keptText = "urn:concord:crosswalk"
	// partSize is how many bytes a part has: FHIR's strings have at most 1 MB.
	partSize = 512 << 10
)

// Tag is the system of the tag by which a resource says which version of its
// trust's table it was written by.
const Tag = "urn:concord:crosswalk"

// Kept is the table of one organisation that runs.
type Kept struct {
	*Table       // nil when it was withdrawn, or cannot be read
	Made         // who made it so
	Number int64 // version of what it is kept as
	Err    error // why it cannot be read
	kept   *kept.Text
	text   []byte
}

// Running gives the tables that run, by code of organisation. One that cannot be
// read says so; the others do not suffer from it.
func Running(ctx context.Context, e *record.Errand) ([]Kept, error) {
	list, err := tables.All(ctx, e)
	return allKept(list), err
}

func allKept(list []kept.Text) []Kept {
	var out []Kept
	for i := range list {
		out = append(out, keptIn(&list[i]))
	}
	return out
}

// Of gives the table of one organisation among those that run, nil if it has none.
func Of(running []Kept, org string) *Kept {
	for i := range running {
		if running[i].Org == org {
			return &running[i]
		}
	}
	return nil
}

func keptIn(t *kept.Text) Kept {
	k := Kept{Number: t.Version, kept: t}
	for _, made := range t.Parts(keptMade) {
		if err := json.Unmarshal([]byte(made), &k.Made); err != nil {
			k.Err = fault.Wrap(err, fault.Internal, "crosswalk.kept", "a table does not say who made it")
		}
	}
	k.Org, k.text = t.Org, []byte(strings.Join(t.Parts(keptText), ""))
	if k.Withdrawn || k.Err != nil {
		return k
	}
	if k.Table, k.Err = Parse(k.Org, k.text); k.Err == nil {
		k.Version = fmt.Sprint(k.Org, ".", k.Number)
	}
	return k
}

// Publish makes a table the one that runs for its trust, nil for none, and says
// whether that changed anything. e is the errand of an operator of the trust,
// feeds one by which every process is told. Errors: TooCostly "crosswalk.large";
// Conflict "store.version", "record.exists" when it was changed meanwhile.
func Publish(ctx context.Context, e, feeds *record.Errand, t *Table, by Made) (bool, error) {
	running, err := Running(ctx, e)
	if err != nil {
		return false, err
	}
	before := Of(running, by.Org)
	var text []byte
	if by.Withdrawn = t == nil; t != nil {
		if text, err = t.Text(); err != nil {
			return false, err
		}
	}
	if before == nil && t == nil || before != nil && before.Err == nil && before.Withdrawn == by.Withdrawn && bytes.Equal(before.text, text) {
		return false, nil
	}
	op, err := keep(before, by, text)
	if err != nil {
		return false, err
	}
	if _, err := e.Transact(ctx, []record.Op{op}, record.Commit{}); err != nil {
		return false, err
	}
	return true, feeds.MarkApplied(ctx)
}

// keep writes a table, on the condition that nobody else has.
func keep(before *Kept, by Made, text []byte) (record.Op, error) {
	made, err := json.Marshal(by)
	if err != nil {
		return record.Op{}, fault.Wrap(err, fault.Internal, "crosswalk.write", "the table cannot be written")
	}
	parts := []kept.Part{{URL: keptMade, Text: string(made)}}
	for len(text) > 0 {
		part := text
		if len(part) > partSize {
			if part = part[:bytes.LastIndexByte(part[:partSize], '\n')+1]; len(part) == 0 {
				return record.Op{}, fault.New(fault.TooCostly, "crosswalk.large", "a line of the table is too long")
			}
		}
		parts, text = append(parts, kept.Part{URL: keptText, Text: string(part)}), text[len(part):]
	}
	if before == nil {
		return tables.Write(nil, by.Org, "", parts...), nil
	}
	return tables.Write(before.kept, by.Org, "", parts...), nil
}
