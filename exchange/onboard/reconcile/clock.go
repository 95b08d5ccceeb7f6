package reconcile

import (
	"slices"
	"strconv"
	"time"

	"concord/exchange/onboard"
	"concord/standard/uk"
)

// clocks sorts the events of pathways of both sides and the waiting lists of the
// record by pathway, and compares what they come to.
type clocks struct {
	w      *reconciling
	sorted *onboard.Sorter
	// Hashes that are named when all is compared.
	differ map[[2]uint64][]string // pathways
	notOn  map[[2]uint64]bool     // pathways whose clock runs on no list
	listed map[uint64][]string    // rows of waiting lists, by half the hash of their key
}

// The kinds of marks of a pathway, in the order in which they come.
const (
	sideStage = iota
	sideRecord
	sideListed
)

func newClocks(w *reconciling) *clocks {
	return &clocks{w: w, sorted: onboard.NewSorter(w.scratch, "clocks", w.opt.Most), differ: map[[2]uint64][]string{}, notOn: map[[2]uint64]bool{}, listed: map[uint64][]string{}}
}

func (c *clocks) close() { c.sorted.Close() }

// pathwayOf is what a pathway is found by: the same identifier of two patients is
// two pathways.
func pathwayOf(patient, pathway string) [2]uint64 {
	return onboard.Hash([]byte(patient + "\x00" + pathway))
}

// dayNumber counts days since 1800; 0 = none.
func dayNumber(v string) uint64 {
	t, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return 0
	}
	return uint64(t.Sub(epoch())/(24*time.Hour)) + 1
}

func epoch() time.Time { return time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC) }

func dayAt(n uint64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return epoch().AddDate(0, 0, int(n)-1)
}

// orderOf puts events of one day in the order that a profile reads them in.
func orderOf(side int, on uint64, key string) uint64 {
	return uint64(side)<<62 | on&(1<<22-1)<<40 | onboard.EventOrder(key)
}

// event takes an event of a pathway: kinds and outcomes as the layout words them.
func (c *clocks) event(side int, key, patient string, get func(string) string) error {
	on := dayNumber(get("on"))
	kind := max(0, slices.Index([]string{"", "first", "follow-up", "admission", "other"}, get("kind")))
	outcome := max(0, slices.Index([]string{"attended", "not-attended", "cancelled-patient", "cancelled-provider"}, get("outcome")))
	packed := on<<40 | dayNumber(get("start"))<<18 | small(get("status"), 255)<<10 | uint64(kind)<<6 | uint64(outcome)<<3 | small(get("priority"), 3)<<1
	if get("discharged") == "Y" {
		packed |= 1
	}
	return c.sorted.Add(onboard.Mark{Key: pathwayOf(patient, get("pathway")), Rank: orderOf(side, on, key), Row: packed})
}

func small(v string, most uint64) uint64 {
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil || n > most {
		return 0
	}
	return n
}

func unpacked(v uint64) uk.RTTEvent {
	e := uk.RTTEvent{On: dayAt(v >> 40), Start: dayAt(v >> 18 & (1<<22 - 1)), Kind: uk.RTTActivity(v >> 6 & 15), Outcome: uk.RTTOutcome(v >> 3 & 7), Discharged: v&1 == 1}
	if s := v >> 10 & 255; s > 0 {
		e.Status = uk.RTTStatus(strconv.FormatUint(s, 10))
	}
	if p := v >> 1 & 3; p > 0 {
		e.Priority = uk.ReferralPriority(strconv.FormatUint(p, 10))
	}
	return e
}

const noWeeks = 1<<16 - 1

// list takes a row of a waiting list as the record has it.
func (c *clocks) list(key, patient string, get func(string) string) error {
	weeks := uint64(noWeeks)
	if n, err := strconv.ParseUint(get("weeks"), 10, 32); err == nil {
		weeks = min(n, noWeeks-1)
	}
	packed := dayNumber(get("clock_start"))<<32 | small(get("status"), 255)<<16 | weeks
	return c.sorted.Add(onboard.Mark{Key: pathwayOf(patient, get("pathway")), Rank: orderOf(sideListed, 0, key), Row: packed, Sum: onboard.Hash([]byte(key))[0]})
}

