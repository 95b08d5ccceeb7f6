package onboard

import (
	"os"
	"slices"
	"strings"
	"testing"

	"concord/record/person"
)

// TestRulingsOnNumbersMergedSince: between the trial and the cutover the source merges two
// numbers of one woman, or has one of them no longer. What was decided on the number that
// goes on holds and is carried out; what was decided on the other is not, and is named with
// where it went; their rows are one person's, and the undo returns.
func TestRulingsOnNumbersMergedSince(t *testing.T) {
	for _, c := range []struct {
		name         string
		first, other person.Verb // on L1 and L2, in the trial
		into1, into2 string      // of the cutover
		without      string
		out          map[string]int64
		lost, into   string
		persons      string
	}{
		{"as it was", person.Join, person.Part, "", "", "", map[string]int64{ruledDone: 2}, "", "", "1 L1,L2"},
		{"the second goes on under the first", person.Join, person.Part, "", "L1", "", map[string]int64{ruledDone: 1, ruledMerged: 1}, "L2", "L1", "1 L1 L2"},
		{"the first goes on under the second", person.Join, person.Part, "L2", "", "", map[string]int64{ruledDone: 1, ruledMerged: 1}, "L1", "L2", "1,L1 L2"},
		{"what was to be joined goes on under what was not", person.Part, person.Join, "", "L1", "", map[string]int64{ruledDone: 1, ruledMerged: 1}, "L2", "L1", "1,L1 L2"},
		{"the second is gone", person.Join, person.Part, "", "", "L2", map[string]int64{ruledDone: 1, ruledNobody: 1}, "L2", "", "1 L1"},
	} {
		s := newScene(t)
		_, v := s.matched(twoNumbers(t, "2026-11-01T02:00:00Z", "", "", ""))
		s.rule(v, "L1", "1", c.first)
		s.rule(v, "L2", "1", c.other)
		before := persons(t, shown(t, s.desk))
		x, v := s.matched(twoNumbers(t, "2026-11-20T02:00:00Z", c.into1, c.into2, c.without))
		if c.lost == "" && len(v.Lost) > 0 || c.lost != "" && (len(v.Lost) != 1 || v.Gone != 1 || v.Lost[0].Key != c.lost || v.Lost[0].Into != c.into) {
			t.Errorf("%s: lost %+v", c.name, v.Lost)
		}
		e := loaderOf(t, s.desk, "R1K")
		l, err := s.stage.Load(t.Context(), x, e, LoadOptions{Ruler: steward(s.desk)})
		if err != nil {
			t.Fatal(err)
		}
		for what, n := range c.out {
			if l.Rulings.Out[what] != n || l.Rulings.Done != 2 {
				t.Errorf("%s: %+v", c.name, l.Rulings)
			}
		}
		if text, err := os.ReadFile(x.path(ruledTable)); err != nil || c.into != "" && !strings.Contains(string(text), c.lost+","+s.entries["1"]) {
			t.Errorf("%s: %s %v", c.name, text, err)
		}
		have := persons(t, shown(t, s.desk))
		for _, want := range strings.Split(c.persons, ",") {
			if !slices.Contains(have, want) {
				t.Errorf("%s: persons %v", c.name, have)
			}
		}
		if n := l.Classes["alerts"]; n.Created != 2 || len(n.Refused) > 0 {
			t.Errorf("%s: %+v", c.name, n)
		}
		if u, err := s.stage.Undo(t.Context(), x, e, UndoOptions{}); err != nil || len(u.Kept) > 0 || !slices.Equal(persons(t, shown(t, s.desk)), before) {
			t.Errorf("%s: after the undo %v: %+v %v", c.name, persons(t, shown(t, s.desk)), u, err)
		}
	}
}

// twoNumbers is an extract in which a woman has two numbers, each merged into another or
// into none, or one of them is not there and its rows are the other's.
func twoNumbers(t *testing.T, taken, into1, into2, without string) string {
	t.Helper()
	rows := map[string]string{"L1": "L1,9990000069," + "Quillfeather,Ann Rosalind,1971-06-12,F,4 Made Up Lane,Harrow,HA1 3ZZ,000 1234 5678," + into1 + "\n",
		"L2": "L2,9990000077," + "Quillfeather,Ann Rosalind,1971-06-12,F,4 Made Up Lane,Harrow,HA1 3ZZ,000 1234 5678," + into2 + "\n"}
	delete(rows, without)
	other := "L2"
	if without == "L2" {
		other = "L1"
	}
	return takenAt(t, folder(t, "", map[string]string{
		"patients.csv": "key,nhs_number,family,given,born,sex,address_1,town,postcode,mobile,merged_into\n" + rows["L1"] + rows["L2"],
		"alerts.csv":   "key,patient,kind,text,status\nA1,L1,allergy,Penicillin,active\nA2," + other + ",allergy,Nuts,active\n"}), taken)
}
