package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/store"
)

// of is the office of an administrator of an organisation.
func (s *stage) of(org string) *account.Office {
	return s.register.Office(s.desk.For(access.Requester{ID: "adm-" + org, Role: access.Administrator, Org: org},
		access.Reason{Purpose: access.Administration}))
}

func (s *stage) staff(name, org string, role access.Role) {
	s.t.Helper()
	_, err := s.of(org).Create(s.ctx, account.Application{Name: name, Display: name, Password: secret, Role: role, Org: org})
	s.must(err)
}

// TestTrustsKeepToTheirOwn: an administrator of one trust does nothing in
// another, nor to who also works for another.
func TestTrustsKeepToTheirOwn(t *testing.T) {
	s := newStage(t)
	s.staff("ada", "RYJ", access.Clinician)
	s.staff("bob", "R1K", access.Clinician)
	s.must(s.of("RYJ").AddWorkgroup(s.ctx, account.Workgroup{Org: "RYJ", Code: "cardio", Name: "Cardiology team"}))
	s.must(s.of("R1K").Grant(s.ctx, "ada", account.Profile{Role: access.Receptionist, Org: "R1K"}))
	token, row, err := s.of("RYJ").Issue(s.ctx, account.Grant{Client: "lab", Org: "RYJ", Scopes: "system/*.rs", Life: time.Hour})
	s.must(err)
	other := s.of("R1K")
	clinician := account.Profile{Role: access.Clinician, Org: "RYJ"}
	for what, do := range map[string]func() error{
		"grants there": func() error { return other.Grant(s.ctx, "bob", clinician) },
		"grants in the domain": func() error {
			return other.Grant(s.ctx, "bob", account.Profile{Role: access.Administrator, Org: access.Domain})
		},
		"ends a role there":  func() error { return other.EndProfile(s.ctx, "ada", "1") },
		"bars":               func() error { return other.SetDisabled(s.ctx, "ada", true) },
		"sets a password":    func() error { return other.SetPassword(s.ctx, "ada", "another long password") },
		"removes factors":    func() error { return other.ResetFactors(s.ctx, "ada") },
		"ends sessions":      func() error { return other.EndSessions(s.ctx, "ada") },
		"sets what is asked": func() error { return other.SetSecondFactor(s.ctx, "RYJ", account.SecondNone) },
		"adds a workgroup":   func() error { return other.AddWorkgroup(s.ctx, account.Workgroup{Org: "RYJ", Code: "X1", Name: "X"}) },
		"says its duties":    func() error { return other.Cover(s.ctx, "RYJ", "CARDIO", []string{"ward:A"}) },
		"revokes a token":    func() error { return other.Revoke(s.ctx, row.ID) },
		"makes an account": func() error {
			_, err := other.Create(s.ctx, account.Application{Name: "eve", Display: "Eve", Password: secret, Role: access.Clinician, Org: "RYJ"})
			return err
		},
		"makes a domain's": func() error {
			_, err := other.Create(s.ctx, account.Application{Name: "eve", Display: "Eve", Password: secret, Role: access.Administrator})
			return err
		},
		"issues a token": func() error {
			_, _, err := other.Issue(s.ctx, account.Grant{Client: "x1", Org: "RYJ", Scopes: "system/*.rs", Life: time.Hour})
			return err
		},
		"a token of nobody's": func() error {
			_, _, err := other.Issue(s.ctx, account.Grant{Client: "x1", Scopes: "system/*.rs", Life: time.Hour})
			return err
		},
	} {
		if err := do(); !fault.Is(err, fault.Denied) || fault.Of(err).Code != "account.other-org" {
			t.Errorf("an administrator of R1K %s: %v", what, err)
		}
	}
	// Nor does her own trust alone do what would open the other's role.
	s.is(s.of("RYJ").SetPassword(s.ctx, "ada", "another long password"), fault.Denied, "account.other-org")
	if _, err := s.register.SignIn(s.ctx, "ada", secret, at("10.0.0.1")); err != nil {
		t.Errorf("something was changed: %v", err)
	}
	if _, err := s.register.Bearer(s.ctx, token, ""); err != nil {
		t.Errorf("the token was revoked: %v", err)
	}
	list, err := s.of("RAS").List(s.ctx)
	if err != nil || len(list) != 0 {
		t.Errorf("RAS lists %d of other trusts: %v", len(list), err)
	}
	if tokens, err := other.Tokens(s.ctx); err != nil || len(tokens) != 0 {
		t.Errorf("R1K lists %d tokens of RYJ: %v", len(tokens), err)
	}
	s.must(s.of(access.Domain).SetPassword(s.ctx, "ada", "another long password"))
}

