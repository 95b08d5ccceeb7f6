package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"concord/demo"
	"concord/demo/joining"
	"concord/demo/packs"
	"concord/exchange/intake"
	"concord/exchange/onboard/pack"
	"concord/fault"
	"concord/record"
	"concord/record/access"
	"concord/record/account"
)

// joinDemoCmd is the demonstration in which two trusts join two that are live.
type joinDemoCmd struct {
	where
	listen
	Once   bool `help:"Exit when every step is done: 0 when all went as planned, 1 when not."`
	ByHand bool `help:"Leave the steps to whoever looks: the extracts arrive, and nothing is done with them." name:"by-hand"`
	People int  `help:"How many people the live trusts' messages are drawn from." default:"1400"`
}

const joinFolder = "data/join-demo"

// joinAccounts are who does the steps, checks and looks.
func joinAccounts() []account.Application {
	return append(demoAccounts(),
		account.Application{Name: "lead.mensah", Display: "Kofi Mensah", Role: access.Engineer, Org: intake.Domain},
		account.Application{Name: "dr.achebe", Display: "Dr Ngozi Achebe", Role: access.Clinician, Org: "R1K", Site: "R1K01"},
		account.Application{Name: "dr.silva", Display: "Dr Rui Silva", Role: access.Clinician, Org: "RAS", Site: "RAS01"},
		account.Application{Name: "board.ellis", Display: "Mary Ellis", Role: access.Commissioner, Org: intake.Domain})
}

func (c *joinDemoCmd) Run(ctx context.Context) error {
	if c.Data == "" && c.Database == "" {
		c.Data = joinFolder
	}
	if len(c.mllp()) == 0 || c.TLSCert != "" {
		return fault.New(fault.Invalid, "cli.mllp", "the demonstration sends over MLLP in the clear: --mllp cannot be none, and --tls-cert is for serve")
	}
	if c.People < 200 {
		return fault.New(fault.Invalid, "cli.people", "--people is 200 or more")
	}
	if err := c.check(); err != nil {
		return err
	}
	h, err := openHouse(ctx, c.where, joinFeeds(), c.logger(), c.signIn(account.SecondNone)...)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.makeAccounts(ctx, joinAccounts()); err != nil {
		return err
	}
	for _, org := range []string{"R1K", "RAS"} {
		if err := h.harmonised(ctx, org); err != nil {
			return err
		}
	}
	h.pace = 0 // a demonstration's load is over in seconds
	c.Demo = fmt.Sprintf("Demonstration with made-up people: two trusts join. Sign in as lead.mensah with the password %s, and open Joining.", demoPassword)
	s, err := newServer(h, c.listen)
	if err != nil {
		return err
	}
	return c.serve(ctx, h, s)
}

// joinFeeds are the sending systems before any org pack names them.
func joinFeeds() []intake.FeedSetting {
	var out []intake.FeedSetting
	for _, f := range demo.Feeds() {
		out = append(out, intake.FeedSetting{Sender: f.Sender, Facility: f.Facility, Name: f.Name, Trust: f.Trust})
	}
	return out
}

// serve runs the server, and tells the story through its own doors.
func (c *joinDemoCmd) serve(ctx context.Context, h *house, s *server) error {
	var telling sync.WaitGroup
	defer telling.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var told error
	err := s.run(ctx, func() {
		telling.Go(func() {
			story := &joinStory{h: h, addr: s.mllpSock[0].Addr().String(), people: c.People, out: os.Stdout, byHand: c.ByHand}
			if told = story.tell(ctx); told != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "concord: the demonstration stopped:", told)
			}
			if c.Once {
				stop()
				return
			}
			if told == nil {
				fmt.Fprintf(os.Stdout, "\nOpen %s/onboard as\n  lead.mensah   who does the steps\n  dr.achebe, dr.silva   who check the samples\n  board.ellis   who sees totals\nwith the password %s (demonstration only). %s/onboard/R1K/timeline needs no account.\n",
					s.baseURL(), demoPassword, s.baseURL())
			}
			story.goOn(ctx)
		})
	})
	telling.Wait()
	if err == nil && c.Once {
		err = told
	}
	return err
}

// joinStory is the demonstration at work.
type joinStory struct {
	h      *house
	addr   string
	people int
	out    io.Writer
	byHand bool
	wrong  int // what did not go as planned
}

func (j *joinStory) say(format string, args ...any) { fmt.Fprintf(j.out, format+"\n", args...) }

// expect notes what did not go as planned.
func (j *joinStory) expect(is bool, format string, args ...any) {
	if is {
		return
	}
	j.wrong++
	j.say("  NOT AS PLANNED: "+format, args...)
}

