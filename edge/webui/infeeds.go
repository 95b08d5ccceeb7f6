package webui

import (
	"fmt"

	"concord/care/chart"
	"concord/exchange/feed"
	"concord/record"
)

// inboundRow is one channel for what comes in.
type inboundRow struct {
	Name, Title, From string
	Org               chart.Organisation
	Version           string // of the set that it is in
	Passed            []passedRow
	Total             int64
	Paused            *record.Pause
	PausedAt          chart.When
	Mine              bool // the requester's organisation's: they may pause it
}

// passedRow counts what one rule has passed over.
type passedRow struct {
	Rule string
	N    int64
	Last chart.When
}

// in tells of the channels for what comes in, and of rules that have passed messages
// over and are in no file any more.
func (s *Site) in(v *visit, o *feed.Overview) ([]inboundRow, error) {
	if s.Channels == nil {
		return nil, nil
	}
	list, err := v.errand.Passings(v.Context())
	if err != nil {
		return nil, err
	}
	passed := map[string][]record.Passing{}
	for _, p := range list {
		passed[p.Org+"/"+p.Channel] = append(passed[p.Org+"/"+p.Channel], p)
	}
	var out []inboundRow
	for _, k := range s.Channels() {
		for i := range k.Inbound {
			c := &k.Inbound[i]
			r := inboundRow{Name: c.Name, Title: c.Title, From: c.Source.String(), Org: s.organisation(k.Org), Version: fmt.Sprint(k.Org, ".", k.Version)}
			r.Mine = v.who().Controls(k.Org)
			for _, x := range o.Inbound {
				if x.Org == k.Org && x.Name == c.Name && x.Paused != nil {
					r.Paused, r.PausedAt = x.Paused, s.at().Moment(x.Paused.At)
				}
			}
			r.count(passed[k.Org+"/"+c.Name], s.at())
			delete(passed, k.Org+"/"+c.Name)
			out = append(out, r)
		}
	}
	for _, p := range list {
		if gone := passed[p.Org+"/"+p.Channel]; gone != nil {
			r := inboundRow{Name: p.Channel, Org: s.organisation(p.Org)}
			r.count(gone, s.at())
			delete(passed, p.Org+"/"+p.Channel)
			out = append(out, r)
		}
	}
	return out, nil
}

func (r *inboundRow) count(list []record.Passing, lens chart.Lens) {
	for _, p := range list {
		r.Passed = append(r.Passed, passedRow{p.Rule, p.Messages, lens.Moment(p.Last)})
		r.Total += p.Messages
	}
}
