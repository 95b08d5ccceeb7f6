package onboard

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/person"
	"concord/standard/match"
)

// steward is an errand of a steward, as a load gives it for a ruling.
func steward(d *record.Desk) func(who string) *record.Errand {
	return func(who string) *record.Errand {
		org, name, _ := strings.Cut(who, "/")
		return d.For(access.Requester{ID: name, Role: access.Steward, Org: org}, access.Reason{Purpose: access.Integrity})
	}
}

// known are people whom the record knows, by the hospital number of their entry.
func known() map[string]match.Record {
	made := func(number, nhs, family, given, born, sex string) match.Record {
		return match.Record{NHS: nhs, Family: family, Given: given, Born: born, Sex: sex, Address: "4 Made Up Lane", Locality: "Harrow", Postcode: "HA1 3ZZ",
			Phones: []string{"000 1234 5678"}, Numbers: []match.Number{{Scope: "RYJ", Value: number}}}
	}
	return map[string]match.Record{
		"1": made("1", "9990000026", "Quillfeather", "Ann Rosalind", "1971-06-12", "female"),
		"2": made("2", "9990000034", "Thistlewood", "Bartholomew", "1950-02-03", "male"),
		"3": made("3", "9990000042", "Pemberton", "Clementine", "1988-11-30", "female"),
		"4": made("4", "9990000050", "Ravensworth", "Dorothea", "1946-07-08", "female"),
	}
}

