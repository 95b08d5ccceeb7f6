package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"concord/demo"
	"concord/exchange/intake"
	"concord/fault"
	"concord/record/access"
	"concord/record/account"
	"concord/standard/uk"
	"concord/store"
)

type demoCmd struct {
	where
	listen
	People int `help:"How many people there are." default:"520"`
}

const (
	demoFolder   = "data/demo"
	demoStanding = "demo.json"
	// demoPassword opens every demonstration account. Accounts with it are
	// made by this command only.
	demoPassword = "concord-demo-2024"
)

// demoAccounts are who can sign in to a demonstration.
func demoAccounts() []account.Application {
	return []account.Application{
		{Name: "dr.rahman", Display: "Dr Samira Rahman", Role: access.Clinician, Org: "RQM", Site: "RQM01"},
		{Name: "dr.whitfield", Display: "Dr Mark Whitfield", Role: access.Clinician, Org: "RYJ", Site: "RYJ03"},
		{Name: "dr.kaur", Display: "Dr Simran Kaur", Role: access.Clinician, Org: "RYJ", Site: "RYJ02"},
		{Name: "nurse.reyes", Display: "Nurse Maricel Reyes", Role: access.Clinician, Org: "R1K", Site: "R1K01"},
		{Name: "reception.murphy", Display: "Orla Murphy", Role: access.Receptionist, Org: "RAS", Site: "RAS01"},
		{Name: "engineer.lim", Display: "Wei Lim", Role: access.Engineer, Org: "R1K", Site: "R1K01"},
		{Name: "steward.okafor", Display: "Ngozi Okafor", Role: access.Steward, Org: "RYJ", Site: "RYJ01"},
		{Name: "steward.bianchi", Display: "Elena Bianchi", Role: access.Steward, Org: "R1K", Site: "R1K01"},
		{Name: "steward.cole", Display: "Marcus Cole", Role: access.Steward, Org: intake.Domain},
		{Name: "privacy.bello", Display: "Tunde Bello", Role: access.Privacy, Org: intake.Domain},
		{Name: "admin.shah", Display: "Anil Shah", Role: access.Administrator, Org: intake.Domain},
	}
}

func (c *demoCmd) Run(ctx context.Context) error {
	if c.Data == "" && c.Database == "" {
		c.Data = demoFolder
	}
	if len(c.mllp()) == 0 {
		return fault.New(fault.Invalid, "cli.mllp", "the demonstration sends over MLLP: --mllp cannot be none")
	}
	if c.TLSCert != "" {
		return fault.New(fault.Unsupported, "cli.tls", "the demonstration sends to itself in the clear: use serve for TLS")
	}
	if c.People < 1 {
		return fault.New(fault.Invalid, "cli.people", "--people is 1 or more")
	}
	feeds, err := c.feeds()
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	h, err := openHouse(ctx, c.where, feeds, c.logger(), c.signIn(account.SecondNone)...)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.makeAccounts(ctx, demoAccounts()); err != nil {
		return err
	}
	if err := c.demoChannels(ctx, h); err != nil {
		return err
	}
	standing, stage, err := c.stage(h)
	if err != nil {
		return err
	}
	c.Demo = fmt.Sprintf("Demonstration with made-up people. Sign in as %s with the password %s, and find NHS number %s.",
		demoAccounts()[0].Name, demoPassword, uk.NHSNumber(stage.Main().NHS).String())
	s, err := newServer(h, c.listen)
	if err != nil {
		return err
	}
	return c.serve(ctx, h, s, stage, standing)
}

// serve runs the server and seeds it through its own sockets.
func (c *demoCmd) serve(ctx context.Context, h *house, s *server, stage *demo.Stage, standing *demo.Standing) error {
	var seeding sync.WaitGroup
	defer seeding.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return s.run(ctx, func() {
		s.introduce(os.Stdout, stage)
		seeding.Go(func() {
			began := time.Now()
			if standing.Done {
				fmt.Fprintf(os.Stdout, "%d people were seeded on %s; remove %s to begin anew.\n",
					standing.People, uk.DisplayDateTime(standing.Began), h.dir)
				return
			}
			seeder := &demo.Seeder{Stage: stage, Standing: standing, Door: s.door(), Report: tell(os.Stdout)}
			if err := seeder.Run(ctx); err != nil {
				if ctx.Err() == nil {
					h.log.Error("seeding stopped", "error", err.Error())
					fmt.Fprintln(os.Stderr, "concord: seeding stopped:", err)
				}
				return
			}
			fmt.Fprintf(os.Stdout, "Seeding is done: %d people after %.1f s.\n", standing.People, time.Since(began).Seconds())
		})
	})
}

