package storetest

import (
	"fmt"
	"strings"
	"time"

	"concord/store"
)

// answers asks a store everything that there is to ask and writes it down.
func (s *stage) answers(moments []time.Time) string {
	s.t.Helper()
	var b strings.Builder
	s.view(func(r store.Reader) error {
		say := func(what string, v any, err error) {
			fmt.Fprintf(&b, "%s: %+v", what, v)
			if err != nil {
				fmt.Fprintf(&b, " %v", err)
			}
			b.WriteByte('\n')
		}
		for _, part := range []func(store.Reader, func(string, any, error), []time.Time){s.sayDocuments, s.sayIndex, s.sayJournal, s.sayRest} {
			part(r, say, moments)
		}
		return nil
	})
	return b.String()
}

func (s *stage) sayDocuments(r store.Reader, say func(string, any, error), moments []time.Time) {
	all, err := r.Scan(s.ctx, 0, store.Key{}, 1000)
	say("documents", len(all), err)
	for _, d := range all {
		say("document", *d, nil)
		versions, err := r.Versions(s.ctx, d.Key)
		for _, v := range versions {
			say("version", *v, nil)
		}
		say("versions", len(versions), err)
	}
	changes, err := r.Changes(s.ctx, 0, 10_000)
	say("changes", changes, err)
	for _, at := range append(moments, time.Time{}) {
		chart, err := r.Chart(s.ctx, []int64{1, 2, 3, 9}, []store.Range{{Type: 1}, {Type: 2, Newest: 3, Need: [][]uint32{{5}}}, {Type: 3, From: 5000, To: 30000}}, at)
		for i, docs := range chart {
			for _, d := range docs {
				say(fmt.Sprint("chart ", at, i), *d, nil)
			}
		}
		say("chart", len(chart), err)
		for pk := int64(1); pk < 4; pk++ {
			person, err := r.PersonOf(s.ctx, pk, at)
			say("person", person, err)
		}
		members, err := r.Members(s.ctx, 100, at)
		say("members", members, err)
	}
	for pk := int64(1); pk < 12; pk++ {
		n, err := r.NextSeq(s.ctx, pk, 1)
		say("next sequence", n, err)
		links, err := r.LinkHistory(s.ctx, pk)
		say("links", links, err)
	}
	last, err := r.LastChange(s.ctx)
	say("last change", last, err)
}

func (s *stage) sayIndex(r store.Reader, say func(string, any, error), _ []time.Time) {
	for h := range uint64(250) {
		for _, hash := range []uint64{h, 1<<63 + h} {
			if keys, err := r.Find(s.ctx, hash, 10); len(keys) > 0 || err != nil {
				say(fmt.Sprint("find ", hash), keys, err)
			}
		}
		if n, err := r.CountTerm(s.ctx, h); n > 0 || err != nil {
			say(fmt.Sprint("term ", h), n, err)
		}
	}
	for _, prefix := range []string{"", "o'neill", "o'neill\x00é1"} {
		keys, err := r.FindString(s.ctx, 1, prefix, false, 100)
		say("string "+prefix, keys, err)
	}
	for code := uint64(69); code < 74; code++ {
		dated, err := r.FindCode(s.ctx, store.CodeRange{Code: code, From: 3000, To: 90000}, 100)
		say("code", dated, err)
	}
	keys, err := r.FindQuantity(s.ctx, 88, 7.0/3, 11, 100)
	say("quantity", keys, err)
	records, err := r.FindRecords(s.ctx, [][]uint64{{3}, {101, 105, 110}}, 0, 100)
	say("records", records, err)
}

func (s *stage) sayJournal(r store.Reader, say func(string, any, error), _ []time.Time) {
	for seq := range int64(9) {
		if m, err := r.Message(s.ctx, seq); err == nil {
			say("message", *m, nil)
		} else {
			say("message", nil, err)
		}
	}
	for _, f := range []store.MessageFilter{{Limit: 9}, {Limit: 9, Record: 2}, {Limit: 9, Control: "M3"}, {Limit: 9, Feed: "f1", States: []store.State{store.Received}}} {
		list, err := r.Messages(s.ctx, f)
		for _, m := range list {
			say("listed", m.Seq, nil)
		}
		say("listed", len(list), err)
	}
	pending, err := r.Pending(s.ctx, 0, 10)
	say("pending", len(pending), err)
	tally, err := r.Tally(s.ctx)
	say("tally", tally, err)
	for _, feed := range []string{"f0", "f1"} {
		counts, err := r.Counts(s.ctx, feed, time.Time{})
		say("counts", counts, err)
	}
}

func (s *stage) sayRest(r store.Reader, say func(string, any, error), _ []time.Time) {
	list, err := r.ListKeys(s.ctx, "space", "", 10)
	say("keys", list, err)
	for i := range 5 {
		v, err := r.GetKey(s.ctx, "space", fmt.Sprint("k\xff", i))
		say("key", fmt.Sprint(v == nil, v), err)
	}
	jobs, err := r.Jobs(s.ctx, "mail", 10)
	say("jobs", jobs, err)
	size, err := r.LogSize(s.ctx, "audit")
	say("log", size, err)
	entries, err := r.LogEntries(s.ctx, "audit", 0, 100)
	say("entries", entries, err)
	for n := range 2 * size {
		h, err := r.LogHashes(s.ctx, "audit", []int64{n})
		say("hash", h, err)
	}
}
