package demo

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"concord/fault"
	"concord/standard/uk"
)

//go:embed cast.yaml
var castText []byte

// MainStory is the person of the story that the demonstration is about.
const MainStory = "kamala-nair"

// part is one person of the cast, as cast.yaml says it.
type part struct {
	Key     string   `yaml:"key"`
	Title   string   `yaml:"title"`
	Given   string   `yaml:"given"`
	Middle  string   `yaml:"middle"`
	Family  string   `yaml:"family"`
	Former  string   `yaml:"former"`
	Sex     string   `yaml:"sex"`
	Born    string   `yaml:"born"`
	Died    string   `yaml:"died"`
	Birth   int      `yaml:"birth"`
	Ethnic  string   `yaml:"ethnic"`
	Marital string   `yaml:"marital"`
	Outcode string   `yaml:"outcode"`
	NHS     string   `yaml:"nhs"`
	With    string   `yaml:"with"` // lives at the address of this one
	Trusts  []string `yaml:"trusts"`
	Lives   []string `yaml:"lives"`
}

func parseCast(text []byte) ([]part, error) {
	var doc struct {
		People []part `yaml:"people"`
	}
	if err := yaml.UnmarshalWithOptions(text, &doc, yaml.Strict()); err != nil {
		return nil, fault.New(fault.Invalid, "demo.cast", "cast.yaml: %s", yaml.FormatError(err, false, false))
	}
	for i := range doc.People {
		if err := doc.People[i].check(doc.People); err != nil {
			return nil, fault.New(fault.Invalid, "demo.cast", "cast.yaml: person %d (%s): %s", i+1, doc.People[i].Key, err)
		}
	}
	return doc.People, nil
}

func (c *part) check(all []part) error {
	if _, err := before(time.Time{}, c.Born); err != nil {
		return fmt.Errorf("born: %w", err)
	}
	if _, err := before(time.Time{}, c.Died); c.Died != "" && err != nil {
		return fmt.Errorf("died: %w", err)
	}
	if !slices.ContainsFunc(districts(), func(d district) bool { return d.outcode == c.Outcode }) {
		return fmt.Errorf("outcode: %q is not in North West London", c.Outcode)
	}
	same, _ := strings.CutPrefix(c.NHS, "same as ")
	for field, key := range map[string]string{"with": c.With, "nhs": same} {
		if key == "" || field == "nhs" && same == c.NHS {
			continue
		}
		if indexOf(all, key) < 0 {
			return fmt.Errorf("%s: nobody is called %q", field, key)
		}
	}
	if len(c.Trusts) == 0 {
		return fmt.Errorf("trusts: are missing")
	}
	for _, t := range c.Trusts {
		if trustOf(t) != t {
			return fmt.Errorf("trusts: %q is none", t)
		}
	}
	return nil
}

var agoForm = regexp.MustCompile(`^(?:(\d+)y)? ?(?:(\d+)d)?$`)

// before counts back years and days: "71y 132d".
func before(now time.Time, text string) (time.Time, error) {
	m := agoForm.FindStringSubmatch(text)
	if m == nil || text == "" {
		return time.Time{}, fmt.Errorf("%q is no age such as 71y 132d", text)
	}
	years, _ := strconv.Atoi(m[1])
	days, _ := strconv.Atoi(m[2])
	return midnight(now).AddDate(-years, 0, -days), nil
}

// person makes the person of a part. What the part leaves open is as chance
// has it for that index.
func (c *part) person(g *People, index int, all []part) *Person {
	p := g.At(index)
	d := p.draw("cast")
	p.Key, p.Title, p.Given, p.Middle, p.Family, p.Former = c.Key, c.Title, c.Given, c.Middle, c.Family, c.Former
	p.Sex, p.Ethnic, p.Birth, p.Language = c.Sex, c.Ethnic, c.Birth, "en"
	p.Marital = c.Marital
	if p.Marital == "" {
		p.Marital = "S"
	}
	p.Born, _ = before(g.Now, c.Born)
	if c.Died != "" {
		p.Died, _ = before(g.Now, c.Died)
		p.Died = p.Died.Add(4*time.Hour + 20*time.Minute)
	}
	places := districts()
	in := &places[slices.IndexFunc(places, func(d district) bool { return d.outcode == c.Outcode })]
	p.Address, p.Practice = addressIn(&d, in), practiceIn(&d, in)
	p.Home, p.Mobile, p.Mail = "", "", ""
	g.contact(p, p.Age(g.Now), &d)
	if host := indexOf(all, c.With); host >= 0 {
		with := all[host].person(g, host, all)
		p.Address, p.Practice, p.Home = with.Address, with.Practice, with.Home
	}
	p.Kin.Family = p.Family
	p.Status = uk.Verified
	p.NHS = c.number(g, index, all)
	if p.NHS == "" || c.NHS == "wrong" {
		p.Status = uk.TraceRequired
	}
	p.Entries = nil
	for _, t := range c.Trusts {
		p.Entries = append(p.Entries, Entry{t, hospitalNumber(t, g.Seed, index)})
	}
	return p
}

func (c *part) number(g *People, index int, all []part) string {
	own := NHSNumber(g.Seed, index)
	switch {
	case c.NHS == "none":
		return ""
	case c.NHS == "wrong":
		return own[:9] + string('0'+(own[9]-'0'+1)%10)
	case strings.HasPrefix(c.NHS, "same as "):
		key := strings.TrimPrefix(c.NHS, "same as ")
		return NHSNumber(g.Seed, indexOf(all, key))
	}
	return own
}

func indexOf(all []part, key string) int {
	if key == "" {
		return -1
	}
	return slices.IndexFunc(all, func(c part) bool { return c.Key == key })
}
