package onboard

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"concord/fault"
	"concord/record"
	"concord/standard/match"
)

// Matching is what the patients of an extract would come to in the live record:
// counts alone. Row by row it is in match.csv.
type Matching struct {
	Extract string    `json:"extract"`
	Trust   string    `json:"trust"`
	Trial   int       `json:"trial"`
	Part    int       `json:"part"` // the last that was matched
	Matched time.Time `json:"matched"`
	Seconds float64   `json:"seconds"`
	Merged  int64     `json:"merged"` // numbers that were merged into others at the source, and go with them
	// Reused are patients whose number the trust's feed has given to somebody else: a
	// load refuses them. Their keys are in reused.csv.
	Reused int64 `json:"reused"`
	*record.Rehearsal
	// Overlap is the share of the patients who certainly are somebody the record
	// knows.
	Overlap float64 `json:"overlap"`
	// Review is the work that stewards would have, in hours, at so many minutes a
	// pair.
	Review  float64 `json:"reviewHours"`
	Minutes float64 `json:"minutesPerPair"`
}

const (
	matchFile  = "match.json"
	matchTable = "match.csv"
)

// MatchOptions of a match before load.
type MatchOptions struct {
	Most    int     // patients in memory at a time; 0 = 400,000
	Minutes float64 // that a steward takes for a pair; 0 = 4
}

// Match holds the patients of an extract against the live record, without
// writing to it. The extract must have been profiled since it was staged: what
// cannot be loaded is passed over. Errors: Conflict "onboard.not-profiled"; those
// of Rehearse.
func (s *Stage) Match(ctx context.Context, x *Extract, e *record.Errand, opt MatchOptions) (*Matching, error) {
	start := s.Now()
	r, err := x.Report()
	if err != nil {
		return nil, err
	}
	if r == nil || r.Parts != len(x.Parts) {
		return nil, fault.New(fault.Conflict, "onboard.not-profiled", "profile the extract first: what cannot be loaded is not matched")
	}
	if opt.Minutes <= 0 {
		opt.Minutes = 4
	}
	p, err := x.patients()
	if err != nil {
		return nil, err
	}
	out := &Matching{Extract: x.ID, Trust: x.Trust, Trial: x.Trial, Part: len(x.Parts), Matched: start.UTC(), Minutes: opt.Minutes}
	f, err := os.OpenFile(x.path(matchTable+".new"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, unstaged(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<18)
	fmt.Fprintln(w, "key,outcome,why,effect,person,entry,grade,weight,guards,further,same_in_source")
	total := classRows(r, "patients")
	ask := asked{}
	out.Rehearsal, err = e.Rehearse(ctx, p.records(), opt.Most, func(n int64, f *record.Foreseen) error {
		if n&0xfff == 0 {
			s.tell("match", n, total)
		}
		ask.note(n, f)
		return p.line(w, n, f)
	})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(w.Flush(), f.Sync(), os.Rename(x.path(matchTable+".new"), x.path(matchTable))); err != nil {
		return nil, unstaged(err)
	}
	if err := p.writePairs(ask); err != nil {
		return nil, err
	}
	if out.Reused, err = p.reused(ctx, e); err != nil {
		return nil, err
	}
	out.Merged = p.merged
	out.Overlap = float64(out.By[record.ForeseenCertain]) / float64(max(1, out.Records))
	out.Review = float64(out.Pairs+out.Same+out.Like) * opt.Minutes / 60
	out.Seconds = s.Now().Sub(start).Seconds()
	return out, writeJSON(x.path(matchFile), out)
}

func classRows(r *Report, class string) int64 {
	for _, c := range r.Classes {
		if c.Class == class {
			return c.Loadable
		}
	}
	return 0
}

// patients are the patients of an extract that can be loaded.
type patients struct {
	extract *Extract
	class   Class
	files   []partFile
	keys    []string // by number; filled as they are read for the first time
	merged  int64
}

func (x *Extract) patients() (*patients, error) {
	class, _ := classAt("patients")
	p := &patients{extract: x, class: class}
	for n, part := range x.Parts {
		for _, f := range part.Rows {
			if f.Class == class.Name {
				p.files = append(p.files, partFile{f, n + 1})
			}
		}
	}
	return p, nil
}

// rows goes over the patients, the same every time, but for those that were
// merged into others at the source.
func (p *patients) rows() iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		merged := int64(0)
		for _, f := range p.files {
			for fields, err := range p.extract.loadable(f, len(p.class.Columns)) {
				if err == nil && len(fields[p.class.column("merged_into")]) > 0 {
					merged++
					continue
				}
				if !yield(fields, err) || err != nil {
					return
				}
			}
		}
		p.merged = merged
	}
}

// records are the rows as they are matched.
func (p *patients) records() iter.Seq2[match.Record, error] {
	return func(yield func(match.Record, error) bool) {
		n := 0
		for fields, err := range p.rows() {
			if err != nil {
				yield(match.Record{}, err)
				return
			}
			if n == len(p.keys) {
				p.keys = append(p.keys, string(fields[0]))
			}
			n++
			if !yield(p.record(fields), nil) {
				return
			}
		}
	}
}

// loadable goes over the rows of a file, but for those that a load passes over.
// The fields are valid until the next.
func (x *Extract) loadable(f partFile, columns int) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		for row, err := range x.loadableRows(f, columns) {
			if !yield(row.fields, err) {
				return
			}
		}
	}
}

