package audit

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"concord/fault"
	"concord/record/access"
	"concord/store"
)

// Retention says how long payloads of entries are kept. NHS England's Records
// Management Code of Practice leaves the time to the controller:
// https://transform.england.nhs.uk/information-governance/guidance/records-management-code/.
type Retention struct {
	Rules []RetentionRule `yaml:"rules"`
	// Holds name records (patients, persons) and requesters under legal hold:
	// no entry that names one of them loses its payload.
	Holds []string `yaml:"holds"`
}

// RetentionRule removes entries of some actions when they are old enough.
type RetentionRule struct {
	Name    string          `yaml:"name"`
	Actions []access.Action `yaml:"actions"` // none = every one
	Refused bool            `yaml:"refused"` // refusals too, not only what was allowed
	Days    int             `yaml:"days"`
}

// ParseRetention reads a file of rules. What it does not know it refuses.
// Errors: Invalid "audit.retention".
func ParseRetention(text []byte) (*Retention, error) {
	var r Retention
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&r); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "audit.retention", "the rules of retention cannot be read")
	}
	seen := map[string]bool{}
	for _, rule := range r.Rules {
		if rule.Name == "" || seen[rule.Name] || len(rule.Name) > 100 || rule.Days < 1 || rule.Days > 100_000 {
			return nil, fault.New(fault.Invalid, "audit.retention", "a rule of retention needs a name of its own and days from 1 to 100000")
		}
		if slices.Contains(rule.Actions, access.Retain) {
			return nil, fault.New(fault.Invalid, "audit.retention", "the entries of retention itself are kept")
		}
		seen[rule.Name] = true
	}
	return &r, nil
}

// rule is the first rule by which an entry's payload goes, nil if none.
func (r *Retention) rule(e *Entry, now time.Time) *RetentionRule {
	held := func(id string) bool { return slices.Contains(r.Holds, id) }
	if e.Action == access.Retain || held(e.Who) || slices.ContainsFunc(e.Records, held) {
		return nil
	}
	for i := range r.Rules {
		rule := &r.Rules[i]
		if now.Sub(e.At) < time.Duration(rule.Days)*24*time.Hour || !e.Allowed && !rule.Refused {
			continue
		}
		if len(rule.Actions) == 0 || slices.Contains(rule.Actions, e.Action) {
			return rule
		}
	}
	return nil
}

// retainBatch is how many rows one commit looks at.
const retainBatch = 1000

// Apply removes the payloads and salts that the rules no longer keep, of rows
// that are in the tree, with what the index says of them, and returns how many.
// Each commit that removes any holds an entry that names the rules and the rows;
// it is made from by.
func (r *Retention) Apply(ctx context.Context, engine store.Engine, now time.Time, by func() *Entry) (int, error) {
	total := 0
	for from := int64(0); ; from += retainBatch {
		removed, more := 0, false
		err := engine.Update(ctx, func(tx store.Tx) error {
			var err error
			removed, more, err = r.batch(ctx, tx, from, now, by)
			return err
		})
		if err != nil {
			return total, err
		}
		total += removed
		if !more {
			return total, nil
		}
	}
}

func (r *Retention) batch(ctx context.Context, tx store.Tx, from int64, now time.Time, by func() *Entry) (removed int, more bool, err error) {
	count, err := tx.LogHashCount(ctx, Log)
	if err != nil {
		return 0, false, err
	}
	f, err := readFiling(ctx, tx)
	if err != nil {
		return 0, false, err
	}
	limit := min(retainBatch, treeSize(count)-from)
	if f.to > 0 { // what is being filed was read already
		limit = min(limit, f.from-from)
	}
	if limit <= 0 {
		return 0, false, nil
	}
	rows, err := tx.LogEntries(ctx, Log, from, int(limit))
	if err != nil {
		return 0, false, err
	}
	var gone removals
	said := map[int64]*Entry{}
	for _, stored := range rows {
		e, err := Decode(stored.Body)
		row, _ := parseRow(stored.Body)
		if err != nil || row.legacy {
			continue // removed already, or with no salt to remove: its leaf would not stand
		}
		rule := r.rule(&e, now)
		if rule == nil {
			continue
		}
		left := row.erased(rule.Name)
		if err := tx.ReplaceLog(ctx, Log, stored.Seq, left.encode()); err != nil {
			return 0, false, err
		}
		gone.add(&gone.seen, stored.Seq, stored.Seq, rule.Name)
		said[stored.Seq] = &e
		removed++
	}
	if err := unindex(ctx, tx, said); err != nil {
		return 0, false, err
	}
	if removed > 0 {
		e := by()
		e.Action, e.Count, e.What = access.Retain, removed, gone.words()
		err = Append(ctx, tx, e)
	}
	return removed, len(rows) == retainBatch, err
}

// removals are rows whose payload is gone, and what entries tell of them.
type removals struct {
	seen, told []stretch
	counts     map[string]int
}

// stretch is the rows from … to that one rule emptied.
type stretch struct {
	from, to int64
	rule     string
}

func (r *removals) add(list *[]stretch, from, to int64, rule string) {
	if n := len(*list); n > 0 && (*list)[n-1].to == from-1 && (*list)[n-1].rule == rule {
		(*list)[n-1].to = to
		return
	}
	*list = append(*list, stretch{from, to, rule})
}

// words tells the stretches as an entry's What.
func (r *removals) words() []string {
	var out []string
	for _, s := range r.seen {
		out = append(out, fmt.Sprintf("%d-%d %s", s.from, s.to, s.rule))
	}
	return out
}

// retainMark is in the payload of each entry of retention.
var retainMark = []byte(`"action":"` + string(access.Retain) + `"`)

// look notes what a row tells of removals.
func (r *removals) look(seq int64, row row) {
	if row.payload == nil {
		r.add(&r.seen, seq, seq, row.rule)
		if r.counts == nil {
			r.counts = map[string]int{}
		}
		r.counts[row.rule]++
		return
	}
	if !bytes.Contains(row.payload, retainMark) {
		return
	}
	e, err := decodePayload(row.payload)
	if err != nil || e.Action != access.Retain {
		return
	}
	for _, w := range e.What {
		var s stretch
		if n, err := fmt.Sscanf(w, "%d-%d ", &s.from, &s.to); err != nil || n != 2 || s.to >= seq {
			continue
		}
		s.rule = w[bytes.IndexByte([]byte(w), ' ')+1:]
		r.told = append(r.told, s)
	}
}

// undeclared are the removals that no entry of retention tells of.
func (r *removals) undeclared() []stretch {
	told := map[string][]stretch{}
	for _, t := range r.told {
		told[t.rule] = append(told[t.rule], t)
	}
	for _, list := range told {
		slices.SortFunc(list, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	}
	var out []stretch
	for _, s := range r.seen {
		list := told[s.rule]
		for s.from <= s.to {
			// A payload is removed once, so that what is told does not overlap.
			i, exact := slices.BinarySearchFunc(list, s.from, func(t stretch, seq int64) int { return cmp.Compare(t.from, seq) })
			if !exact {
				i--
			}
			if i < 0 || list[i].to < s.from {
				out = append(out, s)
				break
			}
			s.from = list[i].to + 1
		}
	}
	return out
}

// summary names each rule with how many payloads it removed.
func (r *removals) summary() []string {
	var out []string
	for rule, n := range r.counts {
		out = append(out, fmt.Sprintf("%s: %d", rule, n))
	}
	slices.Sort(out)
	return out
}
