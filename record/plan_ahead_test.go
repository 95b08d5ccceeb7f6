package record_test

import (
	"fmt"
	"net/url"
	"testing"

	"concord/fault"
	"concord/record"
)

func flagOf(key string) string {
	return `{"resourceType":"Flag","identifier":[{"system":"urn:local:flags","value":"` + key + `"}],"status":"active","code":{"text":"Flag"},"subject":{"reference":"Patient?identifier=urn:concord:R1K:hospital-number%7C100"}}`
}

func onceOf(key string) string {
	return url.Values{"identifier": {"urn:local:flags|" + key}}.Encode()
}

// TestConditionsTogether: conditions that are looked up together come to what they come
// to one by one: what is there is found, once however often it is asked for, and what was
// deleted is not; one that cannot be read is refused.
func TestConditionsTogether(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	s.create(e, patient("R1K", "100", nhs, "Okonkwo", "Ada", "1948-03-14", "female"))
	s.create(s.client("RQM"), flagOf("other's"))
	there := s.create(e, flagOf("there")).ID
	gone := s.create(e, flagOf("gone")).ID
	if _, err := e.Transact(s.ctx, []record.Op{{Kind: record.Delete, Type: "Flag", ID: gone}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	create := func(key string) record.Op {
		return record.Op{Kind: record.Create, Type: "Flag", IfNoneExist: onceOf(key), Resource: s.json(flagOf(key))}
	}
	ops := []record.Op{create("new"), create("there"), create("gone"), create("new"), create("other's"), create("there"), create("1,2")}
	want := []record.Outcome{record.Created, record.Unchanged, record.Created, record.Unchanged, record.Created, record.Unchanged, record.Created}
	res, err := e.Transact(s.ctx, ops, record.Commit{Own: true, Sole: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range res {
		if r.Outcome != want[i] {
			t.Errorf("%s: outcome %d, not %d", ops[i].IfNoneExist, r.Outcome, want[i])
		}
	}
	if res[1].ID != there || res[3].ID != res[0].ID || res[2].ID == gone {
		t.Errorf("%+v", res)
	}
	for _, bad := range []string{"%zz", "", "nothing-of-it=1"} {
		again := append([]record.Op{}, ops...)
		for i := range again {
			again[i].Resource = s.json(flagOf(fmt.Sprint("again", i)))
		}
		if again[2].IfNoneExist = bad; bad == "" {
			again[2].IfNoneExist = "&"
		}
		if _, err := e.Transact(s.ctx, again, record.Commit{Own: true}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	s.clean()
}

// TestResting: results of a commit that asks for them so have what was written as it
// rests, and the outcome as always.
func TestResting(t *testing.T) {
	s := newStage(t)
	e := s.client("R1K")
	ops := []record.Op{
		{Kind: record.Create, Type: "Patient", FullURL: "urn:uuid:1", Resource: s.json(patient("R1K", "100", nhs, "Okonkwo", "Ada", "1948-03-14", "female"))},
		{Kind: record.Create, Type: "Flag", Resource: s.json(`{"resourceType":"Flag","status":"active","code":{"text":"Flag"},"subject":{"reference":"urn:uuid:1"}}`)},
	}
	res, err := e.Transact(s.ctx, ops, record.Commit{Resting: true})
	if err != nil {
		t.Fatal(err)
	}
	who, flag := res[0], res[1].Item.Resource
	if who.Outcome != record.Created || who.ID == "" || who.Item.Resource.ID() != "" || who.Item.Resource.Get("link") != nil {
		t.Errorf("%+v: %s", who, who.Item.Resource.JSON())
	}
	if flag.StrAt("subject.reference") != "Patient/"+who.ID || flag.ID() != "" || flag.StrAt("meta.versionId") != "" {
		t.Errorf("%s", flag.JSON())
	}
	if it, err := e.Read(s.ctx, "Flag", res[1].ID); err != nil || it.Resource.ID() != res[1].ID || it.Resource.StrAt("meta.versionId") != "1" {
		t.Errorf("what is read is served as always: %v", err)
	}
	s.clean()
}