func TestNobodyGrantsToThemselves(t *testing.T) {
	s := newStage(t)
	s.staff("adm-ryj", "RYJ", access.Administrator)
	self := s.register.Office(s.desk.For(access.Requester{ID: "adm-ryj", Role: access.Administrator, Org: "RYJ"},
		access.Reason{Purpose: access.Administration}))
	s.is(self.Grant(s.ctx, "ADM-RYJ", account.Profile{Role: access.Clinician, Org: "RYJ"}), fault.Denied, "account.self")
	s.is(self.EndProfile(s.ctx, "adm-ryj", "1"), fault.Denied, "account.self")
	for _, role := range []access.Role{access.Clinician, access.Receptionist, access.Engineer, access.Steward, access.Patient, access.System} {
		err := s.register.Office(s.errand(role)).Grant(s.ctx, "adm-ryj", account.Profile{Role: access.Clinician, Org: "RYJ"})
		if !fault.Is(err, fault.Denied) {
			t.Errorf("%s grants: %v", role, err)
		}
	}
}

func TestWrongProfiles(t *testing.T) {
	s := newStage(t)
	s.staff("ada", "RYJ", access.Clinician)
	s.must(s.of("RYJ").AddWorkgroup(s.ctx, account.Workgroup{Org: "RYJ", Code: "CARDIO", Name: "Cardiology team"}))
	good := account.Profile{Role: access.Clinician, JobRole: "R8000", Org: "RYJ", Site: "RYJ01", Workgroups: []string{"CARDIO"}, Activities: []string{"B0083"}}
	for code, edit := range map[string]func(*account.Profile){
		"account.role":      func(p *account.Profile) { p.Role = access.Operator },
		"account.org":       func(p *account.Profile) { p.Site = "RQM01" },
		"account.job-role":  func(p *account.Profile) { p.JobRole = "R0000" },
		"account.activity":  func(p *account.Profile) { p.Activities = []string{"B0000"} },
		"account.dates":     func(p *account.Profile) { p.From, p.To = s.now, s.now },
		"account.workgroup": func(p *account.Profile) { p.Workgroups = []string{"NONE"} },
	} {
		p := good
		edit(&p)
		s.is(s.of("RYJ").Grant(s.ctx, "ada", p), fault.Invalid, code)
	}
	good.Outside = true // a form cannot say so
	s.must(s.of("RYJ").Grant(s.ctx, "ada", good))
	a, err := s.register.Get(s.ctx, "ada")
	if err != nil || len(a.Profiles) != 2 || a.Profiles[1].Key != "2" || a.Profiles[1].Outside {
		t.Errorf("%+v %v", a, err)
	}
	s.is(s.of("RYJ").AddWorkgroup(s.ctx, account.Workgroup{Org: "RYJ", Code: "cardio", Name: "Again"}), fault.Conflict, "account.workgroup-taken")
	s.is(s.of("RYJ").AddWorkgroup(s.ctx, account.Workgroup{Org: "RYJ", Code: "a/b", Name: "Slash"}), fault.Invalid, "account.workgroup")
}

