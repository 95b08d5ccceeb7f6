package record_test

import (
	"context"
	"testing"
	"time"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// TestLeadingOfAnOlderStore: in a store of a program that filed of DocumentReferences
// alone what they lead to, those keep a Binary back until the index is brought up to
// date, and afterwards whatever leads to it does.
func TestLeadingOfAnOlderStore(t *testing.T) {
	s := newStageOn(t, func(e store.Engine) store.Engine { return untokened{e} })
	p := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female")).ID
	sealed := label(access.Confidentiality, "V") + `"subject":{"reference":"Patient/` + p + `"},`
	binary := func() string {
		return s.create(s.client("R1K"), `{"resourceType":"Binary","contentType":"text/plain","data":"QQ=="}`).ID
	}
	letter, scan := binary(), binary()
	s.create(s.client("R1K"), `{"resourceType":"DocumentReference","status":"current",`+sealed+`"content":[{"attachment":{"url":"Binary/`+letter+`"}}]}`)
	s.create(s.client("R1K"), `{"resourceType":"Media","status":"completed",`+sealed+`"content":{"url":"Binary/`+scan+`"}}`)
	err := s.engine.Update(s.ctx, func(tx store.Tx) error {
		return tx.SetKey(s.ctx, "search-index", store.KeyValue{Key: "version", Value: []byte("5")})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.reopen()
	refused := func(id string) bool {
		t.Helper()
		_, err := s.client("RQM").Read(s.ctx, "Binary", id)
		if err != nil && !fault.Is(err, fault.Withheld) && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
		return err != nil
	}
	if !refused(letter) {
		t.Error("the letter is shown while the index is brought up to date")
	}
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	go s.desk.Work(ctx, "upgrading")
	operator := s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	for wait := 0; ; wait++ {
		st, err := operator.Reindexing(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if st.Phase == "done" && st.Repaired > 0 {
			break
		}
		if wait == 1000 {
			t.Fatalf("not done in 10 s: %+v", st)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !refused(letter) || !refused(scan) {
		t.Error("what is sealed is shown after the index was brought up to date")
	}
	if _, err := s.client("R1K").Read(s.ctx, "Binary", scan); err != nil {
		t.Error(err)
	}
}
