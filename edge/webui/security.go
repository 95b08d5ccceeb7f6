package webui

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// securityView is what the page of one's own sign-in shows.
type securityView struct {
	Factors  account.Factors
	Must     bool   // their organisation asks for more than they have
	Passkeys bool   // can be added here
	Outside  string // what their identity provider is called, "" = they sign in here
	Patient  bool
	Done     string
	Errors   []fieldError
	Next     string
}

// security is /me/security: what the person signs in with.
func (s *Site) security(v *visit) (*answer, error) {
	return s.securityPage(v, 0, securityView{Done: securityDone(v.URL.Query().Get("done")), Next: local(v.URL.Query().Get("next"))})
}

func (s *Site) securityPage(v *visit, status int, x securityView) (*answer, error) {
	a := v.session.Account
	var err error
	if x.Factors, err = s.Accounts.Factors(v.Context(), a.Name); err != nil {
		return nil, err
	}
	x.Must, x.Passkeys = v.session.State == account.Enrol, s.Door.Place().Domain != ""
	x.Outside, x.Patient = s.providerTitle(a.Provider), a.Role == access.Patient
	return &answer{status: status, frame: frame{Title: "Sign-in and security", Nav: "me", Forms: true},
		body: securityBody(x, s.Zone)}, nil
}

func securityDone(done string) string {
	return map[string]string{"passkey": "The passkey is added.", "app": "The authenticator app is added.",
		"app-gone": "The authenticator app is removed.", "passkey-gone": "The passkey is removed."}[done]
}

// noteChange puts a change of how somebody signs in into the audit, before it
// takes effect.
func (s *Site) noteChange(v *visit, what string) error {
	errand := s.Desk.For(v.session.Account.Requester(), v.why)
	err := errand.Note(v.Context(), access.SignIn, what, nil)
	if fault.Is(err, fault.Denied) && v.session.Account.Role == "" {
		return nil // no role is chosen yet: the entry says so, and the change is the person's own
	}
	return err
}

// addApp is /me/security/app: the key of a new authenticator app.
func (s *Site) addApp(v *visit) (*answer, error) { return s.appPage(v, 0, nil) }

func (s *Site) appPage(v *visit, status int, errors []fieldError) (*answer, error) {
	k, err := s.Accounts.StartApp(v.Context(), v.session.Account.Name)
	if err != nil {
		return nil, err
	}
	path, size, err := qrPath(k.URL)
	if err != nil {
		return nil, err
	}
	return &answer{status: status, frame: frame{Title: "Add an authenticator app", Nav: "me", Forms: true},
		body: appBody(groups(k.Secret), path, size, errors)}, nil
}

// groups writes a key in groups of four, to be typed.
func groups(key string) string {
	var b strings.Builder
	for n, c := range key {
		if n > 0 && n%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// qrPath draws a QR code as the path of an SVG of size modules a side.
func qrPath(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", 0, fault.Wrap(err, fault.Internal, "webui.qr", "the QR code could not be drawn")
	}
	var b strings.Builder
	size = code.Bounds().Dx()
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				b.WriteString("M" + strconv.Itoa(x+4) + " " + strconv.Itoa(y+4) + "h1v1h-1z")
			}
		}
	}
	return b.String(), size + 8, nil
}

// finishApp is POST /me/security/app. With the first factor come the recovery
// codes.
func (s *Site) finishApp(v *visit) (*answer, error) {
	before, err := s.Accounts.Factors(v.Context(), v.session.Account.Name)
	if err != nil {
		return nil, err
	}
	if err := s.noteChange(v, "add authenticator app"); err != nil {
		return nil, err
	}
	if err := s.Accounts.FinishApp(v.Context(), v.session.Account.Name, v.PostFormValue("code")); err != nil {
		list := formErrors(err, "code")
		if list == nil {
			return nil, err
		}
		return s.appPage(v, http.StatusUnprocessableEntity, list)
	}
	return s.afterAdding(v, before, "app")
}

func (s *Site) afterAdding(v *visit, before account.Factors, done string) (*answer, error) {
	if before.Any() {
		return redirect("/me/security?done=" + done)
	}
	return s.newCodes(v)
}

// newCodes shows fresh recovery codes, once.
func (s *Site) newCodes(v *visit) (*answer, error) {
	if err := s.noteChange(v, "new recovery codes"); err != nil {
		return nil, err
	}
	codes, err := s.Accounts.NewRecoveryCodes(v.Context(), v.session.Account.Name)
	if err != nil {
		return nil, err
	}
	return &answer{frame: frame{Title: "Recovery codes", Nav: "me"}, body: codesBody(codes)}, nil
}

// askNewPasskey is POST /me/security/passkey/ask: what the browser is to make.
func (s *Site) askNewPasskey(v *visit) (*answer, error) {
	ticket, options, err := s.Accounts.StartPasskey(v.Context(), v.session.Account.Name, s.Door.Place())
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(asked{ticket, options})
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "webui.passkey", "the passkey could not be begun")
	}
	return &answer{json: body}, nil
}

// addPasskey is POST /me/security/passkey.
func (s *Site) addPasskey(v *visit) (*answer, error) {
	name := v.session.Account.Name
	before, err := s.Accounts.Factors(v.Context(), name)
	if err != nil {
		return nil, err
	}
	if err := s.noteChange(v, "add passkey"); err != nil {
		return nil, err
	}
	err = s.Accounts.FinishPasskey(v.Context(), name, v.PostFormValue("ticket"), v.PostFormValue("title"), []byte(v.PostFormValue("answer")), s.Door.Place())
	if f := fault.Of(err); err != nil && (f.Kind == fault.Invalid || f.Code == "account.step") {
		return s.securityPage(v, http.StatusUnprocessableEntity, securityView{Errors: []fieldError{{"title", sentenceOf(f.Text)}}})
	}
	if err != nil {
		return nil, err
	}
	return s.afterAdding(v, before, "passkey")
}

// changeSecurity is POST /me/security: removing, and new recovery codes.
func (s *Site) changeSecurity(v *visit) (*answer, error) {
	name, do := v.session.Account.Name, v.PostFormValue("do")
	if do == "codes" {
		return s.newCodes(v)
	}
	var err error
	switch do {
	case "app-gone":
		if err = s.noteChange(v, "remove authenticator app"); err == nil {
			err = s.Accounts.DropApp(v.Context(), name)
		}
	case "passkey-gone":
		if err = s.noteChange(v, "remove passkey"); err == nil {
			err = s.Accounts.DropPasskey(v.Context(), name, v.PostFormValue("id"))
		}
	default:
		return redirect("/me/security")
	}
	if f := fault.Of(err); err != nil && f.Kind == fault.Conflict {
		return s.securityPage(v, http.StatusConflict, securityView{Errors: []fieldError{{"factors", sentenceOf(f.Text)}}})
	}
	if err != nil {
		return nil, err
	}
	return redirect("/me/security?done=" + do)
}
