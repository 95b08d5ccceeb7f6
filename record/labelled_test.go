package record_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/standard/fhir"
	"concord/store"
)

// TestLabelledByTheIndex: what a label keeps back is known from the index. However a
// record was written, labelled, unlabelled and deleted from, a section's newest, a
// search and the count of what is kept back are those of who reads every resource by
// itself.
func TestLabelledByTheIndex(t *testing.T) {
	s := newStage(t)
	rng := rand.New(rand.NewPCG(1, 2))
	p := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female")).ID
	securities := []string{"", "", "", label(access.ActCode, "HIV"), label(access.Confidentiality, "R"), label(access.Confidentiality, "V"), label(access.Confidentiality, "N")}
	orgs := []string{"R1K", "RQM", "RYJ"}
	var ids []string
	owner := map[string]string{}
	for step := range 120 {
		org := orgs[rng.IntN(len(orgs))]
		text := s.observation(p, fmt.Sprint(step), securities[rng.IntN(len(securities))])
		text = text[:len(text)-len(`T10:00:00Z"}`)-2] + fmt.Sprintf(`%02dT10:%02d:00Z"}`, 1+rng.IntN(28), step%60)
		if len(ids) < 10 || rng.IntN(2) == 0 {
			id := s.create(s.client(org), text).ID
			ids, owner[id] = append(ids, id), org
			continue
		}
		id := ids[rng.IntN(len(ids))]
		op := record.Op{Kind: record.Update, Type: "Observation", ID: id, Resource: s.json(text)}
		switch rng.IntN(4) {
		case 0:
			op = record.Op{Kind: record.Delete, Type: "Observation", ID: id}
		case 1:
			op = record.Op{Kind: record.Patch, Type: "Observation", ID: id, Change: func(now *fhir.Value) (*fhir.Value, error) { return now.Without("meta"), nil }}
		}
		if _, err := s.client(owner[id]).Transact(s.ctx, []record.Op{op}, record.Commit{}); err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Gone) {
			t.Fatal(err)
		}
		if step%10 == 0 {
			s.agree(p, ids)
		}
	}
	s.agree(p, ids)
}

// agree holds what several requesters see of a patient against what they read.
func (s *stage) agree(p string, ids []string) {
	s.t.Helper()
	for who, e := range map[string]*record.Errand{"RQM's system": s.client("RQM"), "R1K's system": s.client("R1K"), "clinician": s.as(access.Clinician)} {
		var want []*record.Item
		for _, id := range ids {
			if it, err := e.Read(s.ctx, "Observation", id); err == nil {
				want = append(want, it)
			}
		}
		slices.SortFunc(want, func(a, b *record.Item) int { return b.Date.Compare(a.Date) })
		c, err := e.Chart(s.ctx, p, record.ChartQuery{Sections: []record.Section{{Type: "Observation", Newest: 5}, {Type: "Observation"}}})
		if err != nil {
			s.t.Fatal(err)
		}
		s.same(who+", newest", c.Sections[0], want[:min(5, len(want))])
		s.same(who+", all", c.Sections[1], want)
		f, err := e.Search(s.ctx, record.Asked{Types: []string{"Observation"}, Form: url.Values{"patient": {p}, "_count": {"3"}, "_sort": {"-date"}}})
		if err != nil {
			s.t.Fatal(err)
		}
		if f.Total != len(want) {
			s.t.Errorf("%s finds %d of %d", who, f.Total, len(want))
		}
		s.same(who+", first page", f.Matches, want[:min(3, len(want))])
	}
}

func (s *stage) same(what string, have, want []*record.Item) {
	s.t.Helper()
	if len(have) != len(want) {
		s.t.Errorf("%s: %d items, %d can be read", what, len(have), len(want))
		return
	}
	for i := range have {
		if !have[i].Date.Equal(want[i].Date) {
			s.t.Errorf("%s: item %d is of %v, want %v", what, i, have[i].Date, want[i].Date)
		}
	}
}

// untokened is a store of an older program: what is filed beside a resource has no
// tokens.
type untokened struct{ store.Engine }

func (u untokened) Update(ctx context.Context, f func(store.Tx) error) error {
	return u.Engine.Update(ctx, func(tx store.Tx) error { return f(untokenedTx{tx}) })
}

type untokenedTx struct{ store.Tx }

func (u untokenedTx) Put(ctx context.Context, p store.Put) (int64, error) {
	p.Index.Tokens = nil
	return u.Tx.Put(ctx, p)
}

// TestLabelsOfAnOlderStore: a store of a program that did not file what is labelled
// is brought up to date, and keeps back the same before and after.
func TestLabelsOfAnOlderStore(t *testing.T) {
	s := newStageOn(t, func(e store.Engine) store.Engine { return untokened{e} })
	p := s.create(s.client("R1K"), patient("R1K", "1", nhs, "Okonkwo", "Adaeze", "1948-03-14", "female")).ID
	var ids []string
	for i := range 8 {
		text := s.observation(p, fmt.Sprint(i), []string{"", label(access.Confidentiality, "R")}[i%2])
		ids = append(ids, s.create(s.client("R1K"), strings.Replace(text, "T10", fmt.Sprintf("T1%d", i), 1)).ID)
	}
	err := s.engine.Update(s.ctx, func(tx store.Tx) error {
		return tx.SetKey(s.ctx, "search-index", store.KeyValue{Key: "version", Value: []byte("4")})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.reopen()
	s.agree(p, ids)
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	go s.desk.Work(ctx, "upgrading")
	operator := s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
	for wait := 0; ; wait++ {
		st, err := operator.Reindexing(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if st.Phase == "done" {
			if st.Repaired == 0 {
				t.Error("nothing had to be repaired: this is no older store")
			}
			break
		}
		if wait == 1000 {
			t.Fatalf("not done in 10 s: %+v", st)
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.agree(p, ids)
	s.reopen() // the labels are those of the index now
	s.agree(p, ids)
}
