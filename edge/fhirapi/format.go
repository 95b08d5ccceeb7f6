package fhirapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// The formats (https://hl7.org/fhir/R4/http.html#mime-type).
const (
	typeJSON      = "application/fhir+json"
	typeXML       = "application/fhir+xml"
	typeJSONPatch = "application/json-patch+json"
)

// formatOf reads a MIME type or the short form of _format: "json", "xml", or
// "" for anything else. FHIR versions other than 4.0 are not served.
func formatOf(s string) string {
	t, params, err := mime.ParseMediaType(s)
	if err != nil && t == "" {
		t = strings.ToLower(strings.TrimSpace(s))
	}
	if v := params["fhirversion"]; v != "" && v != "4.0" && v != "4.0.1" {
		return ""
	}
	switch t {
	case "json", "text/json", "application/json", typeJSON, "application/json+fhir", typeJSONPatch:
		return "json"
	case "xml", "text/xml", "application/xml", typeXML, "application/xml+fhir":
		return "xml"
	}
	return ""
}

// wanted is the format that an answer is asked in: _format, else the first of
// Accept that is served; "" when none is.
func wanted(r *http.Request) string {
	if f := general(r, "_format"); f != "" {
		return formatOf(strings.ReplaceAll(f, " ", "+")) // a plus that the query string has decoded
	}
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if accept == "" {
		return "json"
	}
	best, quality := "", 0.0
	for _, part := range strings.Split(accept, ",") {
		t, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if v, ok := params["q"]; ok {
			if json.Unmarshal([]byte(v), &q) != nil {
				q = 0
			}
		}
		f := formatOf(part)
		if t == "*/*" || t == "application/*" {
			f = "json"
		}
		if f != "" && q > quality {
			best, quality = f, q
		}
	}
	return best
}

// general is a general parameter (https://hl7.org/fhir/R4/http.html#parameters): of
// the query, else of the form that is posted.
func general(r *http.Request, name string) string {
	if v := r.URL.Query().Get(name); v != "" {
		return v
	}
	return r.PostForm.Get(name)
}

// encode writes an answer in the format asked for.
func encode(r *http.Request, v *fhir.Value) (body []byte, contentType string) {
	pretty := general(r, "_pretty") == "true"
	if wanted(r) == "xml" {
		if pretty {
			return v.AppendXMLIndented(make([]byte, 0, 2048)), typeXML + "; charset=utf-8"
		}
		return v.AppendXML(make([]byte, 0, 2048)), typeXML + "; charset=utf-8"
	}
	body = v.Append(make([]byte, 0, 2048))
	if pretty {
		var b bytes.Buffer
		if json.Indent(&b, body, "", "  ") == nil {
			body = append(b.Bytes(), '\n')
		}
	}
	return body, typeJSON + "; charset=utf-8"
}

// text takes the body of a request, unpacked, within the limit of its size.
func (a *api) text(r *http.Request) ([]byte, error) {
	var from io.Reader = r.Body
	switch enc := strings.ToLower(r.Header.Get("Content-Encoding")); enc {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, fault.New(fault.Invalid, "fhir.encoding", "the body is not gzip")
		}
		from = io.LimitReader(z, a.MaxBytes+1)
	default:
		return nil, fault.New(fault.Unsupported, "fhir.content-type", "a body may be packed as gzip only").In("http.content-encoding")
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > a.MaxBytes {
		return nil, &http.MaxBytesError{Limit: a.MaxBytes}
	}
	if len(text) == 0 {
		return nil, fault.New(fault.Invalid, "fhir.empty", "a resource is expected in the body")
	}
	return text, nil
}

// utf8Said tells whether a content type names no charset but the one of FHIR
// (https://hl7.org/fhir/R4/http.html#mime-type).
func utf8Said(contentType string) bool {
	_, params, _ := mime.ParseMediaType(contentType)
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "utf8", "us-ascii":
		return true
	}
	return false
}

// body reads and parses the resource of a request.
func (a *api) body(r *http.Request) (*fhir.Value, error) {
	ct := r.Header.Get("Content-Type")
	format := formatOf(ct)
	if ct == "" {
		format = "json"
	}
	if format == "" || strings.Contains(ct, "patch") {
		return nil, fault.New(fault.Unsupported, "fhir.content-type", "a resource is sent as application/fhir+json or application/fhir+xml")
	}
	if !utf8Said(ct) {
		return nil, fault.New(fault.Unsupported, "fhir.content-type", "a resource is sent in UTF-8")
	}
	text, err := a.text(r)
	if err != nil {
		return nil, err
	}
	v, err := parsed(format, text)
	if err != nil {
		return nil, err
	}
	if fhir.R4().Number(v.Type()) == 0 {
		return nil, fault.New(fault.Invalid, "fhir.type", "resourceType names no R4 resource type").In("resourceType")
	}
	return v, nil
}
