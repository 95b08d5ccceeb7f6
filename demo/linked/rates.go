package linked

import (
	_ "embed" // the frozen rates
	"math"

	"github.com/goccy/go-yaml"

	"concord/fault"
)

//go:embed rates.yaml
var frozen []byte

// Rates are the shares of records with an error: rates.yaml tells of each.
type Rates struct {
	NHSMissing      []float64 `yaml:"nhs_missing"`
	NHSOther        float64   `yaml:"nhs_other"`
	NHSSlip         float64   `yaml:"nhs_slip"`
	SexWrong        float64   `yaml:"sex_wrong"`
	BornWrong       float64   `yaml:"born_wrong"`
	AddressOld      float64   `yaml:"address_old"`
	PostcodeMissing float64   `yaml:"postcode_missing"`
	PostcodeSlip    float64   `yaml:"postcode_slip"`
	GivenSlip       float64   `yaml:"given_slip"`
	GivenShort      float64   `yaml:"given_short"`
	GivenMiddle     float64   `yaml:"given_middle"`
	GivenMissing    float64   `yaml:"given_missing"`
	FamilySlip      float64   `yaml:"family_slip"`
	FamilyFormer    float64   `yaml:"family_former"`
	NamesSwapped    float64   `yaml:"names_swapped"`
	MiddleMissing   float64   `yaml:"middle_missing"`
	PhoneOld        float64   `yaml:"phone_old"`
	PhoneMissing    float64   `yaml:"phone_missing"`
	EmailMissing    float64   `yaml:"email_missing"`
	PracticeOld     float64   `yaml:"practice_old"`
	NewbornUnnamed  float64   `yaml:"newborn_unnamed"`
	Minority        float64   `yaml:"minority"`
	Deprived        float64   `yaml:"deprived"`
	Twins           float64   `yaml:"twins"`
	Household       float64   `yaml:"household"`
	SameName        float64   `yaml:"same_name"`
}

// Frozen are the rates of rates.yaml.
func Frozen() Rates {
	r, err := ParseRates(frozen)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return r
}

// ParseRates reads a file like rates.yaml. Code: "linked.rates".
func ParseRates(data []byte) (Rates, error) {
	var r Rates
	if err := yaml.UnmarshalWithOptions(data, &r, yaml.Strict()); err != nil {
		return r, fault.Wrap(err, fault.Invalid, "linked.rates", "the rates cannot be read")
	}
	if len(r.NHSMissing) != 4 {
		return r, fault.New(fault.Invalid, "linked.rates", "nhs_missing has four rates, one a trust")
	}
	for _, p := range r.errors() {
		if math.IsNaN(*p) || *p < 0 || *p > 1 {
			return r, fault.New(fault.Invalid, "linked.rates", "a rate lies between 0 and 1")
		}
	}
	return r, nil
}

// errors are the rates of errors, not of what people are.
func (r *Rates) errors() []*float64 {
	return []*float64{&r.NHSMissing[0], &r.NHSMissing[1], &r.NHSMissing[2], &r.NHSMissing[3], &r.NHSOther, &r.NHSSlip, &r.SexWrong, &r.BornWrong, &r.AddressOld,
		&r.PostcodeMissing, &r.PostcodeSlip, &r.GivenSlip, &r.GivenShort, &r.GivenMiddle, &r.GivenMissing, &r.FamilySlip, &r.FamilyFormer,
		&r.NamesSwapped, &r.MiddleMissing, &r.PhoneOld, &r.PhoneMissing, &r.EmailMissing, &r.PracticeOld, &r.NewbornUnnamed}
}

// Times gives the rates with every rate of an error multiplied, none above 0.9.
func (r Rates) Times(factor float64) Rates {
	r.NHSMissing = append([]float64(nil), r.NHSMissing...)
	for _, p := range r.errors() {
		*p = min(*p*factor, 0.9)
	}
	return r
}
