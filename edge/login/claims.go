package login

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"concord/fault"
	"concord/record/account"
	"concord/standard/uk"
)

// claims are what CIS2 and NHS login tell of a person, in the ID token and at
// the userinfo endpoint
// (https://digital.nhs.uk/services/care-identity-service, https://nhsconnect.github.io/nhslogin/).
type claims struct {
	Subject  string   `json:"sub"`
	AuthTime int64    `json:"auth_time"`
	Party    string   `json:"azp"`
	SID      string   `json:"sid"`
	ACR      string   `json:"acr"`
	Level    loose    `json:"authentication_assurance_level"`
	Name     string   `json:"name"`
	Given    string   `json:"given_name"`
	Family   string   `json:"family_name"`
	UID      string   `json:"uid"`
	UserUID  string   `json:"nhsid_useruid"`
	Selected string   `json:"selected_roleid"`
	Roles    []nrbac  `json:"nhsid_nrbac_roles"`
	NHS      string   `json:"nhs_number"`
	Proofing string   `json:"identity_proofing_level"`
	Vector   string   `json:"vot"`
	Methods  jsonList `json:"amr"`
}

// nrbac is one role of the national directory.
type nrbac struct {
	ID         string   `json:"person_roleid"`
	Org        string   `json:"org_code"`
	Code       string   `json:"role_code"` // "S8000:G8000:R8000"
	Activities []string `json:"activity_codes"`
	Workgroups []string `json:"workgroups_codes"`
}

// loose is a number that some send as text.
type loose string

// UnmarshalJSON reads 3 and "3" alike.
func (l *loose) UnmarshalJSON(b []byte) error {
	*l = loose(strings.Trim(string(b), `"`))
	return nil
}

// jsonList is a list that some send as one text.
type jsonList []string

// UnmarshalJSON reads ["a"] and "a" alike.
func (l *jsonList) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = jsonList{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// level is the authenticator assurance level that a signed token states; one
// that states none is 1.
func (c *claims) level() int {
	said := string(c.Level)
	if said == "" {
		said, _ = strings.CutPrefix(c.ACR, "AAL")
	}
	switch {
	case strings.HasPrefix(said, "3"):
		return 3
	case strings.HasPrefix(said, "2"):
		return 2
	}
	return 1
}

func (c *claims) display() string {
	name := strings.TrimSpace(c.Name)
	if name == "" {
		name = strings.TrimSpace(c.Given + " " + c.Family)
	}
	if name == "" {
		name = "Name not given"
	}
	if r := []rune(name); len(r) > 100 {
		name = string(r[:100])
	}
	return name
}

// staff makes the profiles of a member of staff of the roles that this
// installation knows: in an organisation that it serves, with a job role that
// opens something. Errors: Denied login.level.
func (p *provider) staff(token, info *claims, place func(code string) (org, site string, ok bool)) (account.Outside, error) {
	o := account.Outside{Level: token.level(), Display: info.display(), UID: info.UID}
	if o.UID == "" {
		o.UID = info.UserUID
	}
	if o.Level < p.Level {
		return o, fault.New(fault.Denied, "login.level", "sign in with a smartcard, security key or app: this system asks for more than a password")
	}
	selected := info.Selected
	if token.Selected != "" {
		selected = token.Selected // what is signed goes first
	}
	for _, r := range info.Roles {
		org, site, ok := place(r.Org)
		job := r.Code[strings.LastIndexByte(r.Code, ':')+1:]
		role := account.RoleOf(job)
		if role == "" && ok {
			o.Strange = strange(o.Strange, job)
		}
		if !ok || role == "" || r.ID == "" || len(o.Profiles) >= 200 {
			continue
		}
		o.Profiles = append(o.Profiles, account.Profile{Key: "out-" + r.ID, Role: role, JobRole: job, Org: org, Site: site,
			Activities: fitting(r.Activities, `^B\d{4}$`), Workgroups: fitting(r.Workgroups, `^[A-Za-z0-9-]{2,24}$`)})
		if r.ID == selected {
			o.Chosen = "out-" + r.ID
		}
	}
	return o, nil
}

// strange adds a national job role that opens nothing here to those that are told.
func strange(told []string, job string) []string {
	const most = 10
	if len(fitting([]string{job}, `^R\d{4}$`)) == 0 || len(told) >= most {
		return told
	}
	name := job
	if r, ok := uk.FindJobRole(job); ok {
		name += " " + r.Title
	}
	if slices.Contains(told, name) {
		return told
	}
	return append(told, name)
}

// fitting keeps the codes that look like codes.
func fitting(codes []string, pattern string) []string {
	var out []string
	for _, c := range codes {
		if len(out) < 200 && regexp.MustCompile(pattern).MatchString(c) {
			out = append(out, c)
		}
	}
	return out
}

// patient makes a patient of who proved their identity to the highest level
// (P9) and signed in with two factors. Errors: Denied login.proofing,
// login.number.
func (p *provider) patient(token, info *claims) (account.Outside, error) {
	o := account.Outside{Level: 2, Display: info.display()}
	vector := strings.Split(token.Vector, ".")
	strong := len(vector) == 2 && vector[1] == "Cm" ||
		len(vector) == 3 && vector[1] == "Cp" && (vector[2] == "Cd" || vector[2] == "Ck")
	proofing := token.Proofing
	if proofing == "" {
		proofing = info.Proofing
	}
	if vector[0] != "P9" || !strong || proofing != "P9" {
		return o, fault.New(fault.Denied, "login.proofing", "prove your identity to NHS login first: your record opens to nobody else")
	}
	number := info.NHS
	if token.NHS != "" {
		number = token.NHS
	}
	n, err := uk.ParseNHSNumber(number)
	if err != nil {
		return o, fault.New(fault.Denied, "login.number", "NHS login gave no NHS number that can be used")
	}
	o.NHSNumber = string(n)
	return o, nil
}
