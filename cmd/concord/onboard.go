package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"concord/exchange/intake"
	"concord/exchange/onboard"
	"concord/fault"
	"concord/standard/fhir"
	"concord/standard/hl7v2"
	"concord/standard/uk"
)

type onboardCmd struct {
	Templates onboardTemplatesCmd `cmd:"" help:"Write a CSV file for each class of an extract, to fill in (docs/operate/extract-layout.md)."`
	Stage     onboardStageCmd     `cmd:"" help:"Stage an extract: check its rows one by one."`
	Mend      onboardMendCmd      `cmd:"" help:"Stage refused rows that were mended."`
	Profile   onboardProfileCmd   `cmd:"" help:"Hold the rows of a staged extract against each other, and report on it."`
	Match     onboardMatchCmd     `cmd:"" help:"Hold staged patients against the live record, without writing to it."`
	Build     onboardBuildCmd     `cmd:"" help:"Harmonise the build: what the joiner's codes are of the domain's."`
	Review    onboardReviewCmd    `cmd:"" help:"What stewards decided in the rehearsal on who the joiner's patients are."`
	Load      onboardLoadCmd      `cmd:"" help:"Write the rows of a staged extract into the live record, class by class; a load that was stopped goes on."`
	Undo      onboardUndoCmd      `cmd:"" help:"Take back what a load has written; what was changed since stays and is named."`
	Reconcile onboardReconcileCmd `cmd:"" help:"Hold a load against its extract; the report is what people sign."`
	Report    onboardReportCmd    `cmd:"" help:"Print, write, sign or verify the report of a load."`
	Runbook   onboardRunbookCmd   `cmd:"" help:"Runs of the runbook: trial load, dress rehearsal, cutover."`
	Feeds     onboardFeedsCmd     `cmd:"" help:"Hold the feeds of an organisation, or release them."`
	Downtime  onboardDowntimeCmd  `cmd:"" help:"Enter the downtime log: what wards wrote down while the old system was read-only."`
	Beds      onboardBedsCmd      `cmd:"" help:"Keep the wards' own account of their beds, to reconcile open stays with."`
	Trend     onboardTrendCmd     `cmd:"" help:"Compare the reports of all trials."`
	Drop      onboardDropCmd      `cmd:"" help:"Remove a staged extract."`
	Sample    onboardSampleCmd    `cmd:"" help:"Write a made-up extract, and print what is planted in it."`
}

// staged says whose extract is meant.
type staged struct {
	Data    string `help:"Data folder; extracts lie in its folder stage." placeholder:"DIR"`
	Stages  string `help:"Folder of the stages, where it is another; one sub-folder for each organisation." name:"stage" placeholder:"DIR"`
	Org     string `help:"ODS code of the organisation that joins." required:"" placeholder:"ODS"`
	Extract string `help:"Front of an extract's id; without it the newest." placeholder:"ID"`
}

// stage opens the stage of the organisation, with progress on a terminal.
func (c staged) stage() (*onboard.Stage, error) {
	if c.Data == "" && c.Stages == "" {
		return nil, fault.New(fault.Invalid, "cli.data", "name the data folder with --data DIR or CONCORD_DATA")
	}
	if !uk.ODSCode(c.Org) {
		return nil, fault.New(fault.Invalid, "cli.org", "--org is an ODS code")
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, err
	}
	s := &onboard.Stage{Dir: filepath.Join(stagesOf(c.Stages, c.Data), c.Org), Trust: c.Org, Now: time.Now, Zone: zone, Messages: readMessages(zone)}
	if isTerminal(os.Stderr) {
		var bar *progressbar.ProgressBar
		s.Progress = func(p onboard.Progress) {
			if bar == nil {
				bar = progressbar.NewOptions64(p.Total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription(p.Step), progressbar.OptionClearOnFinish(),
					progressbar.OptionThrottle(100*time.Millisecond))
			}
			bar.Set64(p.Done)
		}
	}
	return s, nil
}

// readMessages reads a message as the feeds of the trust are read, without
// writing anything.
func readMessages(zone *time.Location) func(string, []byte) ([]onboard.Resource, error) {
	return func(trust string, message []byte) ([]onboard.Resource, error) {
		m, err := hl7v2.Parse(message)
		if err != nil {
			return nil, err
		}
		mapped, err := intake.Map(m, intake.Feed{Name: "extract", Trust: trust, Zone: zone})
		if err != nil {
			return nil, err
		}
		var out []onboard.Resource
		for _, one := range mapped {
			for _, d := range one.Drafts {
				v, err := d.Fold(nil, d.Resource, intake.FoldContext{Event: one.Event}) // as it is when nothing is known yet
				if err != nil {
					return nil, err
				}
				if v == nil { // it says nothing by itself
					continue
				}
				r := onboard.Resource{Key: d.Key, Patient: one.Patient.Number, Value: v}
				if d.Type == "Patient" {
					r.Key, r.Weak = one.Patient.Number, m.Header().Type != "ADT"
					out = append(out, mergedInto(r, one.Merge, trust)...)
				}
				out = append(out, r)
			}
		}
		return out, nil
	}
}

// mergedInto are the patients whose numbers a message merges into that of its own: what
// it says of the person is what is known of them.
func mergedInto(own onboard.Resource, merge *intake.Merge, trust string) (out []onboard.Resource) {
	if merge == nil {
		return nil
	}
	for _, old := range merge.Old {
		var ids []*fhir.Value
		for id := range own.Value.Get("identifier").Each() {
			if id.StrAt("system") == uk.HospitalNumber.System(trust) {
				id = id.With("value", old)
			}
			ids = append(ids, id)
		}
		v := own.Value.With("identifier", ids).With("link", fhir.Arr(fhir.Obj("other", fhir.Obj("reference", "#patient"), "type", "replaced-by")))
		out = append(out, onboard.Resource{Key: old, Patient: own.Key, Value: v})
	}
	return out
}

