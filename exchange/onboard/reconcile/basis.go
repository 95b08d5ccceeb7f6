package reconcile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"concord/exchange/onboard"
	"concord/exchange/onboard/pack"
	"concord/fault"
)

// basis is what a reconciliation was held against beside the record, kept so that
// the report can be made again: an org pack goes on changing.
type basis struct {
	Pack string `json:"pack,omitempty"`
	Beds string `json:"beds,omitempty"`
}

func basisFile(load string) string { return "basis-" + load + ".json" }

// basisNow takes the pack that runs and the wards' account of tonight.
func basisNow(s *onboard.Stage, p *pack.Pack) (basis, error) {
	var b basis
	if p != nil {
		text, err := p.Text()
		if err != nil {
			return b, err
		}
		b.Pack = string(text)
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, BedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return b, fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be read")
	}
	b.Beds = string(text)
	return b, nil
}

// pack is the org pack of the basis, nil if there was none.
func (b basis) pack() (*pack.Pack, error) {
	if b.Pack == "" {
		return nil, nil
	}
	return pack.Parse([]byte(b.Pack))
}

// KeepBeds keeps the wards' own account of their beds, and tells how many there
// are. Error: Invalid "reconcile.beds".
func KeepBeds(s *onboard.Stage, text []byte) (int, error) {
	beds, err := ParseBeds(bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	err = os.MkdirAll(s.Dir, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.Dir, BedFile), text, 0o600)
	}
	if err != nil {
		return 0, fault.Wrap(err, fault.Busy, "onboard.stage", "the stage cannot be written")
	}
	return len(beds), nil
}
