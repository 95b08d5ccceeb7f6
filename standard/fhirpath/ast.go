package fhirpath

// form is the kind of a node of the syntax tree.
type form uint8

const (
	literalForm  form = iota // lit
	emptyForm                // {}
	thisForm                 // $this
	indexForm                // $index
	totalForm                // $total
	variableForm             // %name
	memberForm               // in.name
	callForm                 // in.name(args)
	indexerForm              // in[args[0]]
	signForm                 // name args[0], name is + or -
	binaryForm               // args[0] name args[1]
	typeForm                 // args[0] name spec, name is "is" or "as"
)

// tree is one node of the syntax tree.
type tree struct {
	form form
	name string
	in   *tree // what a member, call or indexer applies to; nil for $this
	args []*tree
	lit  Item
	spec typeSpec
	at   int // offset in the source
}
