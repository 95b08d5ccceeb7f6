package reconcile

import (
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"concord/exchange/onboard/pack"
	"concord/fault"
)

// BedFile is the wards' own account of their beds on the night of the cutover,
// in the stage of the organisation: CSV with the columns ward, bed (room and bed
// with a slash) and state (occupied, empty, closed).
const BedFile = ".beds.csv"

// beds hold open stays against beds.
type beds struct {
	known map[string]bool
	stays map[string][]string // keys of open stays by ward and bed
	state map[string]string
	out   Beds
}

func newBeds(p *pack.Pack) *beds {
	b := &beds{stays: map[string][]string{}, out: Beds{Pack: p != nil}}
	if p != nil {
		b.known = p.Beds()
	}
	return b
}

func bedName(ward, bed string) string { return strings.ReplaceAll(ward, "/", "%2F") + "/" + bed }

// take holds an open stay against its bed, by the name that it has in the domain.
func (b *beds) take(key, name string, get func(string) string) {
	if get("ended") != "" || get("bed") == "" {
		return
	}
	b.out.Open++
	b.stays[name] = append(b.stays[name], key)
}

// ParseBeds reads the wards' account: the state of each bed by ward, slash and
// bed. Error: Invalid "reconcile.beds".
func ParseBeds(in io.Reader) (map[string]string, error) {
	bad := func(line int, what string) error {
		return fault.New(fault.Invalid, "reconcile.beds", "line %d of the state of beds: %s", line, what)
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	out := map[string]string{}
	for line := 1; ; line++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			if line == 1 {
				return nil, bad(1, "the header ward,bed,state is missing")
			}
			return out, nil
		}
		switch {
		case err != nil:
			return nil, bad(line, "no CSV")
		case len(row) != 3:
			return nil, bad(line, "three fields are needed")
		case line == 1:
			if row[0] != "ward" || row[1] != "bed" || row[2] != "state" {
				return nil, bad(1, "the header is ward,bed,state")
			}
			continue
		case row[0] == "" || row[1] == "" || !slices.Contains([]string{"occupied", "empty", "closed"}, row[2]):
			return nil, bad(line, "a ward, a bed, and occupied, empty or closed")
		}
		out[bedName(row[0], row[1])] = row[2]
	}
}

// told reads the wards' account, where there is one.
func (b *beds) told(text string) (err error) {
	if text == "" {
		return nil
	}
	b.out.Told = true
	b.state, err = ParseBeds(strings.NewReader(text))
	return err
}

func (b *beds) finish(out *Report) {
	for _, name := range slices.Sorted(maps.Keys(b.stays)) {
		keys := slices.Sorted(slices.Values(b.stays[name]))
		for _, key := range keys {
			if len(keys) > 1 {
				b.out.Shared++
				out.differ(Difference{What: InSharedBed, Class: "encounters", Key: key})
			}
			if b.out.Pack && !b.known[name] {
				b.out.Unknown++
				out.differ(Difference{What: NoSuchBed, Class: "encounters", Key: key})
			}
			if s := b.state[name]; s == "empty" || s == "closed" {
				b.out.Empty++
				out.differ(Difference{What: EmptyBed, Class: "encounters", Key: key})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.state)) {
		if b.state[name] == "occupied" && len(b.stays[name]) == 0 {
			b.out.Nobody++
			out.differ(Difference{What: NobodyThere, Class: "encounters", Key: name})
		}
	}
	out.Beds = b.out
}
