package record

import (
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"concord/record/access"
	"concord/record/person"
	"concord/standard/fhir"
	"concord/standard/search"
	"concord/standard/uk"
	"concord/store"
)

// maxPeople is how many persons a search may show.
const maxPeople = 50

// maxPeopleCandidates is how many entries a search looks at; a name that more
// people share needs a date of birth.
const maxPeopleCandidates = 4000

// maxNameKeys is how many entries that share a name are held against those of
// another name.
const maxNameKeys = 30_000

// FindPeople finds persons by what somebody typed. The audit entry names every
// person shown.
func (e *Errand) FindPeople(ctx context.Context, q PeopleQuery) (*People, error) {
	text := readPeopleText(q.Text, e.desk.now())
	limit := q.Limit
	if limit <= 0 || limit > maxPeople {
		limit = maxPeople
	}
	out := &People{Read: text.kind()}
	err := e.read(ctx, access.FindPeople, "Patient", func(r store.Reader, v *sight, t *trace) error {
		*out = People{Read: text.kind()}
		t.what = []string{"people by " + strings.ToLower(out.Read)}
		keys, more, err := e.desk.peopleKeys(ctx, r, text)
		if err != nil {
			return err
		}
		out.TooMany = more
		if err := e.desk.gather(ctx, r, v, keys, text, limit, out); err != nil {
			return err
		}
		for _, h := range out.Hits {
			pk, _, _ := e.desk.ids.decode(h.Person.ID)
			t.records = append(t.records, e.desk.ids.encodePK(pk))
		}
		t.count = len(out.Hits)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// peopleKeys finds candidate entries; more tells that there were too many.
func (d *Desk) peopleKeys(ctx context.Context, r store.Reader, text peopleText) ([]store.Key, bool, error) {
	if text.NoSuchDay {
		return nil, false, nil
	}
	if text.NHS != "" || text.Number != "" {
		keys, err := d.byNumber(ctx, r, text)
		return keys, len(keys) > maxPeopleCandidates, err
	}
	if text.Born != "" {
		keys, err := r.Find(ctx, d.searches().extract.Ident("Patient", "birthdate", text.Born), maxPeopleCandidates+1)
		return keys, len(keys) > maxPeopleCandidates, err
	}
	return d.byNames(ctx, r, text.Names)
}

func (d *Desk) byNumber(ctx context.Context, r store.Reader, text peopleText) ([]store.Key, error) {
	var keys []store.Key
	if text.NHS != "" {
		found, err := r.Find(ctx, d.searches().extract.Ident("Patient", "identifier", uk.NHSNumberSystem+"|"+text.NHS), maxPeopleCandidates+1)
		if err != nil {
			return nil, err
		}
		keys = append(keys, found...)
	}
	for _, form := range []string{text.Number, strings.ToUpper(text.Number)} {
		value := form
		if text.Trust != "" {
			value = uk.HospitalNumber.System(text.Trust) + "|" + form
		}
		found, err := r.Find(ctx, d.searches().extract.Ident("Patient", "identifier", value), maxPeopleCandidates+1)
		if err != nil {
			return nil, err
		}
		keys = append(keys, found...)
	}
	return keys, nil
}

// byNames keeps the entries that every name word begins a word of a family or
// given name of; a later check confirms on the bodies. A word that too many
// share narrows nothing, unless no other does.
func (d *Desk) byNames(ctx context.Context, r store.Reader, names []string) ([]store.Key, bool, error) {
	var kept, some []store.Key
	narrowed := false
	for _, n := range names {
		found, whole, err := d.byName(ctx, r, n)
		switch {
		case err != nil:
			return nil, false, err
		case !whole:
			some = found
		case narrowed:
			kept = slices.DeleteFunc(kept, func(k store.Key) bool {
				_, has := slices.BinarySearchFunc(found, k, compareKeys)
				return !has
			})
		default:
			kept, narrowed = found, true
		}
	}
	if !narrowed {
		kept = some
	}
	return kept, !narrowed && len(kept) > 0, nil
}

// byName are the entries that a word begins a word of a name of, in key order;
// whole is false when they are too many to list.
func (d *Desk) byName(ctx context.Context, r store.Reader, word string) (found []store.Key, whole bool, err error) {
	whole = true
	for _, param := range []string{"family", "given"} {
		keys, err := r.FindString(ctx, d.searches().extract.Hash("Patient", param), word, false, maxNameKeys+1)
		if err != nil {
			return nil, false, err
		}
		whole = whole && len(keys) <= maxNameKeys
		found = append(found, keys...)
	}
	slices.SortFunc(found, compareKeys)
	return slices.Compact(found), whole, nil
}

// personsAmong confirms candidates on their bodies and gives the persons that
// they are of, at most so many; more tells that there are others.
func (d *Desk) personsAmong(ctx context.Context, r store.Reader, keys []store.Key, text peopleText, limit int) (order []int64, more bool, err error) {
	persons := map[int64]bool{}
	step := limit // most names that fit the index fit the body
	for start := 0; start < len(keys) && len(order) <= limit; start += step {
		if start >= maxPeopleCandidates {
			more = true
			break
		}
		docs, err := r.GetMany(ctx, keys[start:min(start+step, len(keys))])
		if err != nil {
			return nil, false, err
		}
		var fit []int64
		for _, doc := range docs {
			if doc.Deleted {
				continue
			}
			body, err := d.parse(doc)
			if err != nil {
				return nil, false, err
			}
			if text.fits(body) {
				fit = append(fit, doc.PK)
			}
		}
		of, err := r.PersonsOf(ctx, fit)
		if err != nil {
			return nil, false, err
		}
		for _, p := range of {
			if !persons[p] {
				persons[p] = true
				order = append(order, p)
			}
		}
	}
	if len(order) > limit {
		return order[:limit], true, nil
	}
	return order, more, nil
}

// gather makes one hit of each person among the candidates.
func (d *Desk) gather(ctx context.Context, r store.Reader, v *sight, keys []store.Key, text peopleText, limit int, out *People) error {
	order, more, err := d.personsAmong(ctx, r, keys, text, limit)
	if err != nil {
		return err
	}
	out.TooMany = out.TooMany || more
	for _, p := range order {
		h, err := d.hit(ctx, r, v, p)
		if err != nil {
			return err
		}
		if len(h.Person.Entries) == 0 {
			continue
		}
		out.Hits = append(out.Hits, h)
	}
	sort.SliceStable(out.Hits, func(i, j int) bool { return hitOrder(out.Hits[i]) < hitOrder(out.Hits[j]) })
	return nil
}

func hitOrder(h Hit) string {
	if b := h.Person.Best(); b != nil {
		n := fhir.BestName(b.Resource)
		return search.Fold(n.Family) + "\x00" + search.Fold(n.Given) + "\x00" + b.Resource.StrAt("birthDate")
	}
	return "\xff"
}

func (d *Desk) hit(ctx context.Context, r store.Reader, v *sight, pk int64) (Hit, error) {
	p, members, _, err := person.Current(ctx, r, pk, time.Time{})
	if err != nil {
		return Hit{}, err
	}
	n := named{person: p, members: members}
	groups, err := r.Chart(ctx, n.records(), []store.Range{{Type: fhir.R4().Number("Patient")}}, time.Time{})
	if err != nil {
		return Hit{}, err
	}
	patients, err := v.showAll(ctx, groups[0], false)
	if err != nil {
		return Hit{}, err
	}
	h := Hit{Person: d.persona(n, patients)}
	for _, it := range patients {
		h.Numbers = append(h.Numbers, hospitalNumbers(it.Resource)...)
	}
	return h, nil
}

// fits confirms a candidate on its body.
func (p peopleText) fits(patient *fhir.Value) bool {
	d := person.Of(patient)
	if p.NHS != "" || p.Number != "" {
		for id := range patient.Get("identifier").Each() {
			v := id.StrAt("value")
			trust, local := uk.HospitalNumberTrust(id.StrAt("system"))
			if v == p.NHS || strings.EqualFold(v, p.Number) && (p.Trust == "" || local && trust == p.Trust) {
				return true
			}
		}
		return false
	}
	born := patient.StrAt("birthDate")
	if p.Born != "" && born != p.Born || p.Year != "" && !strings.HasPrefix(born, p.Year) {
		return false
	}
	for _, want := range p.Names {
		if !beginsAny(want, d.Family) && !beginsAny(want, d.Given) {
			return false
		}
	}
	return p.Born != "" || p.Year != "" || len(p.Names) > 0
}

func beginsAny(want string, names []string) bool {
	for _, n := range names {
		for _, w := range strings.Fields(n) {
			if strings.HasPrefix(w, want) {
				return true
			}
		}
	}
	return false
}
