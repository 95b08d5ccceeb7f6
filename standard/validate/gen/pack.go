package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// object is a definition of which only some members are kept.
type object = map[string]any

// corePack writes one definition a line, as small a FHIR resource as still says
// everything that is checked. Types are left out: they stand in elements.txt.
func corePack(dir string) []byte {
	var lines []string
	for _, pattern := range []string{"StructureDefinition-*.json", "ValueSet-*.json", "CodeSystem-*.json"} {
		for _, d := range load[object](dir, pattern) {
			if small := strip(d); small != nil {
				b, err := json.Marshal(small)
				must(err)
				lines = append(lines, string(b)+"\n")
			}
		}
	}
	sort.Strings(lines)
	return []byte(strings.Join(lines, ""))
}

func strip(d object) object {
	switch d["resourceType"] {
	case "StructureDefinition":
		if d["derivation"] != "constraint" || d["kind"] == "logical" {
			return nil
		}
		out := pick(d, "resourceType", "url", "version", "type", "kind", "abstract", "baseDefinition", "derivation", "context", "contextInvariant")
		differential, _ := d["differential"].(object)
		var elements []any
		for _, e := range list(differential["element"]) {
			elements = append(elements, stripElement(e))
		}
		out["differential"] = object{"element": elements}
		return out
	case "ValueSet":
		out := pick(d, "resourceType", "url", "version")
		if compose, ok := d["compose"].(object); ok {
			out["compose"] = stripCompose(compose)
		}
		return out
	}
	out := pick(d, "resourceType", "url", "version", "content", "caseSensitive")
	if concepts := stripConcepts(list(d["concept"])); concepts != nil {
		out["concept"] = concepts
	}
	return out
}

var wordsOnly = []string{"short", "definition", "comment", "requirements", "alias", "example", "mapping",
	"mustSupport", "isSummary", "base", "orderMeaning", "meaningWhenMissing", "label", "code", "extension", "isModifierReason"}

func stripElement(e object) object {
	out := object{}
	for k, v := range e {
		out[k] = v
	}
	for _, k := range wordsOnly {
		delete(out, k)
	}
	if b, ok := out["binding"].(object); ok {
		out["binding"] = pick(b, "strength", "valueSet")
	}
	var constraints []any
	for _, c := range list(e["constraint"]) {
		constraints = append(constraints, pick(c, "key", "severity", "human", "expression"))
	}
	if constraints != nil {
		out["constraint"] = constraints
	}
	return out
}

func stripCompose(compose object) object {
	out := object{}
	for _, k := range []string{"include", "exclude"} {
		var parts []any
		for _, p := range list(compose[k]) {
			part := pick(p, "system", "version", "filter", "valueSet")
			if concepts := stripConcepts(list(p["concept"])); concepts != nil {
				part["concept"] = concepts
			}
			parts = append(parts, part)
		}
		if parts != nil {
			out[k] = parts
		}
	}
	return out
}

// stripConcepts keeps codes, their hierarchy and what filters look at.
func stripConcepts(concepts []object) []any {
	var out []any
	for _, c := range concepts {
		small := pick(c, "code")
		var properties []any
		for _, p := range list(c["property"]) {
			if p["code"] == "child" || p["code"] == "notSelectable" {
				properties = append(properties, p)
			}
		}
		if properties != nil {
			small["property"] = properties
		}
		if below := stripConcepts(list(c["concept"])); below != nil {
			small["concept"] = below
		}
		out = append(out, small)
	}
	return out
}

func pick(d object, names ...string) object {
	out := object{}
	for _, n := range names {
		if v, ok := d[n]; ok {
			out[n] = v
		}
	}
	return out
}

func list(v any) []object {
	var out []object
	items, _ := v.([]any)
	for _, it := range items {
		if o, ok := it.(object); ok {
			out = append(out, o)
		}
	}
	return out
}

func compress(text []byte) []byte {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4<<20))
	must(err)
	_, err = w.Write(text)
	must(err)
	must(w.Close())
	return out.Bytes()
}

// decompress is for the test that holds the kept pack against a new one.
func decompress(file string) []byte {
	b, err := os.ReadFile(filepath.FromSlash(file))
	must(err)
	r, err := zstd.NewReader(nil)
	must(err)
	defer r.Close()
	text, err := r.DecodeAll(b, nil)
	must(err)
	return text
}
