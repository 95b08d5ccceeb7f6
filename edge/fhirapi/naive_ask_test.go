package fhirapi_test

import (
	"maps"
	"slices"
	"strings"

	"concord/standard/fhir"
)

// question is a parameter of a search with what it asks for, and which resources are
// found by it.
type question struct {
	name, value string
	holds       func(*fhir.Value) bool
}

func (q question) String() string { return q.name + "=" + q.value }

func names(typ string) []string { return slices.Sorted(maps.Keys(parameters[typ])) }

// ask makes a question about a type; depth is how many links it may have.
func (w *world) ask(typ string, depth int) question {
	switch n := w.rng.IntN(10); {
	case depth > 0 && n < 2:
		return w.chained(typ, depth)
	case depth > 0 && n < 4:
		return w.reversed(typ, depth)
	case depth > 0 && n < 6:
		text, holds := w.filter(typ, depth+1)
		return question{"_filter", text, holds}
	}
	name := w.pick(names(typ)...)
	p := parameters[typ][name]
	switch w.rng.IntN(4) {
	case 0:
		missing := w.maybe()
		return question{name + ":missing", map[bool]string{true: "true", false: "false"}[missing], func(v *fhir.Value) bool { return (len(p.present(v)) == 0) == missing }}
	case 1:
		if p.kind == "token" {
			list := w.alternatives(p)
			return question{name + ":not", strings.Join(list, ","), func(v *fhir.Value) bool { return !anyHolds(p, v, list) }}
		}
		if p.kind == "string" {
			return w.wording(name, p)
		}
		if p.kind == "reference" {
			ref := w.value(p)
			typ, id, _ := strings.Cut(ref, "/")
			return question{name + ":" + typ, id, func(v *fhir.Value) bool { return p.holds(v, ref) }}
		}
	}
	list := w.alternatives(p)
	return question{name, strings.Join(list, ","), func(v *fhir.Value) bool { return anyHolds(p, v, list) }}
}

func anyHolds(p parameter, v *fhir.Value, list []string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return p.holds(v, one) })
}

func (w *world) alternatives(p parameter) []string {
	list := []string{w.value(p)}
	for w.rng.IntN(3) == 0 {
		list = append(list, w.value(p))
	}
	return list
}

var prefixes = []string{"", "", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}

// value is something that may be asked of a parameter.
func (w *world) value(p parameter) string {
	switch p.kind {
	case "token":
		switch code := w.pick(append(slices.Concat(someCodes, partCodes), "final|", "|final", "|finished")...); w.rng.IntN(4) {
		case 0:
			system, _, _ := strings.Cut(code, "|")
			return system + "|" + w.pick("one", "two", "male", "true", "final")
		case 1:
			return w.pick("one", "two", "three", "final", "finished", "male", "true")
		default:
			return code
		}
	case "date":
		return w.pick(prefixes...) + w.pick(someDates...)
	case "number":
		return w.pick(prefixes...) + w.pick("0.8", "0.80", "0.75", "0.7", "1", "90", "100", "99", "0.85")
	case "quantity":
		return w.pick(prefixes...) + w.pick(someValues...) + w.pick("", "", "|http://unitsofmeasure.org|mmol/L", "||mmol/L", "||mg/dL")
	case "string":
		return w.pick(append(someNames, "oko", "Lon", "leeds", "obrien")...)
	case "reference":
		refs := w.of(w.pick(p.targets...))
		return refs[w.rng.IntN(len(refs))]
	case "composite":
		return w.value(p.parts[0]) + "$" + w.value(p.parts[1])
	}
	panic(p.kind)
}

func (w *world) wording(name string, p parameter) question {
	asked := w.value(p)
	if w.maybe() {
		return question{name + ":contains", asked, func(v *fhir.Value) bool {
			return slices.ContainsFunc(p.values(v), func(e *fhir.Value) bool { return strings.Contains(plain(e.Str()), plain(asked)) })
		}}
	}
	return question{name + ":exact", asked, func(v *fhir.Value) bool {
		return slices.ContainsFunc(p.values(v), func(e *fhir.Value) bool { return e.Str() == asked })
	}}
}

func (w *world) reference(typ string) (name string, p parameter) {
	var list []string
	for _, n := range names(typ) {
		if parameters[typ][n].kind == "reference" {
			list = append(list, n)
		}
	}
	if list == nil {
		return "", p
	}
	name = w.pick(list...)
	return name, parameters[typ][name]
}

// leads tells whether a parameter of a resource leads to one that is as wanted.
func (w *world) leads(p parameter, v *fhir.Value, typ string, wanted func(*fhir.Value) bool) bool {
	return slices.ContainsFunc(p.values(v), func(e *fhir.Value) bool {
		ref := e.StrAt("reference")
		return strings.HasPrefix(ref, typ+"/") && w.all[ref] != nil && wanted(w.all[ref])
	})
}