// joiner is an extract of people who may be those: each under another number.
func joiner(t *testing.T, taken string, swap ...string) string {
	t.Helper()
	rows := []string{
		"L1,9990000069,Quillfeather,Ann Rosalind,1971-06-12,F,4 Made Up Lane,Harrow,HA1 3ZZ,000 1234 5678",
		"L2,9990000077,Thistlewood,Bartholomew,1950-02-03,M,4 Made Up Lane,Harrow,HA1 3ZZ,000 1234 5678",
		"L3,9990000085,Pemberton,Clementine,1988-11-30,F,4 Made Up Lane,Harrow,HA1 3ZZ,000 1234 5678",
		"L4,9990000093,Ravensworth,Dorothea,1946-07-08,F,4 Made Up Lane,Harrow,HA1 3ZZ,000 1234 5678",
		"L5,9990000107,Nobody,Knows Him,1933-03-03,M,1 Elsewhere,Leeds,LS1 1AA,",
	}
	text := "key,nhs_number,family,given,born,sex,address_1,town,postcode,mobile\n" + strings.Join(rows, "\n") + "\n"
	text = strings.NewReplacer(swap...).Replace(text)
	dir := folder(t, "", map[string]string{"patients.csv": text})
	if err := os.WriteFile(filepath.Join(dir, manifestFile), []byte("trust: R1K\nsource: PAS\ntaken: "+taken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// scene is a record that knows four people, and a joiner who knows them too.
type scene struct {
	t       *testing.T
	desk    *record.Desk
	stage   *Stage
	entries map[string]string
}

func newScene(t *testing.T) *scene {
	s := &scene{t, openDesk(t), newStage(t, "R1K"), map[string]string{}}
	for _, n := range []string{"1", "2", "3", "4"} {
		s.entries[n] = bring(t, s.desk, known()[n])
	}
	return s
}

func (s *scene) matched(dir string) (*Extract, *Review) {
	s.t.Helper()
	ctx := context.Background()
	x, _ := profiled(s.t, s.stage, dir, Options{})
	m, err := s.stage.Match(ctx, x, s.operator(), MatchOptions{Minutes: 3})
	if err != nil {
		s.t.Fatal(err)
	}
	v, err := s.stage.Review(ctx, x, ReviewAsked{All: true})
	if err != nil {
		s.t.Fatal(err)
	}
	if int64(len(v.Pairs)) != m.Pairs {
		s.t.Errorf("%d pairs are listed, and %d were counted", len(v.Pairs), m.Pairs)
	}
	return x, v
}

func (s *scene) operator() *record.Errand {
	return s.desk.For(access.Requester{ID: "operator", Role: access.Operator, Org: access.Domain}, access.Reason{Purpose: access.Integrity})
}

// rule decides on a pair as the page does.
func (s *scene) rule(v *Review, key, number string, verb person.Verb) {
	s.t.Helper()
	p := v.Find(key, s.entries[number])
	if p == nil {
		s.t.Fatalf("%s and %s are no pair", key, number)
	}
	seen, err := steward(s.desk)("R1K/okafor").Foresee(s.t.Context(), []record.AskedPair{p.Asked("R1K")})
	if err != nil || seen[0] == nil {
		s.t.Fatalf("%+v %v", seen, err)
	}
	err = s.stage.KeepRuling(PairRuling{Key: key, Entry: p.Entry, Person: p.Person, Said: p.Said, Live: SaidOf(seen[0].Record), Verb: verb, Who: "R1K/okafor", At: time.Now(), Why: "looked at the notes"})
	if err != nil {
		s.t.Fatal(err)
	}
}

// personOf is whom an entry is of.
func (s *scene) personOf(entry string) string {
	s.t.Helper()
	out, err := steward(s.desk)("R1K/okafor").Foresee(s.t.Context(), []record.AskedPair{{Entry: entry}})
	if err != nil || out[0] == nil {
		s.t.Fatalf("%s: %v", entry, err)
	}
	return out[0].Person
}

// TestRulingsOfARehearsal: what a steward decided in the first trial holds in the
// second where nothing has changed, waits again where the source says something
// else, and a load carries out the former alone.
func TestRulingsOfARehearsal(t *testing.T) {
	s := newScene(t)
	_, v := s.matched(joiner(t, "2026-11-01T02:00:00Z"))
	if v.Waiting != 4 || v.Decided != 0 || v.Hours != 4*3.0/60 || v.Pairs[0].Outcome != record.ForeseenConflict {
		t.Fatalf("%+v", v)
	}
	s.rule(v, "L1", "1", person.Join)
	s.rule(v, "L2", "2", person.Part)
	s.rule(v, "L3", "3", person.NeedMore)
	s.rule(v, "L4", "4", person.Join)

	x, v := s.matched(joiner(t, "2026-11-20T02:00:00Z", "Ravensworth,Dorothea", "Ravensworth,Theodora", "L5,", "L6,"))
	if p := v.Find("L4", s.entries["4"]); p != nil && (p.Changed != "source" || !p.Waits()) {
		t.Errorf("L4 says something else, and %+v", p)
	}
	if p := v.Find("L1", s.entries["1"]); p == nil || p.Waits() || p.Ruling.Verb != person.Join {
		t.Errorf("%+v", p)
	}
	if p := v.Find("L3", s.entries["3"]); p == nil || !p.Waits() {
		t.Errorf("more is needed, and nobody is asked: %+v", p)
	}
	l, err := s.stage.Load(context.Background(), x, loaderOf(t, s.desk, "R1K"), LoadOptions{Ruler: steward(s.desk)})
	if err != nil {
		t.Fatal(err)
	}
	if l.Rulings.Out[ruledDone] != 3 || l.Rulings.Out[ruledSource] != 1 || l.Rulings.Done != 4 {
		t.Errorf("%+v", l.Rulings)
	}
	whose := func(key string) string { return s.personOf(s.patient(key)) }
	if whose("L1") != s.personOf(s.entries["1"]) {
		t.Error("L1 was ruled to be Ann, and is not")
	}
	for key, n := range map[string]string{"L2": "2", "L3": "3", "L4": "4"} {
		if whose(key) == s.personOf(s.entries[n]) {
			t.Errorf("%s was joined, and nobody ruled so", key)
		}
	}
	s.queue(t)
	if again, err := s.stage.Load(context.Background(), x, loaderOf(t, s.desk, "R1K"), LoadOptions{Ruler: steward(s.desk)}); err != nil || again.Rulings.Done != 4 {
		t.Errorf("%+v %v", again.Rulings, err)
	}
	rulings, err := steward(s.desk)("R1K/okafor").Rulings(t.Context(), 10)
	if err != nil || len(rulings) != 3 || rulings[0].Who != "R1K/okafor" {
		t.Errorf("%+v %v", rulings, err)
	}
}

// queue looks at who waits in the stewards' queue after the load: whoever needs
// more, and whoever's grounds have changed; not who was decided on.
func (s *scene) queue(t *testing.T) {
	t.Helper()
	list, err := steward(s.desk)("R1K/okafor").Conflicts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var waits []string
	for _, c := range list {
		for key := range map[string]bool{"L1": true, "L2": true, "L3": true, "L4": true} {
			if id := s.patient(key); c.A.ID == id || c.B.ID == id {
				waits = append(waits, key)
			}
		}
	}
	slices.Sort(waits)
	if slices.Contains(waits, "L1") || slices.Contains(waits, "L2") || !slices.Contains(waits, "L3") {
		t.Errorf("these wait: %v", waits)
	}
}

// patient is the id of the joiner's patient of a number.
func (s *scene) patient(number string) string {
	s.t.Helper()
	id, err := (&loader{extract: &Extract{Manifest: Manifest{Trust: "R1K"}}, errand: loaderOf(s.t, s.desk, "R1K")}).patient(context.Background(), number)
	if err != nil || id == "" {
		s.t.Fatalf("%s: %q %v", number, id, err)
	}
	return id
}

// TestRulingWhoseEntryHasChanged: an entry that says something else since the
// ruling, or is gone, is not joined by it.
func TestRulingWhoseEntryHasChanged(t *testing.T) {
	s := newScene(t)
	x, v := s.matched(joiner(t, "2026-11-01T02:00:00Z"))
	for _, n := range []string{"1", "2", "3"} {
		s.rule(v, "L"+n, n, person.Join)
	}
	own := loaderOf(t, s.desk, "RYJ")
	it, err := own.Read(t.Context(), "Patient", s.entries["1"])
	if err != nil {
		t.Fatal(err)
	}
	typed := it.Resource.With("birthDate", "1999-01-01") // somebody types over the entry
	if _, err := own.Transact(t.Context(), []record.Op{{Kind: record.Update, Type: "Patient", ID: it.ID, Resource: typed}, {Kind: record.Delete, Type: "Patient", ID: s.entries["2"]}}, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	l, err := s.stage.Load(t.Context(), x, loaderOf(t, s.desk, "R1K"), LoadOptions{Ruler: steward(s.desk)})
	if err != nil {
		t.Fatal(err)
	}
	if l.Rulings.Out[ruledEntry] != 1 || l.Rulings.Out[ruledGone] != 1 || l.Rulings.Out[ruledDone] != 1 {
		t.Errorf("%+v", l.Rulings)
	}
	if s.personOf(s.patient("L1")) == s.personOf(s.entries["1"]) {
		t.Error("joined with an entry that is somebody else's now")
	}
}

// TestRulingsAcrossSystems: rulings are taken over from a copy, the newer stands,
// to take back is kept, and of a torn line nothing is taken.
func TestRulingsAcrossSystems(t *testing.T) {
	s := newStage(t, "R1K")
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	r := PairRuling{Key: "L1", Entry: "e1", Said: "x", Verb: person.Join, Who: "R1K/a", At: at, Why: "the same"}
	if err := s.KeepRuling(r); err != nil {
		t.Fatal(err)
	}
	text, err := s.Kept(reviewFile)
	if err != nil {
		t.Fatal(err)
	}
	other := newStage(t, "R1K")
	if err := other.Append(reviewFile, []byte(`{"key":"L9","entry`)); err != nil { // a crash
		t.Fatal(err)
	}
	if list, err := other.Rulings(); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	for range 2 {
		if _, err := other.TakeRulings(text); err != nil {
			t.Fatal(err)
		}
	}
	r.Verb, r.At = person.Part, at.Add(time.Hour)
	if err := other.KeepRuling(r); err != nil {
		t.Fatal(err)
	}
	if n, err := other.TakeRulings(text); n != 0 || err != nil {
		t.Errorf("an older ruling takes the place of a newer: %d %v", n, err)
	}
	list, err := other.Rulings()
	if err != nil || len(list) != 1 || list[0].Verb != person.Part {
		t.Errorf("%+v %v", list, err)
	}
	r.Verb, r.At = person.TakeBack, at.Add(2*time.Hour)
	if err := other.KeepRuling(r); err != nil {
		t.Fatal(err)
	}
	if list, err := other.Rulings(); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	for _, bad := range []PairRuling{{}, {Key: "L1", Entry: "e", Said: "x", Who: "a", At: at, Verb: "guess", Why: "y"}, {Key: "L1", Entry: "e", Said: "x", Who: "a", At: at, Verb: person.Join, Why: " "},
		{Key: "L1", Entry: "e", Said: "x", Who: "a", At: at, Verb: person.Join, Why: strings.Repeat("y", 201)}} {
		if err := s.KeepRuling(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v is kept", bad)
		}
	}
}

func FuzzParseRulings(f *testing.F) {
	f.Add([]byte(`{"key":"L1","entry":"e","said":"x","live":"y","verb":"join","who":"R1K/a","at":"2026-11-01T09:00:00Z","why":"z"}` + "\n{\"key\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ParseRulings(text)
		for _, r := range list {
			if err == nil && r.wrong() {
				t.Errorf("%+v", r)
			}
		}
	})
}

// Find gives a pair of a part, nil if there is none of it.
func (v *Review) Find(key, entry string) *Reviewed {
	for i := range v.Pairs {
		if v.Pairs[i].Key == key && v.Pairs[i].Entry == entry {
			return &v.Pairs[i]
		}
	}
	return nil
}