// found opens the stage and the extract that is meant.
func (c staged) found() (*onboard.Stage, *onboard.Extract, error) {
	s, err := c.stage()
	if err != nil {
		return nil, nil, err
	}
	x, err := s.Find(c.Extract)
	return s, x, err
}

type onboardTemplatesCmd struct {
	Dir string `arg:"" help:"Folder to write to." name:"folder"`
}

func (c *onboardTemplatesCmd) Run() error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	for _, class := range onboard.Layout() {
		name := filepath.Join(c.Dir, class.Name+".csv")
		if _, err := os.Stat(name); err == nil {
			return fault.New(fault.Conflict, "cli.templates", "%s is there already", name)
		}
		if err := os.WriteFile(name, []byte(class.Template()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

type onboardStageCmd struct {
	staged
	Older bool   `help:"Take an extract that is older than the one staged last."`
	Dir   string `arg:"" help:"Folder of the extract." name:"folder"`
}

func (c *onboardStageCmd) Run(ctx context.Context) error {
	s, err := c.stage()
	if err != nil {
		return err
	}
	x, err := s.Add(ctx, c.Dir, c.Older)
	if err != nil {
		return err
	}
	if x.Again {
		fmt.Printf("the same extract was staged on %s as trial %d (%s): nothing to do\n", x.Staged.Format(time.DateTime), x.Trial, x.ID)
		return nil
	}
	return tellPart(x)
}

// tellPart says what was staged last; refused rows are findings.
func tellPart(x *onboard.Extract) error {
	p := x.Parts[len(x.Parts)-1]
	fmt.Printf("%s trial %d (%s), part %d, in %.1f s\n", x.Trust, x.Trial, x.ID, len(x.Parts), p.Seconds)
	refused := int64(0)
	for _, f := range p.Files {
		fmt.Printf("%10d rows, %d refused  %s\n", f.Read, f.Refused, f.Name)
		refused += f.Refused
	}
	for _, u := range p.Unknown {
		fmt.Printf("  passed over, not in the layout: %s\n", u)
	}
	if refused > 0 {
		fmt.Printf("refused rows lie in %s\n", x.Folder("refused"))
		return errFindings
	}
	return nil
}

type onboardMendCmd struct {
	staged
	Dir string `arg:"" help:"Folder of mended files." name:"folder"`
}

func (c *onboardMendCmd) Run(ctx context.Context) error {
	s, x, err := c.found()
	if err != nil {
		return err
	}
	if x, err = s.Mend(ctx, x, c.Dir); err != nil {
		return err
	}
	if x.Again {
		fmt.Println("the same files were staged before: nothing to do")
		return nil
	}
	return tellPart(x)
}

type onboardProfileCmd struct {
	joined
	Pack   string `help:"Folder of the organisation's pack, whose forms of numbers are gone by; without it those of the pack that runs on the data folder." placeholder:"FOLDER"`
	Memory int64  `help:"Megabytes for sorting." default:"256"`
	JSON   bool   `help:"Print the report as JSON."`
}

func (c *onboardProfileCmd) Run(ctx context.Context) error {
	s, x, err := c.found()
	if err != nil {
		return err
	}
	numbering, err := c.numbering(ctx)
	if err != nil {
		return err
	}
	r, err := s.Profile(ctx, x, onboard.Options{Memory: c.Memory << 20, Numbering: numbering})
	if err != nil {
		return err
	}
	d, err := s.GoOn(ctx, x, onboard.Options{Memory: c.Memory << 20})
	if err != nil {
		return err
	}
	before, err := reportBefore(s, x)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else {
		err = errors.Join(r.Text(os.Stdout, before), d.Text(os.Stdout))
	}
	if err == nil && r.Refused > 0 {
		err = errFindings
	}
	return err
}

// reportBefore is the report of the last trial before an extract's, nil if there
// is none.
func reportBefore(s *onboard.Stage, x *onboard.Extract) (*onboard.Report, error) {
	list, err := s.Extracts()
	if err != nil {
		return nil, err
	}
	var last *onboard.Report
	for _, other := range list {
		if other.Trial >= x.Trial {
			break
		}
		r, err := other.Report()
		if err != nil {
			return nil, err
		}
		if r != nil {
			last = r
		}
	}
	return last, nil
}

type onboardTrendCmd struct {
	staged
	JSON bool `help:"Print the reports as JSON."`
}

func (c *onboardTrendCmd) Run() error {
	s, err := c.stage()
	if err != nil {
		return err
	}
	list, err := s.Extracts()
	if err != nil {
		return err
	}
	reports := []*onboard.Report{}
	for _, x := range list {
		r, err := x.Report()
		if err != nil {
			return err
		}
		if r != nil {
			reports = append(reports, r)
		}
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(reports)
	}
	if len(reports) == 0 {
		fmt.Println("no extract was profiled")
		return nil
	}
	return onboard.Trend(os.Stdout, reports)
}

type onboardDropCmd struct {
	staged
}

func (c *onboardDropCmd) Run() error {
	if c.Extract == "" {
		return fault.New(fault.Invalid, "cli.extract", "say which extract with --extract ID")
	}
	s, x, err := c.found()
	if err != nil {
		return err
	}
	return s.Drop(x)
}
