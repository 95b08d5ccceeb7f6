package record_test

import (
	"fmt"
	"strings"
	"testing"

	"concord/record"
	"concord/record/access"
	"concord/standard/match"
)

// reached is a Patient without an NHS number or a home, who can be reached.
func reached(trust, number, given, family, born, telecom string) string {
	text := bare(trust, number, "", given, family, born, "")
	return text[:strings.Index(text, `,"address"`)] + `,"telecom":[` + telecom + `]}`
}

func phoned(number string) string { return `{"system":"phone","value":"` + number + `"}` }

func mailed(address string) string { return `{"system":"email","value":"` + address + `"}` }

// others are so many Patients of other names and days who are reached as said.
func others(n int, telecom func(i int) string) []string {
	out := make([]string, n)
	for i := range out {
		name := string(rune('A'+i%26)) + string(rune('a'+i/26))
		out[i] = reached("R1K", fmt.Sprint(5000+i), name+"lina", "Z"+name+"ski", fmt.Sprintf("19%02d-0%d-1%d", 20+i, 1+i%9, i%9), telecom(i))
	}
	return out
}

// TestACrowdsContactTellsNothing: a telephone or an email that more entries have
// than a family could joins nobody who arrives, in one transaction with the rest
// or alone; what a family shares does.
func TestACrowdsContactTellsNothing(t *testing.T) {
	const ward, own = "020 7946 0123", "07700 900456"
	wards := func(int) string { return phoned(ward) }
	desk := func(int) string { return mailed("desk@care.example") }
	for _, c := range []struct {
		name    string
		before  []string
		telecom [2]string // of the two records in question
		joined  bool
	}{
		{"a telephone of two", nil, [2]string{phoned(ward), phoned(ward)}, true},
		{"as many as may", others(match.CrowdLimit-2, wards), [2]string{phoned(ward), phoned(ward)}, true},
		{"one more", others(match.CrowdLimit-1, wards), [2]string{phoned(ward), phoned(ward)}, false},
		{"as a second telephone", others(match.CrowdLimit, wards), [2]string{phoned(own) + "," + phoned(ward), phoned("07700 900999") + "," + phoned(ward)}, false},
		{"and one of their own", others(match.CrowdLimit, wards), [2]string{phoned(ward) + "," + phoned(own), phoned(own) + "," + phoned(ward)}, true},
		{"one email", others(match.CrowdLimit-1, desk), [2]string{mailed("desk@care.example"), mailed("desk@care.example")}, false},
		{"emails that only begin alike", others(match.CrowdLimit+2, func(i int) string { return mailed(fmt.Sprintf("desk@care%d.example", i)) }),
			[2]string{mailed("desk@care.example"), mailed("desk@care.example")}, true},
	} {
		for _, atOnce := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, at once %v", c.name, atOnce), func(t *testing.T) {
				s := newStage(t)
				first := reached("R1K", "1", "Ada", "Okonkwo", "1948-03-14", c.telecom[0])
				second := reached("RYJ", "2", "Ada", "Okonkwo", "1948-03-14", c.telecom[1])
				var a, b string
				if atOnce {
					var ops []record.Op
					for _, text := range append(c.before, first, second) {
						ops = append(ops, record.Op{Kind: record.Create, Type: "Patient", Resource: s.json(text)})
					}
					res, err := s.client("R1K").Transact(s.ctx, ops, record.Commit{})
					if err != nil {
						t.Fatal(err)
					}
					a, b = res[len(res)-2].ID, res[len(res)-1].ID
					s.attend(a)
					s.attend(b)
				} else {
					for _, text := range c.before {
						s.create(s.client("R1K"), text)
					}
					a, b = s.create(s.client("R1K"), first).ID, s.create(s.client("RYJ"), second).ID
				}
				if got := s.personOf(a) == s.personOf(b); got != c.joined {
					t.Errorf("joined %v", got)
				}
				history, err := s.as(access.Steward).IdentityHistory(s.ctx, a, b)
				if err != nil || len(history) != 1 {
					t.Fatalf("%+v, %v", history, err)
				}
				if contact := history[0].Pattern.Contacts(); contact != c.joined {
					t.Errorf("a contact counted: %v; %s", contact, history[0].Pattern)
				}
				s.clean()
			})
		}
	}
}

