package match

import (
	_ "embed" // the model that ships
	"math"

	"github.com/goccy/go-yaml"

	"concord/fault"
)

//go:embed model.yaml
var shippedModel []byte

// Model is the data file: how often each level is seen among records of one
// person (m) and of two (u), and the weights from which a pair is possible,
// probable and certain. Weights are in bits (log2 of odds).
type Model struct {
	Version     string            `yaml:"version"`
	Prior       float64           `yaml:"prior"`
	Possible    float64           `yaml:"possible"`
	Probable    float64           `yaml:"probable"`
	Certain     float64           `yaml:"certain"`
	Rarity      float64           `yaml:"rarity"`
	Commonest   float64           `yaml:"commonest"`
	Unrivalled  *Unrivalled       `yaml:"unrivalled,omitempty"`
	Block       []string          `yaml:"block"`
	Comparisons []ModelComparison `yaml:"comparisons"`
}

// Unrivalled are the weights from which a claim is certain when no rival is
// there; 0 = never. A model without it joins nobody by a claim.
type Unrivalled struct {
	Name       float64 `yaml:"name"`
	Alike      float64 `yaml:"alike"` // the same, but a given or family name is alike, not equal
	Number     float64 `yaml:"number"`
	SecondName float64 `yaml:"second_name"`
	OtherGiven float64 `yaml:"other_given"` // the given name of one is the second of the other; absent = never
}

// ModelComparison is one comparison of the file; its levels stand in order.
type ModelComparison struct {
	Name   string       `yaml:"name"`
	Levels []ModelLevel `yaml:"levels"`
}

// ModelLevel is one level of the file.
type ModelLevel struct {
	Level string  `yaml:"level"`
	M     float64 `yaml:"m"`
	U     float64 `yaml:"u"`
}

// ShippedModel is model.yaml.
func ShippedModel() *Model {
	m, err := ParseModel(shippedModel)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return m
}

// ParseModel reads a model (YAML, and so JSON too) and refuses one that cannot
// be scored by. Code: "match.model".
func ParseModel(data []byte) (*Model, error) {
	var m Model
	if err := yaml.UnmarshalWithOptions(data, &m, yaml.Strict()); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "match.model", "the model cannot be read")
	}
	return &m, m.check()
}

// Write gives the model as YAML.
func (m *Model) Write() ([]byte, error) { return yaml.Marshal(m) }

func (m *Model) check() error {
	if len(m.Comparisons) != int(comparisons) {
		return fault.New(fault.Invalid, "match.model", "the model has %d comparisons, not %d", len(m.Comparisons), comparisons)
	}
	for _, v := range []float64{m.Prior, m.Possible, m.Probable, m.Certain} {
		if math.IsNaN(v) || math.Abs(v) > 1000 {
			return fault.New(fault.Invalid, "match.model", "prior, possible, probable and certain are weights in bits")
		}
	}
	if m.Possible > m.Probable || m.Probable > m.Certain {
		return fault.New(fault.Invalid, "match.model", "possible, probable and certain do not rise")
	}
	if !(m.Rarity >= 0 && m.Rarity <= 1) || !(m.Commonest > 0 && m.Commonest <= 1) {
		return fault.New(fault.Invalid, "match.model", "rarity is 0 to 1, commonest above 0 up to 1")
	}
	if u := m.Unrivalled; u != nil && !(u.Alike >= 0 && u.Alike <= 1000) {
		return fault.New(fault.Invalid, "match.model", "the weights of unrivalled are bits, 0 or more")
	}
	for _, c := range Claims {
		if w := m.Unrivalled.Least(c); !(w >= 0 && w <= 1000) {
			return fault.New(fault.Invalid, "match.model", "the weights of unrivalled are bits, 0 or more")
		}
	}
	for c := range m.Comparisons {
		if err := m.Comparisons[c].check(Comparison(c)); err != nil {
			return err
		}
	}
	_, err := ParseRules(m.Block)
	return err
}

func (mc *ModelComparison) check(c Comparison) error {
	if mc.Name != c.String() || len(mc.Levels) != len(levelNames[c]) {
		return fault.New(fault.Invalid, "match.model", "comparison %d is %s with %d levels", c+1, c, len(levelNames[c]))
	}
	sumM, sumU := 0.0, 0.0
	for i, l := range mc.Levels {
		if l.Level != levelNames[c][i] {
			return fault.New(fault.Invalid, "match.model", "level %d of %s is %s", i+1, c, levelNames[c][i])
		}
		if !(l.M > 0 && l.M <= 1 && l.U > 0 && l.U <= 1) {
			return fault.New(fault.Invalid, "match.model", "m and u of %s, %s lie above 0 up to 1", c, l.Level)
		}
		sumM, sumU = sumM+l.M, sumU+l.U
	}
	if math.Abs(sumM-1) > 0.01 || math.Abs(sumU-1) > 0.01 {
		return fault.New(fault.Invalid, "match.model", "m and u of %s do not add up to 1", c)
	}
	return nil
}

// clone copies a model so that learning leaves the first as it is.
func (m *Model) clone() *Model {
	c := *m
	c.Comparisons = make([]ModelComparison, len(m.Comparisons))
	for i, mc := range m.Comparisons {
		c.Comparisons[i] = ModelComparison{mc.Name, append([]ModelLevel(nil), mc.Levels...)}
	}
	return &c
}
