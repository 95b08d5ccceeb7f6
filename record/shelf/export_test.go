package shelf

// Lies tells how much lies on the shelf.
func (s *Shelf) Lies() (docs, bytes int) {
	s.singles.CleanUp()
	s.lists.CleanUp()
	for _, one := range s.singles.All() {
		docs, bytes = docs+1, bytes+sizeOf(one.doc)
	}
	for _, l := range s.lists.All() {
		docs += len(l.docs)
		for _, d := range l.docs {
			bytes += sizeOf(d)
		}
	}
	return docs, bytes
}
