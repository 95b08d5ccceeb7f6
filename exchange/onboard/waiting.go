package onboard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/standard/uk"
)

// waiting holds the waiting lists against the events of their pathways: each
// clock is worked out anew, and compared with the source's account of it.
func (p *profiling) waiting(ctx context.Context) (*Waiting, error) {
	events, listed := p.classes["pathways"], p.classes["waiting"]
	sorted := newMarks(p.scratch, "clocks", p.most)
	defer sorted.close()
	if err := p.clocks(ctx, events, func(_ rowID, r *rowReader) error {
		return sorted.add(mark{key: pathwayKey(events, r), rank: EventOrder(events.field(r, "key")), row: packEvent(events, r)})
	}); err != nil {
		return nil, err
	}
	if err := p.clocks(ctx, listed, func(id rowID, r *rowReader) error {
		return sorted.add(mark{key: pathwayKey(listed, r), rank: 1<<63 | uint64(id), row: packListed(listed, r)})
	}); err != nil {
		return nil, err
	}
	out := &Waiting{Differ: map[string]int64{}, Findings: map[string]int64{}}
	differ := map[rowID]string{}
	err := sorted.groups(func(g []mark) error {
		out.pathway(g, p.extract.Taken, differ)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, p.writeWaiting(ctx, listed, differ)
}

// clocks hands over the rows of a class that can be loaded.
func (p *profiling) clocks(ctx context.Context, w *classWork, do func(rowID, *rowReader) error) error {
	for i, f := range w.files {
		err := p.eachRow(ctx, w, f, func(n int64, _ origin, r *rowReader) error {
			if id := idOf(i, n); w.fates[id] == 0 {
				return do(id, r)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pathway is the same for a patient's events and lists alone: an identifier
// that two patients share is two pathways.
func pathwayKey(w *classWork, r *rowReader) [2]uint64 {
	var b []byte
	b = append(append(append(b, r.fields[w.class.column("patient")]...), 0), r.fields[w.class.column("pathway")]...)
	return keyOf(b)
}

// EventOrder is the order of events of one day: that of the numbers in their keys, as a
// source gives them out, whichever way it lists them. It is below 1<<40.
func EventOrder(key string) uint64 {
	n := uint64(0)
	for i := range len(key) {
		if key[i] >= '0' && key[i] <= '9' {
			n = n*10 + uint64(key[i]-'0')
		}
	}
	return n & (1<<40 - 1)
}

func (w *classWork) field(r *rowReader, name string) string {
	return string(r.fields[w.class.column(name)])
}

func (w *classWork) day(r *rowReader, name string) day {
	v := r.fields[w.class.column(name)]
	y, m, d, n := dayIn(v)
	if n == 0 || !isDay(y, m, d) {
		return 0
	}
	return dayNumber(y, m, d)
}

// The kinds and outcomes of events, as the layout words them and as standard/uk
// knows them, in the same order.
func kindNames() []string { return []string{"", "first", "follow-up", "admission", "other"} }

func outcomeNames() []string {
	return []string{"attended", "not-attended", "cancelled-patient", "cancelled-provider"}
}

func packEvent(w *classWork, r *rowReader) uint64 {
	discharged := 0
	if w.field(r, "discharged") == "Y" {
		discharged = 1
	}
	return uint64(w.day(r, "on"))<<40 | uint64(w.day(r, "start"))<<18 | packStatus(w.field(r, "status"))<<10 |
		uint64(max(0, slices.Index(kindNames(), w.field(r, "kind"))))<<6 | uint64(max(0, slices.Index(outcomeNames(), w.field(r, "outcome"))))<<3 |
		packStatus(w.field(r, "priority"))&3<<1 | uint64(discharged)
}

func packStatus(s string) uint64 {
	if n := number([]byte(s)); n > 0 {
		return uint64(n)
	}
	return 0
}

func unpackEvent(v uint64) uk.RTTEvent {
	e := uk.RTTEvent{On: day(v >> 40).time(), Start: day(v >> 18 & (1<<22 - 1)).time(), Kind: uk.RTTActivity(v >> 6 & 15), Outcome: uk.RTTOutcome(v >> 3 & 7), Discharged: v&1 == 1}
	if s := v >> 10 & 255; s > 0 {
		e.Status = uk.RTTStatus(strconv.Itoa(int(s)))
	}
	if p := v >> 1 & 3; p > 0 {
		e.Priority = uk.ReferralPriority(strconv.Itoa(int(p)))
	}
	return e
}

func packListed(w *classWork, r *rowReader) uint64 {
	weeks := uint64(1<<16 - 1) // not given
	if n := number([]byte(w.field(r, "weeks"))); n >= 0 && w.field(r, "weeks") != "" {
		weeks = uint64(min(n, 1<<16-2))
	}
	return uint64(w.day(r, "clock_start"))<<32 | packStatus(w.field(r, "status"))<<16 | weeks
}

// pathway compares the rows of one pathway: its events, then what lists say.
func (out *Waiting) pathway(g []mark, taken time.Time, differ map[rowID]string) {
	var events []uk.RTTEvent
	n := 0
	for ; n < len(g) && g[n].rank>>63 == 0; n++ {
		events = append(events, unpackEvent(g[n].row))
	}
	clock := uk.ReadRTT(events)
	for _, f := range clock.Findings {
		out.Findings[f.Code]++
	}
	now, any := clock.Current()
	if n > 0 {
		out.Pathways++
	}
	running := any && now.Running()
	if running {
		out.Running++
	}
	if running && n == len(g) {
		out.Unlisted++
	}
	for i, m := range g[n:] {
		out.Listed++
		why := compareListed(m.row, clock, taken)
		if i > 0 {
			why = append(why, "twice")
		}
		if len(why) == 0 {
			out.Equal++
			continue
		}
		for _, d := range why {
			out.Differ[d]++
		}
		differ[rowID(m.rank&^(1<<63))] = strings.Join(why, " ")
	}
}

// compareListed tells in what a row of a waiting list differs from its events.
func compareListed(row uint64, clock uk.RTTPathway, taken time.Time) []string {
	now, ok := clock.Current()
	if !ok {
		return []string{"clock"}
	}
	var why []string
	if !now.Running() {
		why = append(why, "stopped")
	}
	if !day(row >> 32).time().Equal(now.Start) {
		why = append(why, "start")
	}
	if packStatus(string(clock.Status)) != row>>16&0xffff {
		why = append(why, "status")
	}
	if weeks := row & 0xffff; weeks != 1<<16-1 && int(weeks) != now.Weeks(taken) {
		why = append(why, "weeks")
	}
	return why
}

// writeWaiting lists the rows of waiting lists that differ, by their keys.
func (p *profiling) writeWaiting(ctx context.Context, listed *classWork, differ map[rowID]string) error {
	f, err := os.OpenFile(p.extract.path(waitingFile), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return unstaged(err)
	}
	out := bufio.NewWriter(f)
	fmt.Fprintln(out, "key,pathway,differs")
	err = p.clocks(ctx, listed, func(id rowID, r *rowReader) error {
		if why, ok := differ[id]; ok {
			writeFields(out, r.fields[0], r.fields[listed.class.column("pathway")], []byte(why))
		}
		return nil
	})
	return errors.Join(err, unstaged(errors.Join(out.Flush(), f.Close())))
}

func writeFields(out io.Writer, fields ...[]byte) {
	for i, f := range fields {
		if i > 0 {
			io.WriteString(out, ",")
		}
		out.Write(quoted(f))
	}
	io.WriteString(out, "\n")
}
