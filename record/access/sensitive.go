package access

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"concord/fault"
)

//go:embed sensitive.yaml
var sensitiveFile []byte

// sensitiveSet is one entry of sensitive.yaml.
type sensitiveSet struct {
	Name    string   `yaml:"name"`
	Label   string   `yaml:"label"`
	Topic   string   `yaml:"topic"`
	Systems []string `yaml:"systems"`
	Begins  []string `yaml:"begins"`
	Codes   []string `yaml:"codes"`
}

// SensitiveCodes are the codes that make a resource sensitive. Make it with
// StandardSensitive or LoadSensitive.
type SensitiveCodes struct {
	sets  []sensitiveSet
	codes map[string]map[string]string // label by code by system
	heads map[string]map[string]string // label by beginning of a code by system
}

// StandardSensitive are the codes that come with the program.
var StandardSensitive = sync.OnceValue(func() *SensitiveCodes {
	list, err := readSensitive(sensitiveFile, "sensitive.yaml")
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return sensitiveOf(list)
})

// LoadSensitive adds an operator's sets to those of the program: one of the same
// name takes the place of ours. file names the text in errors. Errors: Invalid
// "access.sensitive".
func LoadSensitive(text []byte, file string) (*SensitiveCodes, error) {
	own, err := readSensitive(text, file)
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(StandardSensitive().sets), func(s sensitiveSet) bool {
		return slices.ContainsFunc(own, func(o sensitiveSet) bool { return o.Name == s.Name })
	})
	return sensitiveOf(append(list, own...)), nil
}

// Count tells how many sets there are, and how many codes and beginnings.
func (c *SensitiveCodes) Count() (sets, codes int) {
	for _, s := range c.sets {
		codes += len(s.Codes) + len(s.Begins)
	}
	return len(c.sets), codes
}

func sensitiveOf(list []sensitiveSet) *SensitiveCodes {
	c := &SensitiveCodes{sets: list, codes: map[string]map[string]string{}, heads: map[string]map[string]string{}}
	put := func(into map[string]map[string]string, system, code, label string) {
		if into[system] == nil {
			into[system] = map[string]string{}
		}
		into[system][code] = label
	}
	for _, s := range list {
		for _, system := range s.Systems {
			for _, code := range s.Codes {
				put(c.codes, system, code, s.Label)
			}
			for _, head := range s.Begins {
				put(c.heads, system, head, s.Label)
			}
		}
	}
	return c
}

func readSensitive(text []byte, file string) ([]sensitiveSet, error) {
	var list []sensitiveSet
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		where, _, _ := strings.Cut(err.Error(), "\n")
		return nil, fault.Wrap(err, fault.Invalid, "access.sensitive", "sensitive codes: %s cannot be read: %s", file, where)
	}
	if len(list) == 0 {
		return nil, fault.New(fault.Invalid, "access.sensitive", "sensitive codes: %s has no set", file)
	}
	seen := map[string]bool{}
	for i, s := range list {
		why := s.wrong()
		if seen[s.Name] {
			why = "another set has this name"
		}
		if why != "" {
			return nil, fault.New(fault.Invalid, "access.sensitive", "sensitive codes: %s, set %d (%s): %s", file, i+1, s.Name, why)
		}
		seen[s.Name] = true
	}
	return list, nil
}

// Forms of what a set holds. Codes of ICD-10 and OPCS-4 are compared without
// their dot.
var (
	setName  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*$`)
	codeHead = regexp.MustCompile(`^[A-Z][0-9A-Z]{2,}$`)
)

// wholeOnly are the systems whose codes have no meaningful beginning.
var wholeOnly = []string{"http://snomed.info/sct", "http://loinc.org"}

// wrong tells what is wrong with a set, "" for nothing.
func (s *sensitiveSet) wrong() string {
	switch {
	case !setName.MatchString(s.Name):
		return `"name" is of small letters, digits, dots and hyphens`
	case !slices.Contains(Sensitivities(), s.Label):
		return `"label" is one of ` + strings.Join(Sensitivities(), ", ")
	case len(s.Systems) == 0:
		return `"systems" lists the code systems`
	case len(s.Begins)+len(s.Codes) == 0:
		return `"codes" or "begins" lists what is sensitive`
	}
	for _, system := range s.Systems {
		if !strings.Contains(system, ":") || strings.ContainsAny(system, " |") {
			return `"` + system + `" is not the URL of a code system`
		}
		if len(s.Begins) > 0 && slices.Contains(wholeOnly, system) {
			return `codes of ` + system + ` are given whole ("codes"), not by how they begin`
		}
	}
	for _, head := range s.Begins {
		if !codeHead.MatchString(head) {
			return `"` + head + `" in "begins" is not a capital letter and at least two letters or digits, without a dot`
		}
	}
	for _, code := range s.Codes {
		if code == "" || strings.TrimSpace(code) != code {
			return `"` + code + `" in "codes" is empty or has space around it`
		}
	}
	return ""
}

// Of is the label of ActCode that a code asks for, "" for none.
func (c *SensitiveCodes) Of(system, code string) string {
	if label := c.codes[system][code]; label != "" {
		return label
	}
	heads := c.heads[system]
	if len(heads) == 0 {
		return ""
	}
	plain := strings.ToUpper(strings.ReplaceAll(code, ".", ""))
	for n := len(plain); n >= 3; n-- { // the longest beginning that is known
		if label := heads[plain[:n]]; label != "" {
			return label
		}
	}
	return ""
}

// Digest is the same for the same sets, and another for others.
func (c *SensitiveCodes) Digest() string {
	h := sha256.New()
	for _, s := range c.sets {
		fmt.Fprintf(h, "%q %q %q %q\n", s.Label, s.Systems, s.Begins, s.Codes)
	}
	return hex.EncodeToString(h.Sum(nil))
}
