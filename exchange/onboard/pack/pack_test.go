package pack

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"concord/demo"
	"concord/demo/packs"
	"concord/standard/uk"
)

func demoPack(t testing.TB, code string) *Pack {
	t.Helper()
	dir, err := fs.Sub(packs.FS, code)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := Read(files)
	for _, x := range problems {
		t.Error(x)
	}
	return p
}

// TestDemoPacks: the packs of the demonstration are right, and are of the
// trusts and systems that its messages come from.
func TestDemoPacks(t *testing.T) {
	feeds := map[string]bool{}
	for _, code := range []string{"R1K", "RAS", "RQM", "RYJ", "RV3"} {
		p := demoPack(t, code)
		if p == nil || p.Organisation.Code != code {
			t.Fatalf("the pack of %s is not its own", code)
		}
		for _, f := range p.Feeds {
			feeds[f.Sender+" "+f.Facility] = true
		}
		tr, acute := uk.TrustByCode(code)
		if acute && len(p.Sites) != len(tr.Sites) {
			t.Errorf("%s has %d sites, not %d", code, len(p.Sites), len(tr.Sites))
		}
	}
	for _, f := range demo.Feeds() {
		if !feeds[f.Sender+" "+f.Facility] {
			t.Errorf("no pack has the feed %s", f.Name)
		}
	}
}

const good = `organisation:
  code: R1K
  name: London North West
  kind: acute
  privacy-officer: privacy.bello
sites:
  - code: R1K01
    name: Northwick Park
specialties:
  - code: "300"
    name: General internal medicine
wards:
  - code: Crick
    name: Crick
    site: R1K01
    specialty: "300"
    beds: [Bay 1/Bed 1-6, Side room 1]
`

// TestProblems: each rule is told with its file, line and field.
func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"unknown site", "site: R1K01", "site: R1K09", `a.yaml:15: wards[0].site: "R1K09" is not among the sites of the pack (pack.unknown)`},
		{"unknown specialty", `specialty: "300"`, `specialty: "301"`, `a.yaml:16: wards[0].specialty: "301" is not among the specialties of the pack (pack.unknown)`},
		{"no code", "code: Crick", "code: ''", "a.yaml:13: wards[0].code: code is missing (pack.required)"},
		{"missing altogether", "  kind: acute\n", "", "a.yaml:2: organisation.kind: kind is missing (pack.required)"},
		{"another's site", "code: R1K01", "code: RYJ01", "a.yaml:7: sites[0].code: RYJ01 is a site of RYJ (pack.other-site)"},
		{"no ODS code", "code: R1K\n", "code: r1k\n", `a.yaml:2: organisation.code: "r1k" is no ODS code (pack.ods)`},
		{"a kind that is none", "kind: acute", "kind: cute", `a.yaml:4: organisation.kind: "cute" is none of acute, community, mental-health, ambulance, commissioner (pack.choice)`},
		{"a bed that is none", "Bay 1/Bed 1-6", "Bay 1/Bed 6-1", `a.yaml:17: wards[0].beds: "Bay 1/Bed 6-1" is no bed such as Side room 1, Bay A/1 or Bay A/Bed 1-6 (pack.bed)`},
		{"a bed twice", "Side room 1", "Bay 1/Bed 6", `a.yaml:17: wards[0].beds: beds "Bay 1/Bed 6" is there twice (pack.twice)`},
		{"a field that nobody knows", "    site: R1K01", "    sight: R1K01", "(pack.yaml)"},
		{"no YAML", "organisation:", "organisation", "(pack.yaml)"},
		{"a specialty of two digits", `- code: "300"`, `- code: "30"`, "a.yaml:10: specialties[0].code: a treatment function has three digits (pack.specialty)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.from, c.to, 1)
			if text == good {
				t.Fatal("the case changes nothing")
			}
			p, problems := Read(map[string][]byte{"a.yaml": []byte(text)})
			if p != nil {
				t.Fatal("a pack with a problem was taken")
			}
			var all []string
			for _, x := range problems {
				all = append(all, x.String())
			}
			if got := strings.Join(all, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwithout\n%s", got, c.want)
			}
			if problems[0].Line < 1 || problems[0].File != "a.yaml" {
				t.Errorf("no place: %v", problems[0])
			}
		})
	}
}

func TestSectionsOfSeveralFiles(t *testing.T) {
	head, tail, _ := strings.Cut(good, "wards:")
	more := "wards:\n  - code: Haldane\n    name: Haldane\n    site: R1K77\n"
	_, problems := Read(map[string][]byte{"a.yaml": []byte(head), "b.yaml": []byte("wards:" + tail), "c.yaml": []byte(more)})
	if len(problems) != 1 || problems[0].File != "c.yaml" || problems[0].Line != 4 || problems[0].Field != "wards[0].site" {
		t.Errorf("the problem is not told where it stands: %v", problems)
	}
	if _, problems = Read(map[string][]byte{"a.yaml": []byte(good), "b.yaml": []byte(head[:strings.Index(head, "sites:")])}); len(problems) != 1 || problems[0].Rule != "pack.twice" {
		t.Errorf("two organisations in one pack: %v", problems)
	}
	if _, err := Files(fstest.MapFS{"readme.txt": {Data: []byte("x")}}); err == nil {
		t.Error("an empty folder was taken for a pack")
	}
}

func TestTextReadsBack(t *testing.T) {
	for _, code := range []string{"R1K", "RV3"} {
		p := demoPack(t, code)
		text, err := p.Text()
		if err != nil {
			t.Fatal(err)
		}
		q, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if d := Diff(p, q); len(d) != 0 {
			t.Errorf("what is kept is not what was read: %v", d)
		}
	}
}

func TestDiff(t *testing.T) {
	read := func(text string) *Pack {
		p, problems := Read(map[string][]byte{"a.yaml": []byte(text)})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return p
	}
	a := read(good)
	b := read(strings.NewReplacer("name: Crick", "name: Crick ward", "Side room 1", "Side room 1-2", "name: London North West", "name: LNWH").Replace(good) +
		"  - code: James\n    name: James\n    site: R1K01\n")
	var got []string
	for _, c := range Diff(a, b) {
		got = append(got, c.String())
	}
	want := "changed  organisation R1K\n           name: London North West → LNWH\n" +
		"changed  wards Crick\n           name: Crick → Crick ward\n           beds: Bay 1/Bed 1-6, Side room 1 → Bay 1/Bed 1-6, Side room 1-2\n" +
		"added    wards James"
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nnot\n%s", s, want)
	}
	if d := Diff(b, a); d[len(d)-1].What != Removed || d[len(d)-1].Key != "James" {
		t.Errorf("%v", d)
	}
	if d := Diff(nil, a); len(d) != 4 {
		t.Errorf("of a new pack %d entries are told, not 4", len(d))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(good)
	f.Add("organisation: {code: R1K}\nwards: [{}]\nsites: [1]")
	f.Add("a: &a [*a]")
	f.Add("- \x00")
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := Read(map[string][]byte{"a.yaml": []byte(text)})
		if p == nil && len(problems) == 0 {
			t.Fatal("no pack, and nothing said against it")
		}
		for _, x := range problems {
			if x.Line < 1 || x.Rule == "" {
				t.Fatalf("a problem without a place: %+v", x)
			}
		}
		if p != nil {
			p.entities()
		}
	})
}
