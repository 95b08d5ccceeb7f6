package harmonise

import (
	"testing"
	"testing/fstest"
)

// TestReadCatalogue: a table and a list are read alike, and what is wrong is told
// with its file, line and rule.
func TestReadCatalogue(t *testing.T) {
	c, problems := Read("R1K", map[string][]byte{
		"results.csv": []byte("\xef\xbb\xbfcode,NAME,unit,uses\nHGB,\"Hb, whole blood\",g/dL,12\n"),
		"drugs.yaml":  []byte("- {code: D1, name: Amlodipine 5mg tablets, national: {system: 'https://dmd.nhs.uk', code: '39732311000001104'}}\n"),
		"policy.yaml": []byte("same-national-code: [drugs]\nallowed-days: 30\n"),
	}, false)
	if len(problems) > 0 || len(c.Entries) != 2 || c.Policy.AllowedDays != 30 {
		t.Fatalf("%+v %v", c, problems)
	}
	if r := c.Entries[1]; r.Name != "Hb, whole blood" || r.Uses != 12 || r.System != "urn:concord:R1K:code" {
		t.Errorf("%+v", r)
	}
	for rule, files := range map[string]map[string]string{
		"catalogue.column":     {"results.csv": "code,name,colour\n"},
		"catalogue.csv":        {"results.csv": "code,name\nA\n"},
		"catalogue.required":   {"results.csv": "code,name\nA,\n"},
		"catalogue.twice":      {"results.csv": "code,name\nA,x\nA,y\n"},
		"catalogue.national":   {"results.csv": "code,name,national_code\nA,x,1\n"},
		"catalogue.unit":       {"results.csv": "code,name,unit\nA,x,per handful\n"},
		"catalogue.molar-mass": {"results.csv": "code,name,molar_mass\nA,x,-1\n"},
		"catalogue.uses":       {"results.csv": "code,name,uses\nA,x,many\n"},
		"catalogue.text":       {"results.csv": "code,name\nA,\xff\n"},
		"catalogue.policy":     {"policy.yaml": "same-national-code: [shoes]\n"},
		"catalogue.yaml":       {"drugs.yaml": "- {code: A, name: b, size: 3}\n"},
		"catalogue.file":       {"shoes.csv": "code,name\n"},
	} {
		raw := map[string][]byte{}
		for n, text := range files {
			raw[n] = []byte(text)
		}
		if _, problems := Read("QRV", raw, true); len(problems) != 1 || problems[0].Rule != rule || problems[0].File == "" || problems[0].Line < 1 {
			t.Errorf("%s: %v", rule, problems)
		}
	}
	if _, err := Files(fstest.MapFS{"result.csv": {Data: []byte("code,name\n")}}); codeOf(err) != "catalogue.file" {
		t.Errorf("a slip in a name passes: %v", err)
	}
	if _, err := Files(fstest.MapFS{}); codeOf(err) != "catalogue.empty" {
		t.Errorf("an empty folder passes: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("results.csv", []byte("code,name,unit\nA,b,g/L\n"))
	f.Add("drugs.yaml", []byte("- {code: A, name: b}\n"))
	f.Add("policy.yaml", []byte("allowed-days: 3\n"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		c, problems := Read("R1K", map[string][]byte{name: text}, len(text)%2 == 0)
		if (c == nil) == (len(problems) == 0) {
			t.Errorf("neither read nor wrong")
		}
		if c != nil {
			for _, e := range c.Entries {
				if e.Code == "" || e.Name == "" || e.System == "" {
					t.Errorf("%+v", e)
				}
			}
		}
	})
}
