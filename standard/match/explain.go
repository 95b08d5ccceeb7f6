package match

import (
	"fmt"
	"strings"
)

// Step is one bar of a waterfall: what was compared, what was found, and what
// it adds, in bits.
type Step struct {
	Comparison string
	Finding    string
	Weight     float64
	Running    float64 // the sum so far
}

// Waterfall explains a score: the steps, what they come to, and the decision.
type Waterfall struct {
	Model  string
	Steps  []Step
	Weight float64
	Grade  Grade
	Guards []string
	// Claim is what makes the pair certain when no rival is there, in words; "" =
	// nothing. Rival: one is there.
	Claim string
	Rival bool
}

// Explain gives the waterfall of a pair. Its words hold no patient data. The
// last running sum is the weight that Score gives.
func (s *Scorer) Explain(a, b *Subject) Waterfall {
	v := s.Score(a, b)
	w := s.levels(v)
	given, family, full, born := s.rareParts(v.Pattern, a, b)
	w.rare("given name", given)
	w.rare("family name", family)
	w.rare("whole name", full)
	w.rare("date of birth", born)
	return w
}

// Recall gives the waterfall of a verdict that was kept: the levels, guards and
// weight alone are needed, not the records. What rarity added is one step.
func (s *Scorer) Recall(v Verdict) Waterfall {
	w := s.levels(v)
	if rest := v.Weight - s.sum(v.Pattern); rest > 0.01 || rest < -0.01 {
		w.rare("rarity", rest)
	}
	return w
}

func (s *Scorer) levels(v Verdict) Waterfall {
	w := Waterfall{Model: s.Model.Version, Weight: float64(v.Weight), Grade: v.Grade, Claim: v.Claim.String()}
	w.add("before comparing", "any two records", s.Model.Prior)
	for c := range comparisons {
		if l := v.Pattern.At(c); l != NotGiven {
			w.add(c.String(), LevelName(c, l), float64(s.weight[c][l]))
		}
	}
	for g := Guard(1); g < guardsEnd; g <<= 1 {
		if v.Guards&g != 0 {
			w.Guards = append(w.Guards, g.String())
		}
	}
	return w
}

func (w *Waterfall) rare(what string, bits float32) {
	switch {
	case bits > 0:
		w.add(what, "rarer than most", float64(bits))
	case bits < 0:
		w.add(what, "commoner than most", float64(bits))
	}
}

func (w *Waterfall) add(comparison, finding string, bits float64) {
	running := bits
	if n := len(w.Steps); n > 0 {
		running += w.Steps[n-1].Running
	}
	w.Steps = append(w.Steps, Step{comparison, finding, bits, running})
}

// String is the waterfall as a table with the odds in words.
func (w Waterfall) String() string {
	var b strings.Builder
	for _, s := range w.Steps {
		fmt.Fprintf(&b, "%-16s %-24s %+7.1f %+7.1f  %s\n", s.Comparison, s.Finding, s.Weight, s.Running, bar(s.Weight))
	}
	fmt.Fprintf(&b, "%s: weight %.1f, probability %.6f (model %s)\n", w.Grade, w.Weight, Probability(w.Weight), w.Model)
	for _, g := range w.Guards {
		fmt.Fprintf(&b, "%s: %s\n", w.against(), g)
	}
	switch {
	case w.Claim == "":
	case w.Rival:
		fmt.Fprintf(&b, "not certain: %s; but %s\n", w.Claim, RivalWords)
	case w.Grade == Certain:
		fmt.Fprintf(&b, "certain since no rival is there: %s\n", w.Claim)
	default:
		fmt.Fprintf(&b, "certain if no rival is there: %s\n", w.Claim)
	}
	return b.String()
}

// against tells how a guard stands: a claim that nobody rivals goes above it.
func (w Waterfall) against() string {
	if w.Grade == Certain {
		return "in spite of"
	}
	return "not certain"
}

func bar(bits float64) string {
	n, c := int(bits+0.5), "+"
	if bits < 0 {
		n, c = int(-bits+0.5), "-"
	}
	return strings.Repeat(c, min(n, 40))
}
