package webui

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"concord/care/chart"
	"concord/exchange/onboard/harmonise"
	"concord/record/access"
)

// tableView is what an organisation's living feeds go by.
type tableView struct {
	Ever      bool // something was published, be it withdrawn since
	Version   string
	At        chart.When
	By, Why   string
	Withdrawn bool
	Broken    bool // it cannot be read: messages wait
	Mapped    int
	Stays     int
	Differs   int    // codes on which the build says something else
	Heard     int    // open codes that messages have
	Done      string // what has just been done
}

func (s *Site) tableOf(v *visit, b *harmonise.Build, items []harmonise.Item) (tableView, error) {
	k, err := s.Harmony.Published(v.Context(), b.Org)
	if err != nil {
		return tableView{}, err
	}
	x := tableView{Done: v.URL.Query().Get("published")}
	for i := range items {
		if items[i].State == harmonise.Open && items[i].Heard > 0 {
			x.Heard++
		}
	}
	if k == nil {
		x.Differs = b.Table().Differs(nil)
		return x, nil
	}
	x.Ever, x.At, x.By, x.Why, x.Withdrawn, x.Broken = true, s.at().Moment(k.At), k.By, k.Why, k.Withdrawn, k.Err != nil
	x.Differs = b.Table().Differs(k.Table)
	if k.Table != nil {
		x.Version, x.Mapped, x.Stays = k.Version, len(k.Codes), len(k.Stays)
	}
	return x, nil
}

// publishBuild is POST /onboard/{org}/build/publish: the codes of living feeds are
// written by the build as it stands, or as they are sent, from now on.
func (s *Site) publishBuild(v *visit) (*answer, error) {
	org, why, withdraw := v.PathValue("org"), strings.TrimSpace(v.PostFormValue("why")), v.PostFormValue("do") == "withdraw"
	what := map[bool]string{false: "published", true: "withdrawn"}[withdraw]
	if err := v.errand.Joining(v.Context(), access.Harmonise, org, "build of "+org+": "+what+" for its feeds"); err != nil {
		return nil, err
	}
	if n := utf8.RuneCountInString(why); n < 4 || n > 300 {
		return s.buildPage(v, http.StatusUnprocessableEntity, []fieldError{{"why", "Give a reason of 4 to 300 characters"}})
	}
	changed, err := s.Harmony.Publish(v.Context(), org, v.who().Org+"/"+v.who().ID, why, withdraw)
	if err != nil {
		return nil, err
	}
	if !changed {
		what = "same"
	}
	return redirect("/onboard/" + org + "/build?published=" + what)
}

// publishedWords tells what has just been done.
func publishedWords(done string) string {
	switch done {
	case "published":
		return "Published. Messages that come from now on are written by it."
	case "withdrawn":
		return "Withdrawn. Messages that come from now on are written as they are sent."
	case "same":
		return "Nothing is to be changed: the feeds go by it already."
	}
	return ""
}
