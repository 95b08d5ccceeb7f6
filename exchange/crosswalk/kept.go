package crosswalk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"concord/fault"
	"concord/record"
	"concord/standard/fhir"
	"concord/standard/uk"
)

// keptSystem and keptCode are the code of the Basic resource that a table is kept
// in; keptMade and keptText are extensions: who made it so, and the lines of the
// table, in as many parts as it takes.
const (
	keptSystem = "urn:concord:code"
	keptCode   = "crosswalk"
	keptMade   = "urn:concord:crosswalk-made"
	keptText   = "urn:concord:crosswalk"
	// partSize is how many bytes a part has: FHIR's strings have at most 1 MB.
	partSize = 512 << 10
)

// Tag is the system of the tag by which a resource says which version of its
// trust's table it was written by.
const Tag = "urn:concord:crosswalk"

func keptIdentifier(org string) string { return "urn:concord:" + org + ":crosswalk" }

// Kept is the table of one organisation that runs.
type Kept struct {
	*Table       // nil when it was withdrawn, or cannot be read
	Made         // who made it so
	Number int64 // version of the Basic resource that it is kept in
	Err    error // why it cannot be read
	id     string
	text   []byte
}

// Running gives the tables that run, by code of organisation. One that cannot be
// read says so; the others do not suffer from it.
func Running(ctx context.Context, e *record.Errand) ([]Kept, error) {
	var out []Kept
	ask := record.Asked{Types: []string{"Basic"}, Form: url.Values{"code": {keptSystem + "|" + keptCode}, "_count": {strconv.Itoa(record.MaxCount)}}}
	for items, err := range e.Pages(ctx, ask) {
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			body, err := it.Full()
			if err != nil {
				return nil, err
			}
			if k := keptIn(it, body); k.Org == it.Org { // nobody else's word counts
				out = append(out, k)
			}
		}
	}
	slices.SortFunc(out, func(a, b Kept) int { return strings.Compare(a.Org, b.Org) })
	return out, nil
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

func keptIn(it *record.Item, body *fhir.Value) Kept {
	k := Kept{Number: it.Version, id: it.ID}
	var text bytes.Buffer
	for x := range body.Get("extension").Each() {
		switch x.StrAt("url") {
		case keptMade:
			if err := json.Unmarshal([]byte(x.StrAt("valueString")), &k.Made); err != nil {
				k.Err = fault.Wrap(err, fault.Internal, "crosswalk.kept", "a table does not say who made it")
			}
		case keptText:
			text.WriteString(x.StrAt("valueString"))
		}
	}
	k.Org, k.text = body.StrAt("subject.identifier.value"), text.Bytes()
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
	parts := []any{fhir.Obj("url", keptMade, "valueString", string(made))}
	for len(text) > 0 {
		part := text
		if len(part) > partSize {
			if part = part[:bytes.LastIndexByte(part[:partSize], '\n')+1]; len(part) == 0 {
				return record.Op{}, fault.New(fault.TooCostly, "crosswalk.large", "a line of the table is too long")
			}
		}
		parts, text = append(parts, fhir.Obj("url", keptText, "valueString", string(part))), text[len(part):]
	}
	body := fhir.Obj("resourceType", "Basic", "extension", fhir.Arr(parts...),
		"identifier", fhir.Arr(fhir.Obj("system", keptIdentifier(by.Org), "value", keptCode)),
		"code", fhir.Concept(keptSystem, keptCode, "", ""),
		"subject", fhir.Obj("type", "Organization", "identifier", fhir.Obj("system", uk.ODSOrganization, "value", by.Org)))
	if before == nil {
		return record.Op{Kind: record.Update, Type: "Basic", Resource: body, OnlyNew: true, At: "Basic",
			Where: url.Values{"identifier": {keptIdentifier(by.Org) + "|" + keptCode}}.Encode()}, nil
	}
	return record.Op{Kind: record.Update, Type: "Basic", ID: before.id, IfMatch: before.Number, Resource: body.With("id", before.id), At: "Basic"}, nil
}
