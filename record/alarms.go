package record

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/store"
)

// maxAlarms is how many alarms a steward is shown at once.
const maxAlarms = 100

// Alarm is an implausible story as a steward sees it.
type Alarm struct {
	ID     string
	Kind   person.AlarmKind
	Found  time.Time
	Person string  // id of the person whose story it is
	Shown  []*Item // the Patients concerned
	Stays  []AlarmStay
}

// AlarmStay is a visit of an alarm: where and when alone.
type AlarmStay struct {
	Org      string
	From, To time.Time // To zero = not over
}

// Alarms lists the implausible stories that nobody has explained, the newest
// first. One whose entries are no longer of one person, or whose visits did not
// take place after all, is left out. The audit entry names who is shown.
func (e *Errand) Alarms(ctx context.Context) ([]Alarm, error) {
	var out []Alarm
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		out = nil
		t.what = []string{"alarms"}
		list, err := person.Alarms(ctx, r, 20*maxAlarms)
		if err != nil {
			return err
		}
		slices.SortFunc(list, func(a, b person.Alarm) int { return cmp.Or(b.Found.Compare(a.Found), cmp.Compare(a.ID, b.ID)) })
		for i := range list {
			if !list[i].Open() || len(out) == maxAlarms {
				continue
			}
			a, err := v.alarm(ctx, &list[i])
			if err != nil {
				return err
			}
			if a == nil {
				continue
			}
			out = append(out, *a)
			for _, it := range a.Shown {
				t.records = append(t.records, e.desk.recordIDs(it.key)...)
			}
		}
		t.count = len(out)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// alarm is one alarm as it stands now; nil when it no longer does.
func (v *sight) alarm(ctx context.Context, a *person.Alarm) (*Alarm, error) {
	out := &Alarm{ID: a.ID, Kind: a.Kind, Found: a.Found}
	whose := int64(0)
	for _, pk := range a.Entries {
		p, err := v.r.PersonOf(ctx, pk, time.Time{})
		if err != nil {
			return nil, err
		}
		if whose != 0 && p != whose {
			return nil, nil // parted meanwhile
		}
		whose = p
		docs, err := v.r.GetMany(ctx, []store.Key{person.PatientKey(pk)})
		if err != nil {
			return nil, err
		}
		shown, err := v.showAll(ctx, docs, false)
		if err != nil {
			return nil, err
		}
		out.Shown = append(out.Shown, slices.DeleteFunc(shown, func(it *Item) bool { return it.Deleted })...)
	}
	if len(out.Shown) == 0 {
		return nil, nil
	}
	out.Person = v.desk.ids.person(whose)
	for _, ref := range a.Refs {
		typ, id, _ := strings.Cut(ref, "/")
		if typ != "Encounter" {
			continue
		}
		doc, err := v.desk.fetch(ctx, v.r, typ, id)
		if err != nil || doc.Deleted {
			return nil, err
		}
		it, err := v.desk.item(doc) // where and when alone: a steward reads nothing clinical
		if err != nil {
			return nil, err
		}
		s, ok := v.desk.stay(it)
		if !ok {
			return nil, nil
		}
		out.Stays = append(out.Stays, AlarmStay{s.Trust, s.From, s.To})
	}
	return out, nil
}

// SettleAlarm keeps a steward's explanation of an alarm. Errors:
// NotFound "person.alarm", Conflict "person.settled", Denied.
func (e *Errand) SettleAlarm(ctx context.Context, id, why string) error {
	v, err := e.decide(ctx, access.Links, "", "alarm")
	if err != nil {
		return err
	}
	return e.auditedUpdate(ctx, access.Links, v, func(tx store.Tx, t *trace) error {
		t.what = []string{"alarm explained"}
		a, err := person.SettleAlarm(ctx, tx, id, e.who.Org+"/"+e.who.ID, why)
		if err != nil {
			return err
		}
		for _, pk := range a.Entries {
			t.records = append(t.records, e.desk.ids.encodePK(pk))
		}
		t.count = len(a.Entries)
		return nil
	})
}

// IndexCounted is the state of the index of persons in numbers.
type IndexCounted struct {
	Waiting int           // pairs in the stewards' queue, at most MostWaiting
	Alarms  int           // that nobody has explained
	Tally   *person.Tally // nil before it was counted
}

// MostWaiting is as far as the queue is counted.
const MostWaiting = 10_000

// IndexCounted gives the stewards' numbers; it names nobody.
func (e *Errand) IndexCounted(ctx context.Context) (*IndexCounted, error) {
	out := &IndexCounted{}
	err := e.read(ctx, access.Links, "Patient", func(r store.Reader, v *sight, t *trace) error {
		t.what = []string{"index in numbers"}
		var err error
		if out.Waiting, err = person.Waiting(ctx, r, MostWaiting); err != nil {
			return err
		}
		list, err := person.Alarms(ctx, r, MostWaiting)
		if err != nil {
			return err
		}
		out.Alarms = 0
		for i := range list {
			if list[i].Open() {
				out.Alarms++
			}
		}
		out.Tally, err = person.Counted(ctx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