// finish compares pathway by pathway, and names what differs.
func (c *clocks) finish() error {
	out := c.w.out
	out.Clocks.Differ, out.Lists.Differ = map[string]int64{}, map[string]int64{}
	if err := c.sorted.Groups(c.pathway); err != nil {
		return err
	}
	named := map[[2]uint64]bool{}
	for row, err := range c.w.extract.Rows("pathways") {
		if err != nil {
			return err
		}
		h := pathwayOf(c.w.whose(row), row.At("pathway"))
		if named[h] {
			continue
		}
		if why := c.differ[h]; why != nil {
			named[h] = true
			out.differ(Difference{What: Clock, Class: "pathways", Key: row.At("pathway"), Columns: why})
		}
		if c.notOn[h] {
			named[h] = true
			out.differ(Difference{What: NotListed, Class: "waiting", Key: row.At("pathway")})
		}
	}
	for row, err := range c.w.extract.Rows("waiting") {
		if err != nil {
			return err
		}
		if why := c.listed[onboard.Hash([]byte(row.Key()))[0]]; why != nil {
			out.differ(Difference{What: Listed, Class: "waiting", Key: row.Key(), Columns: why})
		}
	}
	return nil
}

// pathway compares the clocks of one pathway.
func (c *clocks) pathway(g []onboard.Mark) error {
	var events [2][]uk.RTTEvent
	var lists []onboard.Mark
	for _, m := range g {
		if side := m.Rank >> 62; side == sideListed {
			lists = append(lists, m)
		} else {
			events[side] = append(events[side], unpacked(m.Row))
		}
	}
	out, taken := c.w.out, c.w.out.Taken
	source, there := uk.ReadRTT(events[sideStage]), uk.ReadRTT(events[sideRecord])
	now, any := there.Current()
	running := any && now.Running()
	if len(events[sideStage])+len(events[sideRecord]) > 0 {
		out.Clocks.Pathways++
		if running {
			out.Clocks.Running++
		}
		c.equal(g[0].Key, source, there, taken)
	}
	if running && len(lists) == 0 {
		out.Lists.Unlisted++
		c.notOn[g[0].Key] = true
	}
	for i, m := range lists {
		out.Lists.Listed++
		why := account(m.Row, there, taken)
		if i > 0 {
			why = append(why, "twice")
		}
		if len(why) == 0 {
			out.Lists.Equal++
			continue
		}
		for _, x := range why {
			out.Lists.Differ[x]++
		}
		c.listed[m.Sum] = why
	}
	return nil
}

func (c *clocks) equal(key [2]uint64, source, there uk.RTTPathway, taken time.Time) {
	why := uk.CompareRTT(source, there, taken)
	if len(why) == 0 {
		c.w.out.Clocks.Equal++
		return
	}
	for _, d := range why {
		c.w.out.Clocks.Differ[string(d)]++
		c.differ[key] = append(c.differ[key], string(d))
	}
}

// account tells in what a row of a waiting list differs from the clock of its
// pathway.
func account(row uint64, p uk.RTTPathway, taken time.Time) []string {
	now, ok := p.Current()
	if !ok {
		return []string{"clock"}
	}
	var why []string
	if !now.Running() {
		why = append(why, "stopped")
	}
	if !dayAt(row >> 32).Equal(now.Start) {
		why = append(why, "start")
	}
	if small(string(p.Status), 255) != row>>16&0xffff {
		why = append(why, "status")
	}
	if weeks := row & 0xffff; weeks != noWeeks && int(weeks) != now.Weeks(taken) {
		why = append(why, "weeks")
	}
	return why
}
