package linkage

import (
	"regexp"

	"github.com/goccy/go-yaml"

	"concord/fault"
)

// Columns maps the columns of a table to what a record has. Every name is that
// of a column in the header.
type Columns struct {
	ID       string            `yaml:"id"`
	Given    list              `yaml:"given"`
	Family   list              `yaml:"family"`
	Former   list              `yaml:"former"`
	Born     string            `yaml:"born"`
	Sex      string            `yaml:"sex"`
	Postcode string            `yaml:"postcode"`
	Address  list              `yaml:"address"`
	Locality string            `yaml:"locality"`
	Phone    list              `yaml:"phone"`
	Email    string            `yaml:"email"`
	Practice string            `yaml:"practice"`
	NHS      string            `yaml:"nhs"`
	Numbers  map[string]string `yaml:"numbers"` // column: its issuer
	// Cluster is the column of a truth file that is equal for records of one
	// person; with Pattern, what the first group of the pattern finds in it.
	Cluster string `yaml:"cluster"`
	Pattern string `yaml:"pattern"`
	// Groups are columns by which measures are given apart.
	Groups   []string `yaml:"groups"`
	Encoding string   `yaml:"encoding"` // utf-8 (the default), windows-1252 or utf-16

	pattern *regexp.Regexp
}

// list is one column or several, put together with spaces.
type list []string

func (l *list) UnmarshalYAML(data []byte) error {
	var one string
	if err := yaml.Unmarshal(data, &one); err == nil {
		if one != "" {
			*l = list{one}
		}
		return nil
	}
	return yaml.Unmarshal(data, (*[]string)(l))
}

// ParseColumns reads a map of columns. Code: "linkage.columns".
func ParseColumns(data []byte) (*Columns, error) {
	var c Columns
	if err := yaml.UnmarshalWithOptions(data, &c, yaml.Strict()); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "linkage.columns", "the map of columns cannot be read")
	}
	if c.ID == "" {
		return nil, fault.New(fault.Invalid, "linkage.columns", "the map of columns does not say which column is the id")
	}
	if len(c.Given)+len(c.Family) == 0 || len(c.named()) < 3 {
		return nil, fault.New(fault.Invalid, "linkage.columns", "the map of columns needs a name and something else to match by")
	}
	switch c.Encoding {
	case "", "utf-8", "windows-1252", "utf-16":
	default:
		return nil, fault.New(fault.Invalid, "linkage.columns", "the encoding %q is not utf-8, windows-1252 or utf-16", c.Encoding)
	}
	if c.Pattern != "" {
		p, err := regexp.Compile(c.Pattern)
		if err != nil || p.NumSubexp() < 1 {
			return nil, fault.New(fault.Invalid, "linkage.columns", "the pattern is no regular expression with a group")
		}
		c.pattern = p
	}
	return &c, nil
}

// named gives all columns that records need.
func (c *Columns) named() []string {
	var out []string
	for _, l := range [][]string{{c.ID}, c.Given, c.Family, c.Former, {c.Born}, {c.Sex}, {c.Postcode}, c.Address, {c.Locality}, c.Phone,
		{c.Email}, {c.Practice}, {c.NHS}} {
		for _, n := range l {
			if n != "" {
				out = append(out, n)
			}
		}
	}
	for n := range c.Numbers {
		out = append(out, n)
	}
	return out
}

// Absent names the parts of blocking rules that no column can fill.
func (c *Columns) Absent() []string {
	var out []string
	lack := func(missing bool, parts ...string) {
		if missing {
			out = append(out, parts...)
		}
	}
	lack(len(c.Given) == 0, "given", "given-sound", "initial", "names")
	lack(len(c.Family) == 0, "family", "family-sound", "names")
	lack(c.Born == "", "born", "year", "month", "day")
	lack(c.Sex == "", "sex")
	lack(c.Postcode == "", "postcode", "sector", "outcode")
	lack(len(c.Address) == 0, "house", "street")
	lack(c.Locality == "", "town")
	lack(len(c.Phone) == 0, "phone")
	lack(c.Email == "", "email")
	lack(c.NHS == "", "nhs")
	lack(len(c.Numbers) == 0, "number")
	return out
}