// feeds are those of the settings file, then the demonstration's systems.
func (c *demoCmd) feeds() ([]intake.FeedSetting, error) {
	feeds, err := readFeeds(c.Feeds)
	for _, f := range demo.Feeds() {
		feeds = append(feeds, intake.FeedSetting{Sender: f.Sender, Facility: f.Facility, Name: f.Name, Trust: f.Trust})
	}
	return feeds, err
}

// stage makes the people as they were when the folder was first seeded.
func (c *demoCmd) stage(h *house) (*demo.Standing, *demo.Stage, error) {
	standing, err := demo.ReadStanding(filepath.Join(h.dir, demoStanding), demo.DefaultSeed, c.People, time.Now().In(h.desk.Zone()))
	if err != nil {
		return nil, nil, err
	}
	stage, err := demo.NewStage(standing.Seed, standing.Began)
	return standing, stage, err
}

// makeAccounts makes the accounts that are not there yet, with the second role
// of who works for two trusts.
func (h *house) makeAccounts(ctx context.Context, list []account.Application) error {
	office := h.accounts.Office(h.operator())
	for _, a := range list {
		a.Password = demoPassword
		_, err := office.Create(ctx, a)
		if err != nil && fault.Of(err).Code == "account.taken" {
			continue
		}
		if err == nil && a.Name == demoTwoRoles {
			err = h.demoSecondRole(ctx, office)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// demoTwoRoles is who chooses between two trusts after signing in.
const demoTwoRoles = "dr.kaur"

func (h *house) demoSecondRole(ctx context.Context, office *account.Office) error {
	groups := []account.Workgroup{{Org: "RQM", Code: "CARDIO", Name: "Cardiology team"}, {Org: "RQM", Code: "AMU", Name: "Acute medical unit"}}
	var codes []string
	for _, g := range groups {
		if err := office.AddWorkgroup(ctx, g); err != nil && fault.Of(err).Code != "account.workgroup-taken" {
			return err
		}
		codes = append(codes, g.Code)
	}
	return office.Grant(ctx, demoTwoRoles, account.Profile{Role: access.Clinician, JobRole: "R8000", Org: "RQM", Site: "RQM91", Workgroups: codes})
}

// introduce prints where to go and as whom.
func (s *server) introduce(out io.Writer, stage *demo.Stage) {
	main := stage.Main()
	fmt.Fprintf(out, "\nDemonstration: every person and number is made up. Open %s/ and sign in as\n", s.baseURL())
	for _, a := range demoAccounts() {
		fmt.Fprintf(out, "  %-18s %s, %s\n", a.Name, a.Display, strings.ToLower(a.Role.Title()))
	}
	fmt.Fprintf(out, "with the password %s (demonstration only), then find NHS number %s.\n\n",
		demoPassword, uk.NHSNumber(main.NHS).String())
}

// door is the way in to this server.
func (s *server) door() demo.Door {
	h := s.house
	return demo.Door{
		MLLP: s.mllpSock[0].Addr().String(), FHIR: "http://" + s.httpSock.Addr().String() + "/fhir",
		Token: func(ctx context.Context, org string) (string, error) {
			secret, _, err := h.accounts.Office(h.operator()).Issue(ctx, account.Grant{
				Client: "demo-" + strings.ToLower(org), Org: org, Scopes: "system/*.cruds", Life: time.Hour})
			return secret, err
		},
		Waiting: h.waiting,
	}
}

// waiting counts the messages that are journalled and not yet applied.
func (h *house) waiting(ctx context.Context) (int, error) {
	n := 0
	err := h.engine.View(ctx, func(r store.Reader) error {
		tally, err := r.Tally(ctx)
		for _, t := range tally {
			n += int(t.ByState[store.Received])
		}
		return err
	})
	return n, err
}

// tell prints how far the seeding is: one line that moves on a terminal, a
// line every few seconds elsewhere.
func tell(out *os.File) func(demo.Progress) {
	moving := isTerminal(out)
	var last time.Time
	return func(p demo.Progress) {
		if !moving && time.Since(last) < 5*time.Second {
			return
		}
		last = time.Now()
		text := fmt.Sprintf("seeding: %d messages", p.Messages)
		switch p.Step {
		case "waiting":
			text += fmt.Sprintf(", %d on their way into the record", p.Waiting)
		case "bundles":
			text += fmt.Sprintf(", %d of %d bundles", p.Parcels, p.Total)
		}
		if moving {
			fmt.Fprintf(out, "\r\x1b[K%s", text)
			return
		}
		fmt.Fprintln(out, text)
	}
}