// TestACrowdIsNotShown: what a steward is shown of a pair is what it was decided
// by, and somebody who asks for a person is not led by the ward's telephone.
func TestACrowdIsNotShown(t *testing.T) {
	s := newStage(t)
	const ward = "020 7946 0123"
	var ops []record.Op // at once: those who came before it was a crowd were asked about
	for _, text := range others(match.CrowdLimit+1, func(int) string { return phoned(ward) }) {
		ops = append(ops, record.Op{Kind: record.Create, Type: "Patient", Resource: s.json(text)})
	}
	if _, err := s.client("R1K").Transact(s.ctx, ops, record.Commit{}); err != nil {
		t.Fatal(err)
	}
	s.create(s.client("R1K"), reached("R1K", "1", "Ada", "Okonkwo", "1948-03-14", phoned(ward)))
	second := reached("RYJ", "2", "Ada", "Okonkwo", "1948-03-14", phoned(ward))
	s.create(s.client("RYJ"), second)
	waiting, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d wait: %v", len(waiting), err)
	}
	if text := waiting[0].Waterfall.String(); strings.Contains(text, "phone") || waiting[0].Waterfall.Grade == match.Certain {
		t.Errorf("shown by its telephone:\n%s", text)
	}
	found, err := s.as(access.Steward).Match(s.ctx, record.MatchAsked{Patient: s.json(reached("RAS", "9", "Ada", "Okonkwo", "1948-03-14", phoned(ward)))})
	if err != nil || len(found.Hits) == 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	for _, h := range found.Hits {
		if h.Grade == match.Certain {
			t.Errorf("certain by the ward's telephone: %+v", h)
		}
	}
}

// TestARehearsalKnowsACrowd: what would be said to be certain of those who are to
// come does not rest on a telephone that a crowd has, in the record or among them.
func TestARehearsalKnowsACrowd(t *testing.T) {
	const ward = "020 7946 0123"
	coming := match.Record{Given: "Ada", Family: "Okonkwo", Born: "1948-03-14", Sex: "female", Phones: []string{ward}, Keeper: "RYJ"}
	for _, c := range []struct {
		name             string
		entries, records int
		want             record.Foresight
	}{
		{"of two", 0, 0, record.ForeseenCertain},
		{"in the record", match.CrowdLimit - 1, 0, record.ForeseenPossible},
		{"among those to come", 0, match.CrowdLimit, record.ForeseenPossible},
	} {
		s := newStage(t)
		ops := []record.Op{{Kind: record.Create, Type: "Patient", Resource: s.json(reached("R1K", "1", "Ada", "Okonkwo", "1948-03-14", phoned(ward)))}}
		for _, text := range others(c.entries, func(int) string { return phoned(ward) }) {
			ops = append(ops, record.Op{Kind: record.Create, Type: "Patient", Resource: s.json(text)})
		}
		if _, err := s.client("R1K").Transact(s.ctx, ops, record.Commit{}); err != nil {
			t.Fatal(err)
		}
		list := []match.Record{coming}
		for i := range c.records {
			list = append(list, match.Record{Given: "Bo" + string(rune('a'+i)), Family: "Z" + string(rune('a'+i)) + "ski", Born: fmt.Sprintf("19%02d-0%d-1%d", 20+i, 1+i%9, i%9), Sex: "female", Phones: []string{ward}, Keeper: "RYJ"})
		}
		if out, _ := s.rehearsed(0, list...); out[0].Outcome != c.want {
			t.Errorf("a telephone %s: %+v", c.name, out[0])
		}
	}
}

// TestWhatIsNotAskedIsSaid: of the many whom one record resembles a steward is asked
// about the likeliest, and told of how many not.
func TestWhatIsNotAskedIsSaid(t *testing.T) {
	s := newStage(t)
	for i := range 10 {
		s.create(s.client("R1K"), reached("R1K", fmt.Sprint(4000+i), "Ada", "Okonkwo", "1948-03-14", mailed(fmt.Sprintf("ada%d%d@home%d.example", i, i*i, i))))
	}
	asked := func() int {
		t.Helper()
		list, err := s.as(access.Steward).Conflicts(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := asked()
	last := s.create(s.client("RYJ"), reached("RYJ", "2", "Ada", "Okonkwo", "1948-03-14", phoned("07700 900456"))).ID
	if n := asked() - before; n != 8 {
		t.Fatalf("%d more are asked about", n)
	}
	list, err := s.as(access.Steward).Conflicts(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if (c.A.ID == last || c.B.ID == last) && c.Beyond != 2 {
			t.Errorf("%d are left out, it says", c.Beyond)
		}
	}
	s.clean()
}