func (w *world) chained(typ string, depth int) question {
	name, p := w.reference(typ)
	target := w.pick(p.targets...)
	end := w.ask(target, depth-1)
	for strings.HasPrefix(end.name, "_filter") || strings.HasPrefix(end.name, "_has") {
		end = w.ask(target, 0)
	}
	return question{name + ":" + target + "." + end.name, end.value, func(v *fhir.Value) bool { return w.leads(p, v, target, end.holds) }}
}

func (w *world) reversed(typ string, depth int) question {
	for range 30 { // nothing refers to some types
		from := sizes[w.rng.IntN(len(sizes))].typ
		name, p := w.reference(from)
		if name == "" || !slices.Contains(p.targets, typ) {
			continue
		}
		end := w.ask(from, depth-1)
		if end.name == "_filter" {
			continue
		}
		return question{"_has:" + from + ":" + name + ":" + end.name, end.value, func(v *fhir.Value) bool {
			me := v.Type() + "/" + v.ID()
			return slices.ContainsFunc(w.of(from), func(ref string) bool { return p.holds(w.all[ref], me) && end.holds(w.all[ref]) })
		}}
	}
	return w.ask(typ, 0)
}

// filter makes an expression of _filter (https://hl7.org/fhir/R4/search_filter.html):
// and, or without brackets go from left to right.
func (w *world) filter(typ string, depth int) (string, func(*fhir.Value) bool) {
	text, holds := w.term(typ, depth)
	for w.rng.IntN(2) == 0 {
		more, other := w.term(typ, depth)
		before := holds
		if w.maybe() {
			text, holds = text+" or "+more, func(v *fhir.Value) bool { return before(v) || other(v) }
		} else {
			text, holds = text+" and "+more, func(v *fhir.Value) bool { return before(v) && other(v) }
		}
	}
	return text, holds
}

func (w *world) term(typ string, depth int) (string, func(*fhir.Value) bool) {
	switch n := w.rng.IntN(5); {
	case depth > 0 && n == 0:
		text, holds := w.filter(typ, depth-1)
		return "not (" + text + ")", func(v *fhir.Value) bool { return !holds(v) }
	case depth > 0 && n == 1:
		text, holds := w.filter(typ, depth-1)
		return "(" + text + ")", holds
	case depth > 0 && n == 2:
		if name, p := w.reference(typ); len(p.targets) == 1 {
			text, holds := w.comparison(p.targets[0])
			if w.maybe() {
				within, too := w.filter(p.targets[0], 0)
				return name + "[" + within + "]." + text, func(v *fhir.Value) bool {
					return w.leads(p, v, p.targets[0], func(v *fhir.Value) bool { return too(v) && holds(v) })
				}
			}
			return name + "." + text, func(v *fhir.Value) bool { return w.leads(p, v, p.targets[0], holds) }
		}
	}
	return w.comparison(typ)
}

func (w *world) comparison(typ string) (string, func(*fhir.Value) bool) {
	name := w.pick(names(typ)...)
	p := parameters[typ][name]
	if p.kind == "composite" || w.rng.IntN(6) == 0 {
		there := w.maybe()
		return name + " pr " + map[bool]string{true: "true", false: "false"}[there], func(v *fhir.Value) bool { return (len(p.present(v)) > 0) == there }
	}
	asked := w.value(p)
	each := func(f func(e *fhir.Value) bool) func(*fhir.Value) bool {
		return func(v *fhir.Value) bool { return slices.ContainsFunc(p.values(v), f) }
	}
	switch p.kind {
	case "string":
		op := w.pick("eq", "ne", "co", "sw", "ew")
		return name + " " + op + ` "` + asked + `"`, each(func(e *fhir.Value) bool {
			have, want := plain(e.Str()), plain(asked)
			return map[string]bool{"eq": have == want, "ne": have != want, "co": strings.Contains(have, want), "sw": strings.HasPrefix(have, want), "ew": strings.HasSuffix(have, want)}[op]
		})
	case "token":
		if w.maybe() {
			return name + " eq " + asked, func(v *fhir.Value) bool { return p.holds(v, asked) }
		}
		return name + " ne " + asked, each(func(e *fhir.Value) bool { return unequalToken(e, asked) })
	case "reference":
		return name + " eq " + asked, func(v *fhir.Value) bool { return p.holds(v, asked) }
	}
	op, rest := cutPrefix(asked)
	return name + " " + op + " " + rest, func(v *fhir.Value) bool { return p.holds(v, op+rest) }
}

// unequalToken tells whether one of the codes of an element is another than asked.
func unequalToken(e *fhir.Value, asked string) bool {
	if e.Get("coding") == nil {
		return !tokenHolds(e, asked)
	}
	return slices.ContainsFunc(e.All("coding"), func(c *fhir.Value) bool { return !tokenHolds(c, asked) })
}
