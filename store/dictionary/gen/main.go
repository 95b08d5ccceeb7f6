// Command gen trains the dictionary of stored bodies on made-up resources:
//
//	go run ./store/dictionary/gen -out store/dictionary/v1.dict
//
// The samples have the shapes and public vocabularies (FHIR, LOINC, SNOMED CT
// and UCUM names of everyday things) that hospital systems and generators of
// test patients use; their people, dates and values are drawn at random here.
// Once a dictionary has shipped it never changes: train the next number.
package main

import (
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"

	"github.com/klauspost/compress/dict"
	"github.com/klauspost/compress/zstd"

	"concord/standard/fhir"
)

func main() {
	out := flag.String("out", "store/dictionary/v1.dict", "file to write")
	number := flag.Int("number", 1, "number of the dictionary")
	size := flag.Int("size", 96<<10, "largest size in bytes")
	flag.Parse()
	m := &maker{rng: rand.New(rand.NewPCG(20261122, 7))}
	var samples [][]byte
	for range 700 {
		for _, v := range m.patient() {
			samples = append(samples, v.JSON())
		}
	}
	d, err := dict.BuildZstdDict(samples, dict.Options{
		MaxDictSize: *size, HashBytes: 6, ZstdDictID: uint32(0x434F4E00 | *number),
		ZstdLevel: zstd.SpeedDefault, ZstdDictCompat: false,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, d, 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d samples, dictionary of %d bytes\n", len(samples), len(d))
}

// maker draws made-up resources.
type maker struct {
	rng     *rand.Rand
	subject string
	style   string // source tag of this patient's resources
}

func pick[T any](m *maker, list []T) T { return list[m.rng.IntN(len(list))] }

const letters = "0123456789abcdefghjkmnpqrstvwxyz"

func (m *maker) id() string {
	b := make([]byte, 8)
	for i := range b {
		b[i] = letters[m.rng.IntN(32)]
	}
	return string(b)
}

func (m *maker) date() string {
	return fmt.Sprintf("%04d-%02d-%02d", 1985+m.rng.IntN(42), 1+m.rng.IntN(12), 1+m.rng.IntN(28))
}

func (m *maker) time(zone string) string {
	return fmt.Sprintf("%sT%02d:%02d:%02d%s", m.date(), m.rng.IntN(24), m.rng.IntN(60), m.rng.IntN(60), zone)
}

func (m *maker) ref(typ string) *fhir.Value {
	return fhir.Obj("reference", fmt.Sprintf("%s/%s-%d", typ, m.subject, 1+m.rng.IntN(400)))
}

func (m *maker) outer(typ string) *fhir.Value {
	return fhir.Obj("reference", fmt.Sprintf("%s/%s-1", typ, m.id()))
}

func (m *maker) patientRef() *fhir.Value {
	return fhir.Obj("reference", "Patient/"+m.subject+"-1")
}

func concept(system, code, display string) *fhir.Value {
	return fhir.Obj("coding", fhir.Arr(fhir.Obj("system", system, "code", code, "display", display)), "text", display)
}

func code(system, code string) *fhir.Value {
	return fhir.Obj("coding", fhir.Arr(fhir.Obj("system", system, "code", code)))
}

// patient draws one patient's resources, in the manner of a hospital feed or
// of a generator of test patients.
func (m *maker) patient() []*fhir.Value {
	m.subject, m.style = m.id(), pick(m, []string{"urn:concord:feed:R1K:pas", "urn:concord:client:qrv:import", "urn:concord:client:ryj:import"})
	out := []*fhir.Value{m.person(), m.organization(), m.practitioner(), m.provenance()}
	for range 3 {
		out = append(out, m.encounter(), m.condition(), m.claim(), m.benefit(), m.immunization(), m.procedure(), m.report(), m.medication())
	}
	for range 9 {
		out = append(out, m.observation(), m.laboratory(), m.ukObservation())
	}
	out = append(out, m.allergy(), m.carePlan(), m.goal(), m.document(), m.ukEncounter(), m.ukPatient(), m.order())
	for i, v := range out {
		meta := v.Get("meta")
		if meta == nil {
			meta = fhir.Obj()
		}
		if meta.Get("source") == nil {
			meta = meta.With("source", m.style)
		}
		out[i] = v.With("meta", meta)
	}
	return out
}
