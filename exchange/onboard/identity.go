package onboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"concord/fault"
)

// readAs tells that the extract was staged as a manifest says: read in the same way, and
// of the same time. Where that was put right, the same files are another extract.
func (x *Extract) readAs(m *Manifest) bool {
	return x.encoding() == m.encoding() && x.separator() == m.separator() && x.Taken.Equal(m.Taken)
}

// idFor is the id of an extract that is to be staged: of its files, and where these are
// known (staged, or loaded and dropped) and were read otherwise, of how they are read as well.
func idFor(print string, m *Manifest, known []*Extract) string {
	id := print[:12]
	if slices.ContainsFunc(known, func(x *Extract) bool { return x.ID == id && !x.readAs(m) }) {
		h := sha256.Sum256(fmt.Appendln(nil, print, m.encoding(), m.separator(), m.Taken.Unix()))
		id = hex.EncodeToString(h[:])[:12]
	}
	return id
}

// alsoFrom notes that the extract has come in another folder too.
func (x *Extract) alsoFrom(name string) error {
	if slices.Contains(x.From, name) {
		return nil
	}
	x.From = append(x.From, name)
	return x.save()
}

// fingerprint gives the checksum of each file, and one of all, for which the
// order of files and their compression do not matter.
func fingerprint(ctx context.Context, source string, files []sourceFile) (each1 []string, all string, err error) {
	each1 = make([]string, len(files))
	err = each(ctx, files, func(i int, f sourceFile) error {
		in, err := openSource(source, f, "")
		if err != nil {
			return err
		}
		defer in.Close()
		h := sha256.New()
		if _, err := io.Copy(h, in); err != nil {
			return fault.Wrap(err, fault.Invalid, "onboard.file", "%s cannot be read", f.name)
		}
		each1[i] = hex.EncodeToString(h.Sum(nil))
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	h := sha256.New()
	for _, i := range sortedOrder(files) {
		fmt.Fprintln(h, strings.TrimSuffix(files[i].name, ".gz"), each1[i])
	}
	return each1, hex.EncodeToString(h.Sum(nil)), nil
}

func sortedOrder(files []sourceFile) []int {
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(files[a].name, files[b].name) })
	return order
}