// stagedRow is a row of a staged file, and the line of the source at which it stands.
type stagedRow struct {
	line   int
	fields [][]byte
}

// loadableRows is loadable, each row with its line.
func (x *Extract) loadableRows(f partFile, columns int) iter.Seq2[stagedRow, error] {
	none := stagedRow{}
	return func(yield func(stagedRow, error) bool) {
		text, err := os.ReadFile(x.path(partName(f.part), skipFile(f.Name)))
		if err != nil {
			yield(none, unstaged(err))
			return
		}
		skip, err := skips(text)
		if err != nil {
			yield(none, err)
			return
		}
		r, err := openRows(x.path(partName(f.part), f.Name), columns)
		if err != nil {
			yield(none, err)
			return
		}
		defer r.close()
		for n := int64(0); ; n++ {
			from, fields, err := r.next()
			if errors.Is(err, io.EOF) {
				if n != f.Rows {
					yield(none, damaged())
				}
				return
			}
			if err != nil {
				yield(none, err)
				return
			}
			if !skip[n] && !yield(stagedRow{from.line, fields}, nil) {
				return
			}
		}
	}
}

// record is a patient as records are matched.
func (p *patients) record(fields [][]byte) match.Record {
	at := func(name string) string { return string(fields[p.class.column(name)]) }
	r := match.Record{Given: at("given"), Family: at("family"), Former: at("former_family"), Born: at("born"), Sex: at("sex"), Postcode: at("postcode"),
		Address: strings.TrimSpace(at("address_1") + " " + at("address_2")), Locality: at("town"), Email: at("email"), Practice: at("practice"), NHS: at("nhs_number"),
		Multiple: at("multiple_birth") == "Y"}
	for _, phone := range []string{at("mobile"), at("phone")} {
		if phone != "" {
			r.Phones = append(r.Phones, phone)
		}
	}
	return r
}

// line writes what is foreseen for a patient: keys, ids and figures, no value.
func (p *patients) line(w io.Writer, n int64, f *record.Foreseen) error {
	hit, further := record.ForeseenHit{}, len(f.Hits)+f.More
	if further > 0 {
		hit = f.Hits[0]
		further--
	}
	grade, weight := "", ""
	if hit.Entry != "" {
		grade, weight = hit.Grade.String(), strconv.FormatFloat(float64(hit.Weight), 'f', 1, 32)
	}
	var same []string
	for _, j := range f.Same {
		if j < int64(len(p.keys)) {
			same = append(same, p.keys[j])
		}
	}
	for _, v := range []string{p.keys[n], string(f.Outcome), f.Why, effect(f), hit.Person, hit.Entry, grade, weight, hit.Guards.String(), strconv.Itoa(further)} {
		w.Write(quoted([]byte(v)))
		io.WriteString(w, ",")
	}
	w.Write(quoted([]byte(strings.Join(same, " "))))
	_, err := io.WriteString(w, "\n")
	return unstaged(err)
}

// effect is what a load would change for a patient.
func effect(f *record.Foreseen) string {
	if f.Outcome == record.ForeseenCertain && f.Why == "joins-persons" {
		return "a further entry that makes several persons one"
	}
	switch f.Outcome {
	case record.ForeseenCertain:
		return "a further entry of a person"
	case record.ForeseenPossible:
		return "a new person, and a steward is asked about " + strconv.Itoa(len(f.Hits)+f.More) + " pair(s)"
	case record.ForeseenConflict:
		return "a steward decides: " + strconv.Itoa(len(f.Hits)+f.More) + " pair(s)"
	}
	return "a new person"
}

// Text tells a match in words.
func (m *Matching) Text(out io.Writer) {
	fmt.Fprintf(out, "%s, trial %d (%s): %d patients against %d entries of the record, by model %s; %.1f s\n", m.Trust, m.Trial, m.Extract, m.Records, m.Entries, m.Model, m.Seconds)
	for _, o := range []record.Foresight{record.ForeseenCertain, record.ForeseenPossible, record.ForeseenNew, record.ForeseenConflict} {
		fmt.Fprintf(out, "%10d  %5.1f%%  %s\n", m.By[o], 100*float64(m.By[o])/float64(max(1, m.Records)), o)
	}
	for _, k := range slices.Sorted(maps.Keys(m.Why)) {
		fmt.Fprintf(out, "%10d          of them %s\n", m.Why[k], k)
	}
	fmt.Fprintf(out, "overlap: %d persons of the record are known to the joiner for certain\n", m.Persons)
	fmt.Fprintf(out, "within the source: %d pairs are certainly one person, %d may be; %d numbers were merged there\n", m.Same, m.Like, m.Merged)
	if m.Reused > 0 {
		fmt.Fprintf(out, "%d numbers are somebody else's in the record: a load refuses these patients and all rows about them (reused.csv)\n", m.Reused)
	}
	fmt.Fprintf(out, "expected review: %d pairs, %.0f hours at %.0f minutes a pair\n", m.Pairs+m.Same+m.Like, m.Review, m.Minutes)
	if m.Passed > 0 {
		fmt.Fprintf(out, "%d blocking keys are shared by too many and were passed over\n", m.Passed)
	}
}
