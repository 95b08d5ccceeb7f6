package search

import (
	"slices"
	"strings"

	"concord/standard/fhir"
)

var escaper = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`)

// Escape writes a text as a search value.
func Escape(s string) string { return escaper.Replace(s) }

// QueriesOf writes, for each value that a parameter finds in a resource, the
// queries that ask for just that value: "name=value".
func QueriesOf(p *Param, resource *fhir.Value) []string {
	var out []string
	add := func(modifier, v string) {
		if v != "" {
			out = append(out, p.Name+modifier+"="+v)
		}
	}
	for _, v := range p.values(resource) {
		switch p.Kind {
		case Composite:
			parts := make([]string, len(p.Parts))
			for i, part := range p.Parts {
				at := v
				if part.Root {
					at = resource
				}
				for _, q := range QueriesOf(part.Param, at) {
					if _, text, ok := strings.Cut(q, part.Param.Name+"="); ok && text != "" && !strings.HasPrefix(text, "ge") {
						parts[i] = text
						break
					}
				}
			}
			if !slices.Contains(parts, "") {
				add("", strings.Join(parts, "$"))
			}
		case Token:
			for _, t := range tokensOf(v) {
				add("", Escape(t.code))
				if t.code != "" {
					add("", Escape(t.system)+"|"+Escape(t.code))
				}
				if t.system != "" {
					add("", Escape(t.system)+"|")
				}
			}
		case String:
			for _, s := range stringsOf(v) {
				add("", Escape(s))
				add(":exact", Escape(s))
				add(":contains", Escape(s))
				if words := strings.Fields(Fold(s)); len(words) > 0 {
					add("", words[0])
				}
			}
		case Reference:
			ref := referenceOf(v)
			if strings.HasPrefix(ref, "#") {
				continue
			}
			add("", Escape(ref))
			if r, ok := fhir.ParseReference(ref); ok && r.Base == "" && r.Version == "" && p.named(Value{Text: r.ID}, ref) {
				add("", Escape(r.ID))
				add(":"+r.Type, Escape(r.ID))
			}
		case URI:
			add("", Escape(v.Str()))
		case Date:
			if _, ok := fhir.ParseInstant(v.Str(), nil); ok {
				add("", v.Str())
			}
			if s := v.StrAt("start"); s != "" {
				add("", "ge"+s)
			}
		case Number, Quantity:
			raw := v.Raw()
			if v.Kind() == fhir.Object {
				raw = v.Get("value").Raw()
			}
			if raw != "" {
				add("", raw)
				add("", "ge"+raw)
			}
		}
	}
	return out
}
