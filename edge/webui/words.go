package webui

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"concord/care/chart"
)

// known puts words where a value is missing.
func known(s string) string {
	if strings.TrimSpace(s) == "" {
		return chart.NotKnown
	}
	return s
}

// short cuts a line at a word; the whole stands where it opens.
func short(s string, most int) string {
	s = known(s)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	cut := string(r[:most])
	if n := strings.LastIndexByte(cut, ' '); n > most/2 {
		cut = cut[:n]
	}
	return strings.TrimRight(cut, " ,;") + " …"
}

func numbersShort(b *chart.Banner) string {
	switch len(b.Numbers) {
	case 0:
		return known(short(b.GP, 30))
	case 1:
		return b.Numbers[0].Org.Short + " " + b.Numbers[0].Number
	}
	return b.Numbers[0].Org.Short + " " + b.Numbers[0].Number + " and " + count(len(b.Numbers)-1, "other")
}

func allergyNames(s chart.AllergyState) string {
	var names []string
	for _, a := range s.Active {
		if !a.None {
			names = append(names, a.Substance)
		}
	}
	return strings.Join(names, ", ")
}

// join puts a separator between the parts that are there.
func join(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}

// rowsPerPage is what a page of a long list shows.
const rowsPerPage = 50

func pageOf[T any](rows []T, page int) []T {
	from := min((page-1)*rowsPerPage, len(rows))
	return rows[from:min(from+rowsPerPage, len(rows))]
}

func pageWords(total, page int) string {
	from := min((page-1)*rowsPerPage, total)
	if total <= rowsPerPage {
		return count(total, "encounter") + ", newest first"
	}
	return "Showing " + thousands(from+1) + " to " + thousands(min(from+rowsPerPage, total)) + " of " + thousands(total) + ", newest first"
}

func kilobytes(n int) string { return thousands((n+1023)/1024) + " KB" }

func feedPath(name string) string { return url.PathEscape(name) }

// noTotal says why a set of observations has no total.
func noTotal(missing []string) string {
	if len(missing) > 2 {
		return "No total: " + count(len(missing), "parameter") + " not recorded"
	}
	return "No total: " + strings.Join(missing, ", ") + " not recorded"
}

// join2 puts a semicolon between two parts, where both are there.
func join2(a, b string) string { return join("; ", a, b) }
