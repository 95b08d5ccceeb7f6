package extract

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"concord/demo/linked"
)

// Options of an extract.
type Options struct {
	Trust    string // ODS code of one of the four
	Patients int
	Seed     uint64 // of the population: the same as that of the live record
	Faults   Faults
	// Inpatients is the share of patients who are in hospital; 0 = one in a hundred.
	Inpatients float64
	// Taken is when the extract was taken; zero = 25 November 2026, 02:00. A later
	// one has the same patients.
	Taken time.Time
	// Own gives rows the codes of the trust's old system (demo/packs/ODS/catalogue)
	// in place of those that all four know.
	Own bool
}

// Write writes an extract into a folder, which is made, and tells what was
// planted in it.
func Write(dir string, o Options) (*Planted, error) {
	if o.Taken.IsZero() {
		o.Taken = time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)
	}
	if o.Inpatients == 0 {
		o.Inpatients = 0.01
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	w := &writer{o: o, dir: dir, files: map[string]*table{}, taken: map[string]bool{}, planted: &Planted{Rows: map[string]int{}}, codes: shared(o.Trust)}
	if o.Own {
		c, err := own(o.Trust)
		if err != nil {
			return nil, err
		}
		w.codes = c
	}
	manifest := fmt.Sprintf("trust: %s\nsource: %s PAS\ntaken: %s\n", o.Trust, o.Trust, o.Taken.Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(dir, "extract.yaml"), []byte(manifest), 0o600); err != nil {
		return nil, err
	}
	for _, h := range headers {
		class, columns, _ := strings.Cut(h, ": ")
		if err := w.create(class, columns); err != nil {
			return nil, err
		}
	}
	for row := range linked.New(o.Seed, linked.Frozen()).Rows(1 << 30) {
		if w.planted.Rows["patients"] >= o.Patients {
			break
		}
		if row.Record.Numbers[0].Scope == o.Trust {
			w.patient(row)
		}
	}
	return w.planted, w.close()
}

// headers are the columns that this source has: it lacks some that the layout
// knows, as sources do.
var headers = []string{
	"patients: key,nhs_number,nhs_status,family,given,former_family,born,sex,address_1,town,postcode,phone,mobile,email,practice",
	"alerts: key,patient,kind,code,text,severity,status,recorded",
	"encounters: key,patient,class,started,ward,bed,consultant,specialty,expected",
	"pathways: key,patient,pathway,on,status,kind,outcome,priority,discharged,start,provider,specialty",
	"waiting: key,patient,pathway,clock_start,status,weeks,specialty,consultant,priority,listed,procedure",
	"appointments: key,patient,pathway,clinic,starts,minutes,kind,status,consultant",
	"documents: key,patient,encounter,kind,title,written,author,status,file",
	"results: key,patient,order,code,name,value,unit,range,status,taken,reported",
	"medicines: key,patient,code,text,dose,route,frequency,status,started,ended,prescriber",
}

// table is one file of the extract.
type table struct {
	file *os.File
	out  *bufio.Writer
	rows int
}

// writer writes an extract.
type writer struct {
	o       Options
	dir     string
	files   map[string]*table
	planted *Planted
	codes   *codes
	d       *rand.Rand // of the patient at hand
	number  string     // of the patient at hand
	pathway string     // of the patient at hand, "" = none
	fallen  bool       // the patient at hand cannot be loaded
	lost    bool       // nor their number be read
	failed  error
	before  linked.Row      // the patient before
	taken   map[string]bool // beds and slots
	lain    []place         // beds, in order
}

func (w *writer) create(class, columns string) error {
	f, err := os.Create(filepath.Join(w.dir, class+".csv"))
	if err != nil {
		return err
	}
	t := &table{file: f, out: bufio.NewWriterSize(f, 1<<17)}
	t.out.WriteString(columns + "\n")
	w.files[class] = t
	return nil
}

func (w *writer) close() error {
	errs := []error{w.failed}
	for _, t := range w.files {
		errs = append(errs, t.out.Flush(), t.file.Close())
	}
	return errors.Join(errs...)
}

// line writes a line as it is.
func (w *writer) line(class, text string) {
	t := w.files[class]
	t.rows++
	w.planted.Rows[class]++
	if _, err := t.out.WriteString(text + "\n"); err != nil && w.failed == nil {
		w.failed = err
	}
}

// row writes a row of a class, whose key is made of its number.
func (w *writer) row(class string, fields ...string) (key string) {
	key = fmt.Sprintf("%s%d", strings.ToUpper(class[:1]), w.files[class].rows+1)
	who := w.number
	if w.fallen {
		w.planted.Fallen++
		if w.lost {
			w.planted.Lost++
		}
	} else if w.chance(w.o.Faults.Orphan) {
		who = "NOBODY" + key
		w.planted.Orphan++
	}
	text := record(append([]string{key, who}, fields...))
	w.line(class, text)
	if !w.fallen && who == w.number && w.chance(w.o.Faults.Repeated) {
		w.line(class, text)
		w.planted.Repeated++
	}
	return key
}

func (w *writer) chance(p float64) bool { return w.d.Float64() < p }

// record is a record of a CSV file.
func record(fields []string) string {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.ContainsAny(f, "\",\n") {
			f = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
		b.WriteString(f)
	}
	return b.String()
}
