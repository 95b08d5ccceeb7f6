package webui

import (
	"net/http"
	"strings"

	"concord/record/account"
	"concord/standard/uk"
)

// profileTitle names a role profile: our role, and the national one where it
// says more.
func profileTitle(p account.Profile) string {
	title := p.Role.Title()
	if r, ok := uk.FindJobRole(p.JobRole); ok {
		title += " (" + strings.TrimSuffix(r.Title, " Access Role") + ", " + r.Code + ")"
	}
	return title
}

// act is POST /me/role.
func (s *Site) act(v *visit) (*answer, error) {
	key, group, _ := strings.Cut(v.PostFormValue("profile"), "/")
	if err := s.Accounts.Act(v.Context(), s.Door.Secret(v.Request), key, group); err != nil {
		list := formErrors(err, "profile")
		if list == nil {
			return nil, err
		}
		return s.rolePage(v, http.StatusUnprocessableEntity, list)
	}
	return redirect(local(v.PostFormValue("next")))
}
