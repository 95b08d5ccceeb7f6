package record

// spellings are the ways in which a reference to something here may be written:
// relative, and under each address that this server has or had.
func (d *Desk) spellings(ref string) []string {
	out := make([]string, 0, 1+2*len(d.bases))
	out = append(out, ref)
	for _, base := range d.bases {
		out = append(out, base+"/"+ref)
	}
	return out
}
