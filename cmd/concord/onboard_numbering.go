package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"concord/exchange/onboard"
	"concord/exchange/onboard/course"
	"concord/exchange/onboard/pack"
	"concord/fault"
)

// numbering are the forms of the joiner's numbers: of the pack that is named, else
// of the one that runs. A profile goes on without where no record can be asked.
func (c *onboardProfileCmd) numbering(ctx context.Context) (onboard.Numbering, error) {
	if c.Pack != "" {
		return numberingIn(c.Pack, c.Org)
	}
	if c.Data == "" {
		return nil, nil
	}
	var out bytes.Buffer
	err := perform(ctx, c.where, request{Command: "onboard-numbering", Org: c.Org}, &out)
	if fault.Is(err, fault.NotFound) { // no record yet: nothing runs on it
		return nil, nil
	}
	var n onboard.Numbering
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "numbers are not held against the org pack:", sayError(err))
		return nil, nil
	}
	return n, nil
}

// numberingIn reads the forms of numbers of a pack's files.
func numberingIn(folder, org string) (onboard.Numbering, error) {
	files, err := folderFiles(folder, pack.Files)
	if err != nil {
		return nil, err
	}
	p, problems := pack.Read(files)
	if len(problems) > 0 {
		return nil, tellProblems(os.Stderr, problems, false)
	}
	if p.Organisation.Code != org {
		return nil, fault.New(fault.Invalid, "cli.pack", "the pack is of %s, not of %s", p.Organisation.Code, org)
	}
	return course.NumberingOf(p), nil
}

// numbering tells the forms of an organisation's numbers as the pack that runs has
// them; null where it has no pack.
func (h *house) numbering(ctx context.Context, req request, out io.Writer) error {
	p, err := h.joining.Pack(ctx, req.Org)
	if err != nil {
		return err
	}
	var n onboard.Numbering
	if p != nil {
		n = course.NumberingOf(p)
	}
	return json.NewEncoder(out).Encode(n)
}
