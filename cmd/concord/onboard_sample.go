package main

import (
	"encoding/json"
	"os"
	"time"

	"concord/demo/extract"
	"concord/fault"
	"concord/standard/uk"
)

type onboardSampleCmd struct {
	Org      string    `help:"One of the four trusts." default:"R1K" placeholder:"ODS"`
	Patients int       `help:"How many patients; about seven rows each." default:"1000"`
	Seed     uint64    `help:"Seed of the population: that of the live record, for people whom both know." default:"1"`
	Taken    time.Time `help:"When the extract was taken (2026-11-25T02:00:00Z)." placeholder:"TIME"`
	Clean    bool      `help:"Plant nothing that is wrong."`
	Own      bool      `help:"Give rows the codes of the trust's old system (of R1K and RAS), which have to be harmonised."`
	Dir      string    `arg:"" help:"Folder to write to." name:"folder"`
}

// Run writes a made-up extract and prints what was planted in it.
func (c *onboardSampleCmd) Run() error {
	if _, ok := uk.TrustByCode(c.Org); !ok {
		return fault.New(fault.Invalid, "cli.org", "made-up extracts are of R1K, RAS, RQM or RYJ")
	}
	if list, err := os.ReadDir(c.Dir); err == nil && len(list) > 0 {
		return fault.New(fault.Conflict, "cli.sample", "%s is not empty", c.Dir)
	}
	o := extract.Options{Trust: c.Org, Patients: c.Patients, Seed: c.Seed, Taken: c.Taken, Faults: extract.Usual(), Own: c.Own}
	if c.Clean {
		o.Faults = extract.Faults{}
	}
	planted, err := extract.Write(c.Dir, o)
	if err != nil {
		return err
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(planted)
}
