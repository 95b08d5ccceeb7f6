package match

import (
	_ "embed" // the words that ship
	"strings"

	"github.com/goccy/go-yaml"

	"concord/fault"
)

//go:embed words.yaml
var shippedWords []byte

// Lexicon knows which words are nicknames, fillers and junk. It is read-only
// after it is made and may be used by several goroutines.
type Lexicon struct {
	root                                        map[string]uint16
	fillers, joined, unnamed, multiple, nowhere map[string]bool
	dates                                       map[uint32]bool
	posts                                       []string
	brothers                                    map[uint16]bool // roots
}

type wordsFile struct {
	Given     [][]string `yaml:"given"`
	Brothers  []string   `yaml:"brothers"`
	Fillers   []string   `yaml:"fillers"`
	Joined    []string   `yaml:"joined"`
	Unnamed   []string   `yaml:"unnamed"`
	Multiple  []string   `yaml:"multiple"`
	Dates     []string   `yaml:"dates"`
	Postcodes []string   `yaml:"postcodes"`
	Addresses []string   `yaml:"addresses"`
}

// ShippedLexicon is the lexicon of words.yaml.
func ShippedLexicon() *Lexicon {
	l, err := ParseLexicon(shippedWords)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return l
}

// ParseLexicon reads a file like words.yaml. Code: "match.words".
func ParseLexicon(data []byte) (*Lexicon, error) {
	var f wordsFile
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "match.words", "the file of words cannot be read")
	}
	l := &Lexicon{root: map[string]uint16{}, dates: map[uint32]bool{}, fillers: set(f.Fillers), joined: set(f.Joined),
		unnamed: set(f.Unnamed), multiple: set(f.Multiple), nowhere: set(f.Addresses), posts: f.Postcodes}
	if len(f.Given) >= 1<<16 {
		return nil, fault.New(fault.Invalid, "match.words", "there are too many groups of given names")
	}
	for i, group := range f.Given {
		for _, w := range group {
			if _, twice := l.root[w]; twice {
				return nil, fault.New(fault.Invalid, "match.words", "the given name %s stands in two groups", w)
			}
			l.root[w] = uint16(i + 1)
		}
	}
	l.brothers = map[uint16]bool{}
	for _, w := range f.Brothers {
		if l.root[w] == 0 {
			return nil, fault.New(fault.Invalid, "match.words", "the given name %s, which brothers share, stands in no group", w)
		}
		l.brothers[l.root[w]] = true
	}
	for _, d := range f.Dates {
		l.dates[dateOf(d)] = true
	}
	return l, nil
}

func set(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// Prepare makes a record ready to be compared under the blocking rules of a
// model.
func (l *Lexicon) Prepare(r *Record, rules *Rules) Subject {
	var s Subject
	l.name(&s, r)
	if r.Multiple {
		s.flags |= manyBorn
	}
	s.born = l.date(r.Born)
	s.sex = sexOf(r.Sex)
	s.post = l.postcode(r.Postcode)
	l.address(&s, r)
	l.contact(&s, r)
	s.gp = mark(kept(r.Practice, true))
	s.identify(r)
	rules.key(&s)
	return s
}

// name splits the name into words, drops fillers, and joins particles.
func (l *Lexicon) name(s *Subject, r *Record) {
	given, family := l.split(r.Given), l.split(r.Family)
	kept := given[:0]
	for i, w := range given {
		if l.multiple[w] {
			s.flags |= manyBorn
		}
		if l.unnamed[w] || i == 0 && strings.HasPrefix(w, "twin") {
			s.flags |= unnamed
		}
		kept = append(kept, w)
	}
	given = kept
	if s.flags&unnamed != 0 { // "baby of Mary": the mother's name is not the child's
		given = nil
	}
	if len(family) > 0 && l.unnamed[family[0]] {
		family = nil
	}
	given, family = l.thin(given), l.thin(family)
	if len(given) > 0 && l.fillers[given[0]] {
		s.flags |= onlyFiller
	}
	if len(given) > 0 {
		s.given = textOf(given[0])
		s.root, s.first = l.root[given[0]], mark(given[0])
		if l.brothers[s.root] {
			s.flags |= brothers
		}
		if len(given) > 1 {
			s.middle = mark(given[1])
		}
	}
	whole := strings.Join(family, "")
	s.family = textOf(whole)
	s.former = textOf(strings.Join(l.thin(l.split(r.Former)), ""))
	if len(given) == 0 {
		return
	}
	s.letters = letters(strings.Join(given, "") + whole)
	for _, w := range append(given, family...) {
		if int(s.words) < len(s.word) {
			s.word[s.words] = mark(w)
			s.words++
		}
	}
	sortMarks(s.word[:s.words])
}

func (l *Lexicon) split(name string) []string {
	words := strings.Fields(fold(name))
	out := words[:0]
	for i := 0; i < len(words); i++ {
		w := words[i]
		for l.joined[words[i]] && i+1 < len(words) && len(w) < 24 {
			i++
			w += words[i]
		}
		out = append(out, w)
	}
	return out
}

// thin leaves fillers out if another word remains.
func (l *Lexicon) thin(words []string) []string {
	var out []string
	for _, w := range words {
		if !l.fillers[w] {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return words
	}
	return out
}

func sortMarks(m []uint32) {
	for i := 1; i < len(m); i++ {
		for j := i; j > 0 && m[j] < m[j-1]; j-- {
			m[j], m[j-1] = m[j-1], m[j]
		}
	}
}
