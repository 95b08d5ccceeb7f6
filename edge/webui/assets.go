package webui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
)

//go:embed static/* vendored/*.css vendored/*.js vendored/*.svg vendored/*.woff2
var files embed.FS

// asset is one static file, ready to send.
type asset struct {
	url, kind   string
	plain, gzip []byte
}

// assets are the static files by name. Each has its content's hash in its
// URL, so that browsers keep it for good.
type assets struct {
	byName map[string]*asset
	byURL  map[string]*asset
}

// loadAssets reads the embedded files and adds the organisations' colours.
// Files that name others (style sheets, modules) come after those.
func loadAssets(orgs string) (*assets, error) {
	a := &assets{byName: map[string]*asset{}, byURL: map[string]*asset{}}
	var late []string
	for _, dir := range []string{"vendored", "static"} {
		entries, err := fs.ReadDir(files, dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := dir + "/" + e.Name()
			if ext := path.Ext(name); ext == ".css" || ext == ".js" && dir == "static" {
				late = append(late, name)
				continue
			}
			if err := a.load(name); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range late {
		if err := a.load(name); err != nil {
			return nil, err
		}
	}
	return a, a.add("orgs.css", []byte(orgs))
}

func (a *assets) load(name string) error {
	b, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	return a.add(path.Base(name), b)
}

// named is how a style sheet or module refers to another asset.
func named() *regexp.Regexp {
	return regexp.MustCompile(`(?:/assets/images/|@asset/)([A-Za-z0-9._-]+)`)
}

func (a *assets) add(name string, b []byte) error {
	kind := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".woff2" {
		kind = "font/woff2"
	}
	if strings.HasPrefix(kind, "text/") {
		var missing string
		b = named().ReplaceAllFunc(b, func(m []byte) []byte {
			other := string(named().FindSubmatch(m)[1])
			if x := a.byName[other]; x != nil {
				return []byte(x.url)
			}
			missing = other
			return m
		})
		if missing != "" {
			return fmt.Errorf("webui: %s refers to %s, which is not there", name, missing)
		}
	}
	sum := sha256.Sum256(b)
	x := &asset{url: "/static/" + hex.EncodeToString(sum[:6]) + "/" + name, kind: kind, plain: b}
	if kind != "font/woff2" {
		var z bytes.Buffer
		w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
		if err != nil {
			return err
		}
		w.Write(b) // into memory: cannot fail
		if err := w.Close(); err != nil {
			return err
		}
		x.gzip = z.Bytes()
	}
	a.byName[name], a.byURL[x.url] = x, x
	return nil
}

// url is where an asset is; an unknown name is a programmer's mistake that
// every test of a page finds.
func (a *assets) url(name string) string {
	x := a.byName[name]
	if x == nil {
		panic("webui: no asset " + name)
	}
	return x.url
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := a.byURL[r.URL.Path]
	if x == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", x.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	body := x.plain
	if x.gzip != nil {
		h.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = x.gzip
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.Write(body)
}

// orgStyles writes the badges' and lanes' colours of the deployment.
func orgStyles(orgs []Org) string {
	colour := regexp.MustCompile(`^#[0-9a-fA-F]{3,8}$`)
	var b strings.Builder
	for _, o := range orgs {
		if !colour.MatchString(o.Tint) || !colour.MatchString(o.Ink) {
			continue
		}
		class := orgClass(o.Code)
		fmt.Fprintf(&b, ".%s{--tint:%s;--ink:%s}\n", class, o.Tint, o.Ink)
	}
	return b.String()
}

// orgClass is the CSS class of an organisation.
func orgClass(code string) string {
	clean := regexp.MustCompile(`[^A-Za-z0-9]`).ReplaceAllString(code, "")
	return "org-" + clean
}