// TestActing: a person with several roles acts as the one that they chose, and
// stops acting as it the moment that it ends.
func TestActing(t *testing.T) {
	s := newStage(t)
	s.staff("ada", "RYJ", access.Clinician)
	for _, g := range []string{"CARDIO", "STROKE"} {
		s.must(s.of("RQM").AddWorkgroup(s.ctx, account.Workgroup{Org: "RQM", Code: g, Name: g}))
	}
	s.must(s.of("RQM").Grant(s.ctx, "ada", account.Profile{Role: access.Receptionist, JobRole: "R8009", Org: "RQM", Site: "RQM01",
		Workgroups: []string{"CARDIO", "STROKE"}, To: s.now.Add(time.Hour)}))
	s.must(s.of("RQM").Grant(s.ctx, "ada", account.Profile{Role: access.Clinician, Org: "RQM", From: s.now.Add(24 * time.Hour)}))
	in := s.signIn("ada")
	if in.State != account.Choose || in.Account.Role != "" || in.Requester().Org != "" {
		t.Fatalf("%s as %+v", in.State, in.Requester())
	}
	choices := in.Choices(s.now)
	if len(choices) != 3 { // one here, two teams there; the one of tomorrow not yet
		t.Fatalf("%+v", choices)
	}
	for _, c := range [][2]string{{"3", ""}, {"2", ""}, {"2", "NONE"}, {"9", ""}, {"1", "CARDIO"}} {
		s.is(s.register.Act(s.ctx, in.Secret, c[0], c[1]), fault.Invalid, "account.choice")
	}
	s.must(s.register.Act(s.ctx, in.Secret, "2", "STROKE"))
	got, err := s.register.Session(s.ctx, in.Secret)
	s.must(err)
	who := got.Requester()
	if who.Role != access.Receptionist || who.Org != "RQM" || who.Site != "RQM01" || !slices.Equal(who.Workgroups, []string{"STROKE"}) ||
		who.RoleCode != "R8009" || !slices.Equal(who.Activities, []string{"B0820", "B0825"}) || who.AAL != 1 {
		t.Errorf("%+v", who)
	}
	s.must(s.register.Act(s.ctx, in.Secret, "1", ""))
	if got, err := s.register.Session(s.ctx, in.Secret); err != nil || got.Requester().Org != "RYJ" {
		t.Errorf("after switching: %v", err)
	}
	s.must(s.register.Act(s.ctx, in.Secret, "2", "CARDIO"))
	s.must(s.of("RQM").EndProfile(s.ctx, "ada", "2"))
	_, err = s.register.Session(s.ctx, in.Secret)
	s.is(err, fault.Unauthenticated, "account.session")
	s.is(s.register.Act(s.ctx, in.Secret, "2", "CARDIO"), fault.Invalid, "account.choice")
	s.must(s.register.Act(s.ctx, in.Secret, "1", ""))
	if _, err := s.register.Session(s.ctx, in.Secret); err != nil {
		t.Errorf("the other role is left: %v", err)
	}
}

// TestEarlierAccounts: an account that was written before there were profiles
// is a person with one.
func TestEarlierAccounts(t *testing.T) {
	s := newStage(t)
	s.ada()
	s.must(s.engine.Update(s.ctx, func(tx store.Tx) error {
		for name, text := range map[string]string{
			"old":   `{"display":"Old","role":"clinician","org":"RQM","site":"RQM01","made":"2025-01-01T00:00:00Z","password":"x"}`,
			"admin": `{"display":"Admin","role":"administrator","made":"2025-01-01T00:00:00Z","password":"x"}`,
		} {
			if err := tx.SetKey(s.ctx, "account", store.KeyValue{Key: name, Value: []byte(text)}); err != nil {
				return err
			}
		}
		return nil
	}))
	old, err := s.register.Get(s.ctx, "old")
	if err != nil || len(old.Profiles) != 1 || old.Role != access.Clinician || old.Org != "RQM" || old.Site != "RQM01" || old.JobRole != "R8000" {
		t.Errorf("%+v %v", old, err)
	}
	// An administrator of no organisation was one of all: still so.
	if a, err := s.register.Get(s.ctx, "admin"); err != nil || a.Org != access.Domain {
		t.Errorf("%+v %v", a, err)
	}
	s.must(s.of("RQM").Grant(s.ctx, "old", account.Profile{Role: access.Receptionist, Org: "RQM"}))
	if a, err := s.register.Get(s.ctx, "old"); err != nil || len(a.Profiles) != 2 || a.Profiles[0].Role != access.Clinician {
		t.Errorf("%+v %v", a, err)
	}
}

