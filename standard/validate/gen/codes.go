package main

import (
	"log"
	"sort"
	"strings"
)

type concept struct {
	Code    string    `json:"code"`
	Concept []concept `json:"concept"`
}

type codeSystem struct {
	URL     string    `json:"url"`
	Content string    `json:"content"`
	Concept []concept `json:"concept"`
}

type valueSetDefinition struct {
	URL     string `json:"url"`
	Compose struct {
		Include []include `json:"include"`
		Exclude []include `json:"exclude"`
	} `json:"compose"`
}

type include struct {
	System   string    `json:"system"`
	Concept  []concept `json:"concept"`
	Filter   []any     `json:"filter"`
	ValueSet []string  `json:"valueSet"`
}

// valueSet holds the codes by system.
type valueSet map[string][]string

// expandable finds the value sets of R4 whose codes can be listed from the
// package alone: no filter, no import, only complete code systems. The key is
// the last step of the URL.
func expandable(dir string) map[string]valueSet {
	systems := map[string]codeSystem{}
	for _, c := range load[codeSystem](dir, "CodeSystem-*.json") {
		if c.Content == "complete" {
			systems[c.URL] = c
		}
	}
	out := map[string]valueSet{}
	for _, d := range load[valueSetDefinition](dir, "ValueSet-*.json") {
		if !strings.HasPrefix(d.URL, "http://hl7.org/fhir/ValueSet/") {
			continue
		}
		if set := expand(d, systems); set != nil {
			out[lastStep(d.URL, "/")] = set
		}
	}
	return out
}

func expand(d valueSetDefinition, systems map[string]codeSystem) valueSet {
	if len(d.Compose.Exclude) > 0 {
		return nil
	}
	set := valueSet{}
	for _, in := range d.Compose.Include {
		if len(in.Filter) > 0 || len(in.ValueSet) > 0 {
			return nil
		}
		list := in.Concept
		if len(list) == 0 {
			list = systems[in.System].Concept
		}
		if len(list) == 0 {
			return nil
		}
		set[in.System] = flatten(set[in.System], list)
	}
	return set
}

func flatten(out []string, list []concept) []string {
	for _, c := range list {
		if strings.ContainsAny(c.Code, "\t\n") {
			log.Fatalf("the code %q cannot stand in the table", c.Code)
		}
		out = flatten(append(out, c.Code), c.Concept)
	}
	return out
}

// codes writes a block per value set: its name, then a line per system with
// the codes, separated by tabs.
func codes(sets map[string]valueSet, used map[string]bool) []byte {
	var names []string
	for n := range used {
		names = append(names, n)
	}
	sort.Strings(names)
	var out strings.Builder
	out.WriteString(header)
	for _, n := range names {
		out.WriteString(n + "\n")
		var systems []string
		for s := range sets[n] {
			systems = append(systems, s)
		}
		sort.Strings(systems)
		for _, s := range systems {
			out.WriteString("\t" + s + "\t" + strings.Join(sets[n][s], "\t") + "\n")
		}
	}
	return []byte(out.String())
}
