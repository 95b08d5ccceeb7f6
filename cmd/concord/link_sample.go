package main

import (
	"bufio"
	"encoding/csv"
	"os"
	"strconv"

	"concord/demo/linked"
)

type linkSampleCmd struct {
	People int     `help:"How many people; about 1.37 records each." default:"10000"`
	Seed   uint64  `help:"Seed." default:"1"`
	Errors float64 `help:"Multiply the rates of errors." default:"1"`
	Out    string  `help:"CSV file to write; its columns are those of testdata/linkage/sample.yaml." required:"" placeholder:"FILE"`
}

func (c *linkSampleCmd) Run() error {
	f, err := os.Create(c.Out)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewWriterSize(f, 1<<20)
	w := csv.NewWriter(buffered)
	w.Write([]string{"id", "person", "given", "family", "former", "born", "sex", "address", "town", "postcode", "phone", "phone2", "email", "practice",
		"nhs", "number_R1K", "number_RAS", "number_RQM", "number_RYJ", "ethnicity", "age_band", "deprivation"})
	trusts := []string{"R1K", "RAS", "RQM", "RYJ"}
	for row := range linked.New(c.Seed, linked.Frozen().Times(c.Errors)).Rows(c.People) {
		r := row.Record
		phones, numbers := append(r.Phones, "", "")[:2], make([]string, len(trusts))
		for i, t := range trusts {
			if r.Numbers[0].Scope == t {
				numbers[i] = r.Numbers[0].Value
			}
		}
		line := []string{row.ID, strconv.Itoa(row.Person), r.Given, r.Family, r.Former, r.Born, r.Sex, r.Address, r.Locality, r.Postcode, phones[0], phones[1],
			r.Email, r.Practice, r.NHS}
		w.Write(append(append(line, numbers...), row.Ethnicity, row.AgeBand, row.Deprivation))
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return buffered.Flush()
}