// TestChosenIsHeld: whatever somebody asks to act as at whatever time, an open
// session acts as a profile that they hold then.
func TestChosenIsHeld(t *testing.T) {
	s := newStage(t)
	s.staff("ada", "RYJ", access.Clinician)
	began := s.now
	for n := range 4 {
		s.must(s.of("RYJ").Grant(s.ctx, "ada", account.Profile{Role: access.Receptionist, Org: "RYJ",
			From: began.Add(time.Duration(n) * time.Hour), To: began.Add(time.Duration(n+2) * time.Hour)}))
	}
	rapid.Check(t, func(r *rapid.T) {
		s.now = began
		in := s.signIn("ada")
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			s.now = s.now.Add(time.Duration(rapid.IntRange(0, 14).Draw(r, "minutes")) * time.Minute)
			s.register.Act(s.ctx, in.Secret, rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", ""}).Draw(r, "profile"), "")
			got, err := s.register.Session(s.ctx, in.Secret)
			if err != nil {
				continue
			}
			if !got.Account.Holds(s.now) || got.Requester().Role == "" {
				r.Fatalf("at %v acts as %+v", s.now.Sub(began), got.Account.Profile)
			}
		}
	})
}

// TestDuties: what a workgroup is responsible for is known at once where it was
// said, taken in forms alike, and unknown, not empty, when it cannot be read.
func TestDuties(t *testing.T) {
	s := newStage(t)
	if d := s.register.Duties("RYJ"); d.Unknown || len(d.Of) != 0 {
		t.Errorf("of an organisation that says nothing: %+v", d)
	}
	for _, g := range []string{"CARDIO", "STROKE"} {
		s.must(s.of("RYJ").AddWorkgroup(s.ctx, account.Workgroup{Org: "RYJ", Code: g, Name: g}))
	}
	s.must(s.of("RYJ").Cover(s.ctx, "RYJ", "CARDIO", []string{"Ward: jenner ", "service:320", "ward:JENNER"}))
	s.must(s.of("RYJ").Cover(s.ctx, "RYJ", "STROKE", []string{"ward:JENNER"}))
	d := s.register.Duties("RYJ")
	if !slices.Equal(d.Of["ward:JENNER"], []string{"CARDIO", "STROKE"}) || !slices.Equal(d.Of["service:320"], []string{"CARDIO"}) || len(d.Of) != 2 {
		t.Errorf("%+v", d)
	}
	if other := s.register.Duties("RQM"); len(other.Of) != 0 {
		t.Errorf("of another organisation: %+v", other)
	}
	s.must(s.of("RYJ").Cover(s.ctx, "RYJ", "CARDIO", nil))
	if d := s.register.Duties("RYJ"); len(d.Of) != 1 {
		t.Errorf("taken back: %+v", d)
	}
	for _, wrong := range []string{"bed:7", "ward:", "JENNER", "ward:" + strings.Repeat("x", 100)} {
		s.is(s.of("RYJ").Cover(s.ctx, "RYJ", "CARDIO", []string{wrong}), fault.Invalid, "account.covers")
	}
	s.is(s.of("RYJ").Cover(s.ctx, "RYJ", "NONE", nil), fault.NotFound, "account.workgroup")
	if !s.register.Duties("").Unknown {
		t.Error("the duties of no organisation are known")
	}
}

// TestEmployers: by their own NHS number people are known as staff of each
// organisation of theirs, until they are barred.
func TestEmployers(t *testing.T) {
	s := newStage(t)
	s.staff("ada", "RYJ", access.Clinician)
	s.staff("bob", "RYJ", access.Clinician)
	s.must(s.of("RQM").Grant(s.ctx, "ada", account.Profile{Role: access.Receptionist, Org: "RQM"}))
	s.must(s.of("QRV").SetOwnNumber(s.ctx, "ada", "9990000018"))
	is := func(when string, want ...string) {
		t.Helper()
		s.now = s.now.Add(time.Minute)
		got, err := s.register.Employers(s.ctx, []string{"9990000026", "9990000018"})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v %v", when, got, err)
		}
	}
	is("noted", "RQM", "RYJ")
	s.must(s.of("QRV").SetDisabled(s.ctx, "ada", true))
	is("barred")
}
