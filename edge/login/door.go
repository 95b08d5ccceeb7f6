package login

import (
	"errors"
	"net"
	"net/http"
	"net/url"

	"concord/record/account"
)

// Door lets requesters in.
type Door struct {
	accounts *account.Register
	secure   bool
	place    account.Place
}

// New makes the door. secure says that browsers reach the server over TLS:
// cookies are then bound to TLS and to this host.
func New(accounts *account.Register, secure bool) *Door {
	return &Door{accounts: accounts, secure: secure}
}

// At tells the door the public address of the pages, so that passkeys can be
// bound to it: never the host that a request names, which its sender chooses.
// Passkeys need a name, and TLS beyond this machine; a server on a loopback
// address is reached as localhost.
func (d *Door) At(baseURL string) *Door {
	u, err := url.Parse(baseURL)
	if err != nil {
		return d
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil {
		if !ip.IsLoopback() {
			return d
		}
		host = "localhost"
	}
	if host == "" || u.Scheme != "https" && host != "localhost" {
		return d
	}
	origin := u.Scheme + "://" + host
	if p := u.Port(); p != "" {
		origin += ":" + p
	}
	d.place = account.Place{Domain: host, Origin: origin}
	return d
}

// Place is where passkeys are bound to; its zero says that there can be none.
func (d *Door) Place() account.Place { return d.place }

// Session finds who sits at the browser, with a session that is open. Errors:
// Unauthenticated.
func (d *Door) Session(r *http.Request) (*account.Session, error) {
	return d.accounts.Session(r.Context(), d.Secret(r))
}

// Look finds the session of the browser in whatever state. Errors:
// Unauthenticated.
func (d *Door) Look(r *http.Request) (*account.Session, error) {
	return d.accounts.Look(r.Context(), d.Secret(r))
}

// Secret is what the browser holds of its session, or "".
func (d *Door) Secret(r *http.Request) string { return d.held(r, "") }

// Ticket is what the browser holds of a sign-in that waits for its second
// factor, or "".
func (d *Door) Ticket(r *http.Request) string { return d.held(r, "-step") }

func (d *Door) held(r *http.Request, what string) string {
	c, err := r.Cookie(d.cookieName() + what)
	if err != nil {
		return ""
	}
	return c.Value
}

// Attempt is what a request tells of who tries to sign in.
func (d *Door) Attempt(r *http.Request, note account.Note) account.Attempt {
	return account.Attempt{Address: Address(r), Known: d.held(r, "-device"), Browser: Browser(r.UserAgent()), Note: note}
}

// SignIn checks name and password and admits the browser as far as that leads.
// note is told of every attempt. Errors: those of account.SignIn.
func (d *Door) SignIn(w http.ResponseWriter, r *http.Request, name, password string, note account.Note) (*account.Step, error) {
	step, err := d.accounts.SignIn(r.Context(), name, password, d.Attempt(r, note))
	if err != nil {
		return nil, err
	}
	return step, d.Admit(w, r, step)
}

// Admit gives the browser what a sign-in has come to: the ticket of one that
// waits, or a fresh session. An older session of the same browser ends.
func (d *Door) Admit(w http.ResponseWriter, r *http.Request, step *account.Step) error {
	if step.Session == nil {
		http.SetCookie(w, d.cookie("-step", step.Ticket, 600))
		return nil
	}
	if err := d.end(r); err != nil {
		return err
	}
	http.SetCookie(w, d.cookie("", step.Secret, int(account.AbsoluteLimit.Seconds())))
	if d.Ticket(r) != "" {
		http.SetCookie(w, d.cookie("-step", "", -1))
	}
	if step.Device != "" {
		http.SetCookie(w, d.cookie("-device", step.Device, int(account.DeviceLife.Seconds())))
	}
	return nil
}

// SignOut ends the session and clears its cookie.
func (d *Door) SignOut(w http.ResponseWriter, r *http.Request) error {
	err := d.end(r)
	http.SetCookie(w, d.cookie("", "", -1))
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
func (d *Door) cookie(what, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: d.cookieName() + what, Value: value, Path: "/", MaxAge: maxAge,
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
