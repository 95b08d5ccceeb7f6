package reconcile

import "slices"

// Codes of what stands against the go.
const (
	BlockAlerts       = "alerts"           // an allergy or alert of the stage that the record has not, or has otherwise
	BlockMedicines    = "medicines"        // the same of active medicines
	BlockClocks       = "clocks"           // clocks of the stage and of the record that are not equal
	BlockRows         = "rows"             // other rows that are not there, doubled, or not equal
	BlockGone         = "gone"             // rows of a delta's base that are no longer in the source
	BlockRefiled      = "refiled"          // rows of a delta that were moved from another patient's record
	BlockRefused      = "refused-safety"   // rows of alerts and medicines that the stage refused
	BlockRefusedRows  = "refused-rows"     // rows of other classes that were refused before the load, and what could not be read
	BlockLists        = "waiting-lists"    // the source's waiting lists do not say what its events come to
	BlockAppointments = "appointments"     // appointments in no slot
	BlockNoPack       = "no-pack"          // appointments and stays of which no org pack tells whether there is a slot or bed
	BlockBeds         = "beds"             // stays that do not fit the beds
	BlockDocuments    = "unsent-documents" // unsent documents that the record takes for sent
	BlockUnchecked    = "sample-unchecked" // rows of the sample that no clinician has looked at
	BlockDisagreed    = "sample-disagreed" // rows of the sample that a clinician found to differ
	BlockNotHeld      = "columns-not-held" // columns that the layout does not know: rows of their files
)

// judge says what stands against the go.
func (r *Report) judge() {
	r.Blocks = []Block{}
	for _, s := range r.Safety {
		code := BlockAlerts
		if s.What == "medicines" {
			code = BlockMedicines
		}
		r.block(code, s.Rows-s.Equal+r.surplus(s.What), false)
		r.block(BlockRefused, s.Refused, true)
	}
	r.block(BlockClocks, r.Clocks.Pathways-r.Clocks.Equal, false)
	rows := int64(0)
	for _, c := range r.Classes {
		if c.Class != "alerts" {
			rows += c.Differ + c.Absent + c.Extra + c.Doubled
		}
	}
	r.block(BlockRows, rows, true)
	r.block(BlockRefusedRows, r.refusedRows(), true)
	r.block(BlockGone, r.Total(func(c ClassCount) int64 { return c.Gone }), true)
	r.block(BlockRefiled, r.Total(func(c ClassCount) int64 { return c.Refiled }), true)
	r.block(BlockLists, r.Lists.Listed-r.Lists.Equal+r.Lists.Unlisted, true)
	out := r.Appointments.Shared
	if r.Appointments.Pack {
		out += r.Appointments.Booked - r.Appointments.InSlot
	} else {
		r.block(BlockNoPack, r.Appointments.Booked+r.Beds.Open, true)
	}
	r.block(BlockAppointments, out, true)
	r.block(BlockBeds, r.Beds.Shared+r.Beds.Unknown+r.Beds.Empty+r.Beds.Nobody, true)
	r.block(BlockDocuments, max(0, r.Documents.Unsent-r.Documents.Marked), true)
	filled := int64(0)
	for _, n := range r.NotHeld {
		filled += n.Rows
	}
	r.block(BlockNotHeld, filled, true)
	r.sampleBlocks()
	r.Go = !slices.ContainsFunc(r.Blocks, func(b Block) bool { return !b.Accepted })
}

// refusedRows counts rows that were refused before the load, of classes whose refusals
// have no block of their own: a patient, an appointment or a place on a waiting list
// among them is lost to everybody until the row is mended.
func (r *Report) refusedRows() int64 {
	own := int64(0)
	for _, s := range r.Safety {
		own += s.Refused
	}
	return r.Total(func(c ClassCount) int64 { return c.Refused }) + r.Unread - own
}

// surplus counts resources of a class that must be whole and are too many.
func (r *Report) surplus(class string) int64 {
	c := r.class(class)
	return c.Extra + c.Doubled
}

func (r *Report) sampleBlocks() {
	open, disagreed := int64(0), int64(0)
	for _, s := range r.Sample {
		last := r.checked(s.N)
		switch {
		case last == nil:
			open++
		case !last.Agrees:
			disagreed++
		}
	}
	r.block(BlockUnchecked, open, false)
	r.block(BlockDisagreed, disagreed, true)
}

// checked is what was said last of a row of the sample, nil if nothing was.
func (r *Report) checked(n int) *Attestation {
	for i := range slices.Backward(r.Checked) {
		if r.Checked[i].N == n {
			return &r.Checked[i]
		}
	}
	return nil
}

// block notes what stands against the go, if there is any of it.
func (r *Report) block(code string, rows int64, acceptable bool) {
	if rows == 0 {
		return
	}
	for i := range r.Blocks { // of two kinds of rows
		if r.Blocks[i].Code == code {
			rows += r.Blocks[i].Rows
			r.Blocks = slices.Delete(r.Blocks, i, i+1)
			break
		}
	}
	accepted := acceptable && slices.ContainsFunc(r.Accepted, func(a Acceptance) bool { return a.Code == code && a.Rows >= rows })
	r.Blocks = append(r.Blocks, Block{code, rows, acceptable, accepted})
}

// Words tells what a block is.
func (b Block) Words() string {
	switch b.Code {
	case BlockAlerts:
		return "Allergies or alerts that the record has not, or has otherwise"
	case BlockMedicines:
		return "Active medicines that the record has not, or has otherwise"
	case BlockClocks:
		return "Clocks that the record and the source work out differently"
	case BlockRows:
		return "Rows that are not in the record, doubled, or not equal"
	case BlockGone:
		return "Rows of the base that are no longer in the source, and still in the record"
	case BlockRefiled:
		return "Rows that lay with another patient, and were moved: who acted on them there?"
	case BlockRefused:
		return "Allergies, alerts or medicines that were refused before the load"
	case BlockRefusedRows:
		return "Other rows that were refused before the load, and are not in the record"
	case BlockLists:
		return "Waiting lists that do not say what the events of their pathways come to"
	case BlockAppointments:
		return "Appointments that stand in no slot, or share one"
	case BlockNoPack:
		return "Appointments and stays of which no org pack tells whether there is a slot or bed"
	case BlockBeds:
		return "Stays that do not fit the beds"
	case BlockDocuments:
		return "Unsent documents that the record takes for sent"
	case BlockUnchecked:
		return "Rows of the sample that no clinician has checked"
	case BlockDisagreed:
		return "Rows of the sample that a clinician found to differ"
	case BlockNotHeld:
		return "Rows in files with columns that the record does not hold"
	}
	return b.Code
}

// Codes lists the codes of blocks.
func Codes() []string {
	return []string{BlockAlerts, BlockMedicines, BlockClocks, BlockRows, BlockGone, BlockRefiled, BlockRefused, BlockRefusedRows, BlockLists, BlockAppointments, BlockNoPack, BlockBeds, BlockDocuments, BlockUnchecked, BlockDisagreed, BlockNotHeld}
}
