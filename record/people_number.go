package record

import (
	"context"
	"strings"

	"concord/fault"
	"concord/standard/uk"
	"concord/store"
)

// IDOf is the id of who is meant by an NHS number, with spaces or without; other
// text is taken as an id, "Patient/" before it or not. The look is an entry as
// that of FindPeople is. Errors: Invalid "record.whose-number" when the number is
// nobody's or several people's; those of FindPeople.
func (e *Errand) IDOf(ctx context.Context, text string) (string, error) {
	id, number := idOrNumber(text)
	if number == "" {
		return id, nil
	}
	people, err := e.FindPeople(ctx, PeopleQuery{Text: number})
	if err != nil {
		return "", err
	}
	ids := make([]string, len(people.Hits))
	for i, h := range people.Hits {
		ids[i] = h.Person.ID
	}
	return onlyOne(ids)
}

// idOf is IDOf where the errand is not one of looking for people: it knows
// whoever is in the store.
func (d *Desk) idOf(ctx context.Context, r store.Reader, text string) (string, error) {
	id, number := idOrNumber(text)
	if number == "" {
		return id, nil
	}
	asked := peopleText{NHS: number}
	keys, err := d.byNumber(ctx, r, asked)
	if err != nil {
		return "", err
	}
	persons, _, err := d.personsAmong(ctx, r, keys, asked, 2)
	if err != nil {
		return "", err
	}
	ids := make([]string, len(persons))
	for i, p := range persons {
		ids[i] = d.ids.person(p)
	}
	return onlyOne(ids)
}

func idOrNumber(text string) (id, number string) {
	text = strings.TrimSpace(text)
	if n, err := uk.ParseNHSNumber(text); err == nil {
		return "", string(n)
	}
	return strings.TrimPrefix(text, "Patient/"), ""
}

func onlyOne(ids []string) (string, error) {
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return "", fault.New(fault.Invalid, "record.whose-number", "nobody here has that NHS number")
	default:
		return "", fault.New(fault.Invalid, "record.whose-number", "several people have that NHS number: find the one who is meant, and give the id")
	}
}
