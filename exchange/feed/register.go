package feed

import (
	"context"
	"fmt"
	"time"

	"concord/exchange/feed/channel"
	"concord/record"
)

// Dependence is one thing that ties a legacy system to the record: a feed that
// it sends, or a destination that it is.
type Dependence struct {
	Kind     string    // "sends" or "receives"
	Name     string    // of the feed or destination
	Channels []string  // that lead there
	Last     time.Time // when a message last passed, zero if none did
	Left     int64     // messages that wait, are held or were returned
}

func (d *Dependence) unsent() string {
	if d.Left == 1 {
		return fmt.Sprintf("1 message for %s is not sent", d.Name)
	}
	return fmt.Sprintf("%d messages for %s are not sent", d.Left, d.Name)
}

// SystemStatus is an entry of the register of legacy systems, with what still
// depends on it.
type SystemStatus struct {
	Org string
	channel.System
	Dependences []Dependence
	// Reasons are why it may not be switched off yet; none: it may.
	Reasons []string
	Overdue bool // its date has passed, and it may not be switched off
}

// MayGo tells whether a system may be switched off.
func (s *SystemStatus) MayGo() bool { return len(s.Reasons) == 0 }

const defaultQuiet = 14 * 24 * time.Hour

// Register tells of each legacy system what still depends on it, and by one
// rule whether it may be switched off: nothing is done in it that is done
// nowhere else, nothing is left in its queues, and no message has passed from
// or to it for its quiet time.
func Register(ctx context.Context, e *record.Errand, sets []Kept, now time.Time) ([]SystemStatus, error) {
	o, err := Look(ctx, e, sets)
	if err != nil {
		return nil, err
	}
	feeds, err := e.Feeds(ctx)
	if err != nil {
		return nil, err
	}
	last := map[string]time.Time{}
	for _, f := range feeds {
		last[f.Feed] = f.Last
	}
	var out []SystemStatus
	for _, k := range sets {
		for _, x := range k.Systems {
			s := SystemStatus{Org: k.Org, System: x}
			for _, name := range x.Sends {
				s.Dependences = append(s.Dependences, Dependence{Kind: "sends", Name: name, Last: last[name]})
			}
			for _, name := range x.Receives {
				d := Dependence{Kind: "receives", Name: name}
				if v := o.Find(name); v != nil {
					d.Channels, d.Left = v.Channels, v.Depth()+v.ByState[record.Returned]
					d.Last = v.Sending.Sent // what only waits has not passed yet
				}
				s.Dependences = append(s.Dependences, d)
			}
			s.judge(now)
			out = append(out, s)
		}
	}
	return out, nil
}

// judge applies the rule.
func (s *SystemStatus) judge(now time.Time) {
	quiet := orElse(s.Quiet, defaultQuiet)
	for _, k := range s.Keeps {
		s.Reasons = append(s.Reasons, "It is the only place for: "+k)
	}
	for _, d := range s.Dependences {
		if d.Left > 0 {
			s.Reasons = append(s.Reasons, d.unsent())
		}
		if d.Last.IsZero() || now.Sub(d.Last) >= quiet {
			continue
		}
		verb := "came from"
		if d.Kind == "receives" {
			verb = "went to"
		}
		s.Reasons = append(s.Reasons, fmt.Sprintf("A message %s %s less than %s ago", verb, d.Name, spell(quiet)))
	}
	if day, err := time.Parse(time.DateOnly, s.SwitchOff); err == nil {
		s.Overdue = len(s.Reasons) > 0 && now.After(day.AddDate(0, 0, 1))
	}
}

// spell writes a stretch of time in whole days, hours or minutes.
func spell(d time.Duration) string {
	for _, unit := range []struct {
		d         time.Duration
		one, many string
	}{{24 * time.Hour, "a day", "days"}, {time.Hour, "an hour", "hours"}, {time.Minute, "a minute", "minutes"}} {
		switch {
		case d == unit.d:
			return unit.one
		case d > unit.d && d%unit.d == 0:
			return fmt.Sprintf("%d %s", d/unit.d, unit.many)
		}
	}
	return d.String()
}
