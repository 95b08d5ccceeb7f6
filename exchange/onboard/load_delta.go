package onboard

import (
	"context"
	"net/url"
	"strings"

	"concord/record"
	"concord/standard/fhir"
)

// mendOps makes updates of the rows of a delta that changed at the source, and of
// those that were mended after they were loaded: on the condition that the record
// has them as a load wrote them. A row that somebody else changed since is refused
// and told: nobody's later work is overwritten by an extract. One that this load has
// updated already, before it was stopped, is left.
func (ld *loader) mendOps(ctx context.Context, b *batch, rows []loadRow) ([]loadRow, error) {
	if ld.touched == nil && ld.loading.Before == 0 {
		return rows, nil
	}
	var out, changed []loadRow
	for _, r := range rows {
		if r.again || ld.touched != nil && ld.touched.changed.has(keyOf(r.fields[0])) {
			changed = append(changed, r)
		} else {
			out = append(out, r)
		}
	}
	for len(changed) > 0 {
		n := min(len(changed), lookAtOnce)
		list, err := ld.updates(ctx, b, changed[:n])
		if err != nil {
			return nil, err
		}
		out, changed = append(out, list...), changed[n:]
	}
	return out, nil
}

// lookAtOnce is how many resources one search names by their keys.
const lookAtOnce = 50

func (ld *loader) updates(ctx context.Context, b *batch, rows []loadRow) ([]loadRow, error) {
	now, err := ld.current(ctx, rows)
	if err != nil {
		return nil, err
	}
	var out []loadRow
	for _, r := range rows {
		it := now[string(r.fields[0])]
		switch {
		case it == nil: // it was refused before, or has been deleted: it comes as a new one
			other, err := ld.ofOtherKind(ctx, r)
			if err != nil {
				return nil, err
			}
			if other {
				b.refuse("onboard.kind-changed", r)
				continue
			}
			out = append(out, r)
		case cameWith(it, ld.loading.Load) && !r.again:
			b.told = append(b.told, outcome{row: r.row, refiled: movedBy(it, ld.loading.Load)})
		case ld.touched == nil && !cameWith(it, ld.loading.Load): // a feed had brought it before
			out = append(out, r)
		case ld.touched.passes(r.fields[0]) && !cameWith(it, ld.loading.Load): // mended, it says what the base says
			b.told = append(b.told, outcome{row: r.row, there: true})
		case it.Feed != ld.errand.Who().ID:
			b.refuse("onboard.changed-since", r)
		default:
			if r, err = ld.filedUnder(ctx, r, it); err != nil {
				return nil, err
			}
			var code string
			if r, code, err = ld.refile(ctx, r, it); err != nil {
				return nil, err
			}
			if code != "" {
				b.refuse(code, r)
				continue
			}
			r.op = record.Op{Kind: record.Update, Type: r.op.Type, ID: it.ID, IfMatch: it.Version, Key: r.op.Key, Resource: r.op.Resource.With("id", it.ID), FullURL: r.op.FullURL}
			out = append(out, r)
		}
	}
	return out, nil
}

// ofOtherKind tells an alert that the record has as an allergy, or the other way round:
// a resource does not change its type, and to have both would be to have it twice.
func (ld *loader) ofOtherKind(ctx context.Context, r loadRow) (bool, error) {
	typ := map[string]string{"AllergyIntolerance": "Flag", "Flag": "AllergyIntolerance"}[r.op.Type]
	if typ == "" {
		return false, nil
	}
	r.op.Type = typ
	now, err := ld.current(ctx, []loadRow{r})
	return len(now) > 0, err
}

// current are the resources of rows as the record has them now, by the keys of the
// rows.
func (ld *loader) current(ctx context.Context, rows []loadRow) (map[string]*record.Item, error) {
	system := (&maker{trust: ld.extract.Trust}).system(ld.at.Name)
	byType, rowOf := map[string][]string{}, map[string]string{}
	for _, numbers := range []Numbers{ld.numbers, ld.was} { // what it was before counts
		for _, r := range rows {
			rowOf[ld.named(r, numbers)] = string(r.fields[0])
		}
	}
	for _, r := range rows {
		for _, numbers := range []Numbers{ld.was, ld.numbers} {
			token := system + "|" + searchEscaped(ld.named(r, numbers))
			if list := byType[r.op.Type]; len(list) == 0 || list[len(list)-1] != token {
				byType[r.op.Type] = append(list, token)
			}
		}
	}
	if ld.at.Name == "patients" && len(rows) > 0 { // whatever their numbers were
		for _, r := range rows {
			byType["Patient"] = append(byType["Patient"], KeyKind.System(ld.extract.Trust)+"|"+searchEscaped(string(r.fields[0])))
		}
	}
	out := map[string]*record.Item{}
	for typ, tokens := range byType {
		found, err := ld.errand.Search(ctx, record.Asked{Types: []string{typ}, Form: url.Values{"identifier": {strings.Join(tokens, ",")}, "_count": {"1000"}}})
		if err != nil {
			return nil, err
		}
		for _, it := range found.Matches {
			v, err := it.Full()
			if err != nil {
				return nil, err
			}
			if it.Org != ld.extract.Trust {
				continue
			}
			if key := fhir.Identifier(v, KeyKind.System(ld.extract.Trust)); key != "" {
				out[key] = it
				continue
			}
			for id := range v.Get("identifier").Each() {
				if key, known := rowOf[id.StrAt("value")]; known && id.StrAt("system") == system {
					out[key] = it
				}
			}
		}
	}
	return out, nil
}

// named is what the record knows a row by.
func (ld *loader) named(r loadRow, numbers Numbers) string {
	if ld.at.Name == "patients" {
		return numbers.Of(string(r.fields[0]))
	}
	return string(r.fields[0])
}

// searchEscaped is a value as a search parameter has it
// (https://hl7.org/fhir/R4/search.html#escaping).
func searchEscaped(s string) string { return escapes.Replace(s) }

var escapes = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `|`, `\|`, `$`, `\$`)
