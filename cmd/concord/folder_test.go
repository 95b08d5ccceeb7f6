package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"concord/fault"
)

// TestLinksOutOfFolders: a link that leads out of a folder that an operator names, to a
// file or to another folder, is refused and named, whatever the folder is for; one
// within it, and the folder itself being a link, are as ever.
func TestLinksOutOfFolders(t *testing.T) {
	outside := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	const forbids = `@id("x") @says("No.") forbid (principal, action == Action::"export", resource);`
	reads := map[string]struct {
		name, text string
		read       func(dir string) error
	}{
		"--policies": {"x.cedar", forbids, func(dir string) error { _, err := (deciding{Policies: dir}).policies(); return err }},
		"--profiles": {"x.json", `{"resourceType":"ValueSet","url":"http://example.org/v","status":"active"}`,
			func(dir string) error { _, _, _, err := (rules{Profiles: []string{dir}}).load(); return err }},
		"an org pack":  {"wards.yaml", "wards: []\n", func(dir string) error { return (&orgCheckCmd{Packs: []string{dir}, JSON: true}).Run() }},
		"its numbers":  {"wards.yaml", "wards: []\n", func(dir string) error { _, err := numberingIn(dir, "R1K"); return err }},
		"its channels": {"x.yaml", "channels: []\n", func(dir string) error { _, err := readChannels(dir, "R1K", false); return err }},
	}
	refused := func(err error) bool { return fault.Of(err) != nil && fault.Of(err).Code == "cli.link" }
	for what, c := range reads {
		t.Run(what, func(t *testing.T) {
			write(filepath.Join(outside, c.name), c.text)
			for how, lead := range map[string]func(dir string) string{
				"absolute": func(dir string) string {
					link(filepath.Join(outside, c.name), filepath.Join(dir, c.name))
					return c.name
				},
				"relative": func(dir string) string {
					up, _ := filepath.Rel(dir, filepath.Join(outside, c.name))
					link(up, filepath.Join(dir, c.name))
					return c.name
				},
				"a folder": func(dir string) string { link(outside, filepath.Join(dir, "sub")); return "sub" },
				"deeper":   func(dir string) string { link(outside, filepath.Join(dir, "a", "b", "sub")); return "sub" },
			} {
				dir := t.TempDir()
				name := lead(dir)
				if err := c.read(dir); !refused(err) || !strings.Contains(fault.Of(err).Text, name) {
					t.Errorf("%s: %v", how, err)
				}
			}
			within := t.TempDir()
			write(filepath.Join(within, "..data", c.name), c.text)
			link(filepath.Join("..data", c.name), filepath.Join(within, c.name))
			link("gone", filepath.Join(within, ".#"+c.name))
			itself := filepath.Join(t.TempDir(), "itself")
			link(within, itself)
			for _, dir := range []string{within, itself} {
				if err := c.read(dir); refused(err) {
					t.Errorf("within: %v", err)
				}
			}
		})
	}
	// What becomes a link after it was looked at is not read either.
	dir := t.TempDir()
	write(filepath.Join(dir, "x.cedar"), forbids)
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(dir, "x.cedar"))
	link(filepath.Join(outside, "x.cedar"), filepath.Join(dir, "x.cedar"))
	if file, err := f.Open("x.cedar"); err == nil {
		file.Close()
		t.Error("a link that came since is followed")
	}
}

// TestFolderThatIsNotThere: a folder that an operator names and that is not there is
// named, whatever it is for; and nobody looks through the folder in which it would lie
// for links, nor through that of channels which stand outside of a pack.
func TestFolderThatIsNotThere(t *testing.T) {
	in := t.TempDir()
	if err := os.Symlink(t.TempDir(), filepath.Join(in, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(in, "none")
	_, policies := (deciding{Policies: none}).policies()
	_, _, channels := channelFolder(none, "")
	_, numbers := numberingIn(none, "R1K")
	for what, err := range map[string]error{
		"--policies": policies, "channels": channels, "numbers": numbers,
		"an org pack": (&orgCheckCmd{Packs: []string{none}, JSON: true}).Run(),
	} {
		if f := fault.Of(err); f == nil || f.Code != "cli.folder" || !strings.Contains(f.Error(), none) {
			t.Errorf("%s: %v", what, err)
		}
	}
	loose := filepath.Join(in, "loose")
	if err := os.Mkdir(loose, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := channelFolder(loose, ""); fault.Of(err) == nil || fault.Of(err).Code != "cli.channels" {
		t.Errorf("channels outside of a pack: %v", err)
	}
}
