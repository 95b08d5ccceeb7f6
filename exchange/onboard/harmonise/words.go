package harmonise

import (
	_ "embed" // the words that ship
	"math"
	"slices"
	"strings"

	"concord/exchange/onboard"
	"concord/standard/match"
)

//go:embed words.yaml
var shippedWords []byte

// words are abbreviations and words that tell nothing apart. They are read-only.
type words struct {
	General map[string]string `yaml:"general"`
	Drugs   map[string]string `yaml:"drugs"`
	Empty   []string          `yaml:"empty"`
	Salts   []string          `yaml:"salts"`
	Forms   []string          `yaml:"forms"`
	Of      []string          `yaml:"specimens"`
	Titles  []string          `yaml:"titles"`
	Units   []string          `yaml:"units"`
}

func readWords() *words {
	var w words
	if err := decode(shippedWords, &w); err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return &w
}

// tokens are the words of a name, written out, each once, in order: two names
// of the same tokens are one name.
func (w *words) tokens(kind Kind, name string) []string {
	var out []string
	name = strings.NewReplacer("&", "", "/", " ").Replace(strings.ReplaceAll(name, "U&E", "ue"))
	for _, t := range strings.Fields(match.Fold(name)) {
		out = append(out, w.written(kind, t)...)
	}
	var kept []string
	for _, t := range out {
		if !slices.Contains(w.Empty, t) {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 {
		kept = out
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// written writes one word out, in the singular.
func (w *words) written(kind Kind, t string) []string {
	if kind == onboard.Drugs {
		if long, ok := w.Drugs[t]; ok {
			t = long
		}
		return strings.Fields(t)
	}
	one := singular(t)
	for _, known := range []string{t, one} {
		if long, ok := w.General[known]; ok {
			all := strings.Fields(long)
			for i := range all {
				all[i] = singular(all[i])
			}
			return all
		}
	}
	return []string{one}
}

func singular(t string) string {
	if len(t) > 3 && strings.HasSuffix(t, "s") && !strings.HasSuffix(t, "ss") || t == "ues" {
		return t[:len(t)-1]
	}
	return t
}

// decisive are the words of a name that make it another thing when they differ:
// letters and numbers (troponin T, vitamin B12, T3).
func decisive(tokens []string) []string {
	return slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return len(t) > 1 && !strings.ContainsAny(t, "0123456789") })
}

// specimens are the words of a name that say what a test was made of.
func (w *words) specimens(tokens []string) []string {
	return slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return !slices.Contains(w.Of, t) })
}

// rarity tells how much a word tells among the names of a catalogue.
type rarity struct {
	names int
	in    map[string]int
}

func rarityOf(list []Entry) *rarity {
	w, r := readWords(), &rarity{in: map[string]int{}}
	for _, e := range list {
		r.names++
		for _, t := range w.tokens(e.Kind, e.Name) {
			r.in[t]++
		}
	}
	return r
}

// weight is the inverse document frequency of a word, at least a little.
func (r *rarity) weight(token string) float64 {
	if r == nil {
		return 1
	}
	return math.Log(1+float64(r.names+1)/float64(r.in[token]+1)) + 0.1
}

// alikeWord is from where on two words are taken for one that is written in two
// ways: sulphate and sulfate.
const alikeWord = 0.92

// alike is how much two names are alike, from 0 to 1: words that both have,
// weighted by how much they tell, of all their words. A word that is written
// otherwise counts by its similarity.
func (r *rarity) alike(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	all, both := 0.0, 0.0
	for _, t := range a {
		all += r.weight(t)
	}
	used := make([]bool, len(b))
	for _, t := range a {
		best, at := 0.0, -1
		for j, u := range b {
			if s := likeWord(t, u); !used[j] && s > best {
				best, at = s, j
			}
		}
		if at >= 0 && best >= alikeWord {
			used[at] = true
			both += best * (r.weight(t) + r.weight(b[at]))
		}
	}
	for _, t := range b {
		all += r.weight(t)
	}
	return both / all
}

// likeWord compares two words; numbers and short ones are the same or not: B6
// is not B12, and T3 not T4.
func likeWord(a, b string) float64 {
	if a == b {
		return 1
	}
	if len(a) < 5 || len(b) < 5 || strings.ContainsAny(a+b, "0123456789") {
		return 0
	}
	return match.Similar(a, b)
}
