package onboard

import (
	"time"

	"concord/record"
)

// feedKey is the business key under which the trust's feed speaks of what the
// row is, so that after the switch it goes on with that; "" when a feed has no
// key that the row could tell.
func (m *maker) feedKey() string {
	switch m.class.Name {
	case "encounters":
		return record.BusinessKey("visit", m.at("key"))
	case "appointments":
		return record.BusinessKey("appointment", m.at("key"))
	case "documents":
		return record.BusinessKey("document", m.at("key"))
	case "results":
		return m.resultKey()
	case "alerts":
		if m.at("kind") == "allergy" {
			what := m.at("code")
			if what == "" {
				what = m.at("text")
			}
			return record.BusinessKey("allergy", m.numbers.Of(m.at("patient")), what)
		}
	}
	return ""
}

// resultKey names a result as a feed can name it too, which has no key of the
// source's: by the request's number, if there is one, the test, and the minute in
// which the specimen was taken.
func (m *maker) resultKey() string {
	t, err := time.ParseInLocation("2006-01-02T15:04:05", m.at("taken"), m.zone)
	if err != nil || m.at("code") == "" {
		return ""
	}
	return record.ResultKey(m.at("order"), m.at("code"), t)
}

// soleKeys finds the keys of the trust's feed that several rows of a class have:
// which of them a message means nobody can say, so that none has it. Allergies are
// no such class: to the feed two of one code are one.
func (ld *loader) soleKeys(c *Class) error {
	ld.shared = nil
	if c.Name != "results" {
		return nil
	}
	dir, done, err := ld.stage.Scratch()
	if err != nil {
		return err
	}
	defer done()
	keys := newMarks(dir, "keys", 1<<20)
	defer keys.close()
	for _, f := range ld.extract.filesOfClass(c.Name) {
		for fields, err := range ld.extract.loadable(f, len(c.Columns)) {
			if err != nil {
				return err
			}
			m := &maker{trust: ld.extract.Trust, zone: ld.stage.zone(), class: c, fields: fields, numbers: ld.numbers}
			if k := m.feedKey(); k != "" {
				if err := keys.add(mark{key: patientKey(m, k)}); err != nil {
					return err
				}
			}
		}
	}
	return keys.groups(func(g []mark) error {
		if len(g) > 1 {
			if ld.shared == nil {
				ld.shared = map[[2]uint64]bool{}
			}
			ld.shared[g[0].key] = true
		}
		return nil
	})
}

// patientKey is the hash of a key within what is the patient's.
func patientKey(m *maker, key string) [2]uint64 {
	return keyOf([]byte(m.at("patient") + "\x00" + key))
}
