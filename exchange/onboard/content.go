package onboard

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"concord/fault"
	"concord/standard/fhir"
)

// Content of documents lies in the extract's stage, each file under the SHA-256 of what
// it holds. The staged row names it so: "sha256:HEX;TYPE", several with a space between.
const contentMark = "sha256:"

// mostContent is how large one file of a document may be, in bytes.
const mostContent = 16 << 20

// contentOf gives the content that a document's row names as it is staged: kept, where
// the row names a file of the extract, and why the row is refused, "" if it is not. An
// address elsewhere stays what it is.
func (j *job) contentOf(file []byte) (staged []byte, wrong string, err error) {
	name := strings.ReplaceAll(string(file), `\`, "/")
	switch {
	case name == "" || strings.Contains(name, "://") || strings.HasPrefix(name, "urn:"):
		return file, "", nil
	case j.file.form != formTable: // it came within the resource
		return file, "", nil
	case strings.HasPrefix(name, contentMark) && j.part > 1 && j.extract.holdsContent(name): // a row of a stream, mended
		return file, "", nil
	}
	root, err := os.OpenRoot(j.source)
	if err != nil {
		return nil, "", cannotRead(err, j.file.name)
	}
	defer root.Close()
	in, err := root.Open(path.Clean(name)) // nothing outside the folder, by no way
	if err != nil {
		return file, wrongNoFile, nil
	}
	defer in.Close()
	if st, err := in.Stat(); err != nil || !st.Mode().IsRegular() {
		return file, wrongNoFile, nil
	} else if st.Size() > mostContent {
		return file, wrongLong, nil
	}
	b, err := io.ReadAll(io.LimitReader(in, mostContent+1))
	if err != nil {
		return nil, "", cannotRead(err, j.file.name)
	}
	kept, err := j.extract.keepContent(b, contentType(name))
	return []byte(kept), "", err
}

// contentType is the media type of a file by its name.
func contentType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".pdf":
		return "application/pdf"
	case ".txt":
		return "text/plain"
	case ".rtf":
		return "application/rtf"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".tif", ".tiff":
		return "image/tiff"
	case ".htm", ".html":
		return "text/html"
	case ".xml":
		return "application/xml"
	}
	return "application/octet-stream"
}

// inline keeps the content that a resource carries within it, and gives how a row names
// it, "" when it carries none; whole is false when there is some that cannot be read.
func (j *job) inline(doc *fhir.Value) (names string, whole bool, err error) {
	var out []string
	for c := range doc.Get("content").Each() {
		a := c.Get("attachment")
		data := a.StrAt("data")
		if data == "" {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(data)
		if err != nil || len(b) == 0 || len(b) > mostContent {
			return "", false, nil
		}
		kept, err := j.extract.keepContent(b, strings.Join(strings.Fields(a.StrAt("contentType")), ""))
		if err != nil {
			return "", false, err
		}
		out = append(out, kept)
	}
	return strings.Join(out, " "), true, nil
}

func (x *Extract) contentPath(sum string) string {
	if len(sum) != 2*sha256.Size || strings.Trim(sum, "0123456789abcdef") != "" {
		return x.path("content", "none")
	}
	return x.path("content", sum[:2], sum)
}

// keepContent keeps content once. It is not synced: there may be a million files, and
// one that a power cut has taken is missed by its hash when it is loaded.
func (x *Extract) keepContent(b []byte, typ string) (string, error) {
	h := sha256.Sum256(b)
	sum := hex.EncodeToString(h[:])
	at := x.contentPath(sum)
	if _, err := os.Stat(at); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return "", unstaged(err)
		}
		if err := placed(at, b); err != nil {
			return "", err
		}
	}
	if typ == "" {
		typ = "application/octet-stream"
	}
	return contentMark + sum + ";" + typ, nil
}

// placed writes a file whole or not at all, beside others that write the same.
func placed(at string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(at), ".new-")
	if err != nil {
		return unstaged(err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), at)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return unstaged(err)
}

// namedContent cuts what a staged row names.
func namedContent(file string) (list [][2]string) {
	if !strings.HasPrefix(file, contentMark) {
		return nil
	}
	for _, one := range strings.Fields(file) {
		sum, typ, _ := strings.Cut(strings.TrimPrefix(one, contentMark), ";")
		list = append(list, [2]string{sum, typ})
	}
	return list
}

func (x *Extract) holdsContent(file string) bool {
	for _, c := range namedContent(file) {
		if _, err := os.Stat(x.contentPath(c[0])); err != nil {
			return false
		}
	}
	return true
}

// attachments are the contents of a document as FHIR has them; nil where the row names
// none that is staged. Error: Internal "onboard.damaged".
func (x *Extract) attachments(file, title string) (out []*fhir.Value, size int, err error) {
	for _, c := range namedContent(file) {
		b, err := os.ReadFile(x.contentPath(c[0]))
		if err != nil {
			return nil, 0, fault.Wrap(err, fault.Internal, "onboard.damaged", "the content of a document is no longer in the stage: stage the extract again")
		}
		if h := sha256.Sum256(b); hex.EncodeToString(h[:]) != c[0] {
			return nil, 0, damaged()
		}
		sum := sha1.Sum(b) // Attachment.hash is SHA-1 (https://hl7.org/fhir/R4/datatypes.html#Attachment)
		out = append(out, fhir.Obj("attachment", fhir.Obj("contentType", c[1], "data", base64.StdEncoding.EncodeToString(b), "size", len(b),
			"hash", base64.StdEncoding.EncodeToString(sum[:]), "title", title)))
		size += len(b)
	}
	return out, size, nil
}

// ContentNames is how a staged row names the contents of a document: to hold a row
// against what the record has.
func ContentNames(doc *fhir.Value) string {
	var out []string
	for c := range doc.Get("content").Each() {
		a := c.Get("attachment")
		b, err := base64.StdEncoding.DecodeString(a.StrAt("data"))
		if err != nil || len(b) == 0 {
			continue
		}
		h := sha256.Sum256(b)
		out = append(out, contentMark+hex.EncodeToString(h[:])+";"+a.StrAt("contentType"))
	}
	return strings.Join(out, " ")
}
