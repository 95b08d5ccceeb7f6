package kept_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"concord/exchange/kept"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/validate"
	"concord/store/dictionary"
	"concord/store/sqlite"
)

func openDesk(t *testing.T) *record.Desk {
	t.Helper()
	ctx := context.Background()
	engine, err := sqlite.Open(ctx, t.TempDir(), sqlite.Options{Now: time.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	codec, err := dictionary.Codec()
	if err != nil {
		t.Fatal(err)
	}
	desk, err := record.Open(ctx, record.Options{Engine: engine, Codec: codec, Secret: make([]byte, 32), Now: time.Now, Check: validate.Base().Check})
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

const notes kept.Kind = "notes"

// TestKept: a text is read as it was written, part by part, with its past; it is one for
// each organisation, and is written on the condition that nobody else has since. What
// another organisation says in its name is nobody's.
func TestKept(t *testing.T) {
	ctx := context.Background()
	d := openDesk(t)
	office := func(org string) *record.Errand {
		return d.For(access.Requester{ID: "operator", Role: access.Operator, Org: org}, access.Reason{Purpose: access.Integrity})
	}
	all := func() []kept.Text {
		t.Helper()
		list, err := notes.All(ctx, office(access.Domain))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	write := func(e *record.Errand, before *kept.Text, org string, parts ...string) error {
		t.Helper()
		var list []kept.Part
		for _, p := range parts {
			list = append(list, kept.Part{URL: "urn:concord:notes", Text: p})
		}
		_, err := e.Transact(ctx, []record.Op{notes.Write(before, org, "Made up", list...)}, record.Commit{})
		return err
	}
	if err := write(office("R1K"), nil, "R1K", "one", "two"); err != nil {
		t.Fatal(err)
	}
	list := all()
	if len(list) != 1 || list[0].Org != "R1K" || list[0].Version != 1 || !slices.Equal(list[0].Parts("urn:concord:notes"), []string{"one", "two"}) {
		t.Fatalf("%+v", list)
	}
	if err := write(office("R1K"), nil, "R1K", "again"); fault.Of(err).Code != "record.exists" {
		t.Errorf("a second text: %v", err)
	}
	if err := write(office("R1K"), &list[0], "R1K", "three"); err != nil {
		t.Fatal(err)
	}
	if err := write(office("R1K"), &list[0], "R1K", "four"); !fault.Is(err, fault.Conflict) {
		t.Errorf("written over what nobody has read: %v", err)
	}
	if err := write(office("RYJ"), nil, "RAS", "in the name of another"); err != nil {
		t.Fatal(err)
	}
	if err := write(office("RQM"), nil, "RQM", "its own"); err != nil {
		t.Fatal(err)
	}
	list = all()
	if len(list) != 2 || list[0].Org != "R1K" || list[1].Org != "RQM" || list[0].Parts("urn:concord:notes")[0] != "three" {
		t.Fatalf("%+v", list)
	}
	past, err := list[0].Past(ctx, office("R1K"))
	if err != nil || len(past) != 2 || past[0].Version != 2 || past[1].Parts("urn:concord:notes")[1] != "two" {
		t.Errorf("%+v %v", past, err)
	}
}
