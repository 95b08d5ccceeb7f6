package login

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"concord/fault"
	"concord/record/access"
	"concord/record/account"
)

// Door lets requesters in.
type Door struct {
	accounts *account.Register
	secure   bool
}

// New makes the door. secure says that browsers reach the server over TLS:
// the cookie is then bound to TLS and to this host.
func New(accounts *account.Register, secure bool) *Door {
	return &Door{accounts: accounts, secure: secure}
}

// Session finds who sits at the browser. Errors: Unauthenticated.
func (d *Door) Session(r *http.Request) (*account.Session, error) {
	c, err := r.Cookie(d.cookieName())
	if err != nil {
		return nil, fault.New(fault.Unauthenticated, "account.session", "sign in to go on")
	}
	return d.accounts.Session(r.Context(), c.Value)
}

// Bearer finds the client behind a token. Errors: Unauthenticated.
func (d *Door) Bearer(r *http.Request) (access.Requester, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return access.Requester{}, fault.New(fault.Unauthenticated, "account.token", "a bearer token is needed")
	}
	return d.accounts.Bearer(r.Context(), strings.TrimSpace(token))
}

// SignIn checks name and password and gives the browser a fresh session; an
// older session of the same browser ends. note is told of every attempt.
// Errors: those of account.SignIn.
func (d *Door) SignIn(w http.ResponseWriter, r *http.Request, name, password string, note account.Note) (*account.Session, error) {
	s, err := d.accounts.SignIn(r.Context(), name, password, Address(r), note)
	if err != nil {
		return nil, err
	}
	if err := d.end(r); err != nil {
		return nil, err
	}
	http.SetCookie(w, d.cookie(s.Secret, int(account.AbsoluteLimit.Seconds())))
	return s, nil
}

// SignOut ends the session and clears the cookie.
func (d *Door) SignOut(w http.ResponseWriter, r *http.Request) error {
	err := d.end(r)
	http.SetCookie(w, d.cookie("", -1))
	return err
}

func (d *Door) end(r *http.Request) error {
	c, err := r.Cookie(d.cookieName())
	if errors.Is(err, http.ErrNoCookie) {
		return nil
	}
	return d.accounts.SignOut(r.Context(), c.Value)
}

func (d *Door) cookieName() string {
	if d.secure {
		return "__Host-concord"
	}
	return "concord"
}

// cookie is SameSite=Lax so that a link from a letter or another system opens
// the record page; requests that change something are guarded by Guard.
func (d *Door) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: d.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode}
}

// Guard refuses what another site's page makes a browser send: every unsafe
// method whose Sec-Fetch-Site or Origin names another origin.
func Guard(next http.Handler, refused http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(refused)
	return p.Handler(next)
}

// Address is the network address of the peer without its port. Headers that a
// client can write are not believed.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