// goOn sends messages of every trust until ctx ends.
func (j *joinStory) goOn(ctx context.Context) {
	if err := joining.GoOn(ctx, j.addr, j.people, 3, "RYJ", "RQM"); err != nil {
		j.h.log.Warn("messages no longer go on", "error", err.Error())
	}
}

// tell tells the story: the live trusts, then the joiners.
func (j *joinStory) tell(ctx context.Context) error {
	began := time.Now()
	if err := j.live(ctx); err != nil {
		return err
	}
	arrived, err := j.arrive(ctx)
	if err != nil {
		return err
	}
	if j.byHand || !arrived {
		return nil
	}
	going, stop := context.WithCancel(ctx)
	var messages sync.WaitGroup
	messages.Go(func() { j.goOn(going) })
	defer messages.Wait()
	defer stop()
	for _, org := range []string{"R1K", "RAS"} {
		if err := j.joins(ctx, org); err != nil {
			return err
		}
	}
	j.say("Everything took %.0f s.", time.Since(began).Seconds())
	if j.wrong > 0 {
		return errFindings
	}
	return nil
}

// live applies the packs of the trusts that are live, and sends in their people.
func (j *joinStory) live(ctx context.Context) error {
	for _, org := range []string{"RYJ", "RQM"} {
		p, err := demoPack(org)
		if err != nil {
			return err
		}
		if _, err := j.h.applyPack(ctx, j.h.officeOf(org), p); err != nil {
			return err
		}
	}
	people, planted, err := joining.Live(ctx, j.addr, j.people, 2)
	if err != nil {
		return err
	}
	if err := j.settled(ctx); err != nil {
		return err
	}
	j.say("Imperial and Chelsea and Westminster are live: %d patients came in by HL7 v2, %d of them under the NHS number of somebody who joins.", people, planted)
	return nil
}

// settled waits until no message of the live trusts waits.
func (j *joinStory) settled(ctx context.Context) error {
	for {
		n, err := j.h.waiting(ctx)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// demoPack is the org pack of a trust of the demonstration.
func demoPack(org string) (*pack.Pack, error) {
	dir, err := fs.Sub(packs.FS, org)
	if err != nil {
		return nil, err
	}
	files, err := pack.Files(dir)
	if err != nil {
		return nil, err
	}
	p, problems := pack.Read(files)
	if len(problems) > 0 {
		return nil, fault.New(fault.Internal, "cli.pack", "the pack of %s breaks a rule: %s", org, problems[0])
	}
	return p, nil
}

// joinPatients are how many patients each joiner has.
func joinPatients() map[string]int { return map[string]int{"R1K": 300, "RAS": 200} }

// arrive writes the first extracts into the inboxes, unless the stage has them:
// then the demonstration was told before.
func (j *joinStory) arrive(context.Context) (bool, error) {
	taken := time.Now().UTC().AddDate(0, 0, -2).Truncate(24 * time.Hour).Add(2 * time.Hour)
	for _, org := range []string{"R1K", "RAS"} {
		if _, err := os.Stat(filepath.Join(j.h.stages, org, ".inbox")); err == nil {
			j.say("The demonstration was told before; remove %s to begin anew.", j.h.dir)
			return false, nil
		}
	}
	for _, org := range []string{"R1K", "RAS"} {
		a := joining.Arrival{Trust: org, Patients: joinPatients()[org], Bad: true, Taken: taken, Name: "trial-" + taken.Format(time.DateOnly)}
		planted, err := a.Write(filepath.Join(j.h.stages, org, ".inbox"))
		if err != nil {
			return false, err
		}
		j.say("An extract of %s has arrived: %d patients, %d waiting lists that its events do not bear out.", organisationName(org), planted.Rows["patients"],
			planted.LateClock+planted.LeftOn+planted.WrongWeek+planted.Dropped)
		if !j.byHand {
			continue
		}
		a.Bad, a.Taken = false, taken.AddDate(0, 0, 1)
		a.Name = "mended-" + a.Taken.Format(time.DateOnly)
		if _, err := a.Write(filepath.Join(j.h.stages, org, ".inbox")); err != nil {
			return false, err
		}
	}
	return true, nil
}

// as is the errand of somebody of the demonstration.
func (j *joinStory) as(name string) (*record.Errand, access.Requester, error) {
	for _, a := range joinAccounts() {
		if a.Name == name {
			who := access.Requester{ID: a.Name, Name: a.Display, Role: a.Role, Org: a.Org, Site: a.Site}
			return j.h.desk.For(who, access.Reason{Purpose: account.PurposeOf(a.Role)}), who, nil
		}
	}
	return nil, access.Requester{}, fault.New(fault.Internal, "cli.demo", "nobody is called %s", name)
}
