package fhirpath

// builtin is a function whose arguments are evaluated before it runs.
type builtin struct {
	least, most int // number of arguments
	run         func(m *machine, c call) error
}

// maxArgs is the largest number of arguments of a builtin.
const maxArgs = 4

// call says where the input and the arguments of a running builtin lie on the
// stack; the function appends its result.
type call struct {
	mark int
	ends [maxArgs + 1]int
	args int
}

func (c call) in(m *machine) []Item { return m.stack[c.mark:c.ends[0]] }

func (c call) arg(m *machine, i int) []Item {
	if i >= c.args {
		return nil
	}
	return m.stack[c.ends[i]:c.ends[i+1]]
}

func compileBuiltin(b builtin, in code, args []code) code {
	return pushing(func(m *machine) error {
		c := call{mark: len(m.stack), args: len(args)}
		if err := in.push(m); err != nil {
			return err
		}
		c.ends[0] = len(m.stack)
		for i := range args {
			if err := args[i].push(m); err != nil {
				return err
			}
			c.ends[i+1] = len(m.stack)
		}
		if err := b.run(m, c); err != nil {
			return err
		}
		m.settle(c.mark, c.ends[len(args)])
		return nil
	})
}

// one takes a region that must hold one item at most.
func one(items []Item) (*Item, error) {
	switch len(items) {
	case 0:
		return nil, nil
	case 1:
		return &items[0], nil
	}
	return nil, errSingleton()
}

// text takes a region that must hold one text at most.
func text(items []Item) (s string, ok bool, err error) {
	it, err := one(items)
	if err != nil || it == nil {
		return "", false, err
	}
	if s, ok := it.plain(); ok {
		return s, true, nil
	}
	if it.kind == nodeKind && it.value == nil && it.typ != nil && storageOf(it.typ) == primitiveMember {
		return "", false, nil // a primitive without value
	}
	if s, ok := it.written(); ok {
		return s, true, nil
	}
	return "", false, errType("the function works on texts")
}

// written is the text of a FHIR date or time: invariants match such elements
// against patterns.
func (it *Item) written() (string, bool) {
	if it.kind == nodeKind && isMomentType(it.typ) {
		return it.value.Str(), it.value != nil
	}
	return "", false
}

// integer takes a region that must hold one Integer at most.
func integer(items []Item) (n int, ok bool, err error) {
	it, err := one(items)
	if err != nil || it == nil {
		return 0, false, err
	}
	i, ok := it.whole()
	if !ok || !fits32(i) {
		return 0, false, errType("the function takes an integer")
	}
	return int(i), true, nil
}

// maxText is the longest text that an expression may make, in bytes.
const maxText = 1 << 20

// pushText appends a text and pays for its size.
func (m *machine) pushText(s string) error {
	if len(s) > maxText {
		return errSize()
	}
	if err := m.use(len(s) / 16); err != nil {
		return err
	}
	return m.push(stringItem(s))
}

var builtins = map[string]builtin{
	// http://hl7.org/fhirpath/N1/#existence and #filtering-and-projection
	"allTrue":    {0, 0, quantifier(yes, false)},
	"anyTrue":    {0, 0, quantifier(yes, true)},
	"allFalse":   {0, 0, quantifier(no, false)},
	"anyFalse":   {0, 0, quantifier(no, true)},
	"subsetOf":   {1, 1, subsetOf},
	"supersetOf": {1, 1, supersetOf},
	"distinct":   {0, 0, distinct},
	"isDistinct": {0, 0, isDistinct},
	// http://hl7.org/fhirpath/N1/#subsetting and #combining
	"single":    {0, 0, single},
	"first":     {0, 0, first},
	"last":      {0, 0, last},
	"tail":      {0, 0, tail},
	"skip":      {1, 1, skip},
	"take":      {1, 1, take},
	"intersect": {1, 1, intersect},
	"exclude":   {1, 1, exclude},
	"union":     {1, 1, union},
	"combine":   {1, 1, combine},
	// http://hl7.org/fhirpath/N1/#conversion
	"toBoolean":          {0, 0, converting(toBoolean)},
	"toInteger":          {0, 0, converting(toInteger)},
	"toDecimal":          {0, 0, converting(toDecimal)},
	"toString":           {0, 0, converting(toString)},
	"toDate":             {0, 0, converting(toDate)},
	"toDateTime":         {0, 0, converting(toDateTime)},
	"toTime":             {0, 0, converting(toTime)},
	"toQuantity":         {0, 1, toQuantityIn},
	"convertsToBoolean":  {0, 0, converts(toBoolean)},
	"convertsToInteger":  {0, 0, converts(toInteger)},
	"convertsToDecimal":  {0, 0, converts(toDecimal)},
	"convertsToString":   {0, 0, converts(toString)},
	"convertsToDate":     {0, 0, converts(toDate)},
	"convertsToDateTime": {0, 0, converts(toDateTime)},
	"convertsToTime":     {0, 0, converts(toTime)},
	"convertsToQuantity": {0, 1, convertsToQuantity},
	// http://hl7.org/fhirpath/N1/#string-manipulation
	"indexOf":     {1, 1, indexOf},
	"lastIndexOf": {1, 1, lastIndexOf},
	"substring":   {1, 2, substring},
	"startsWith":  {1, 1, startsWith},
	"endsWith":    {1, 1, endsWith},
	"contains":    {1, 1, contains},
	"upper":       {0, 0, upper},
	"lower":       {0, 0, lower},
	"trim":        {0, 0, trim},
	"replace":     {2, 2, replace},
	"length":      {0, 0, length},
	"toChars":     {0, 0, toChars},
	"split":       {1, 1, split},
	"join":        {0, 1, join},
	"encode":      {1, 1, encode},
	"decode":      {1, 1, decode},
	"escape":      {1, 1, escape},
	"unescape":    {1, 1, unescape},
	// http://hl7.org/fhirpath/N1/#math
	"abs":      {0, 0, abs},
	"ceiling":  {0, 0, rounded(ceiling)},
	"floor":    {0, 0, rounded(floor)},
	"truncate": {0, 0, rounded(truncated)},
	"round":    {0, 1, round},
	"exp":      {0, 0, transcendental(exp)},
	"ln":       {0, 0, transcendental(ln)},
	"sqrt":     {0, 0, transcendental(sqrt)},
	"log":      {1, 1, log},
	"power":    {1, 1, power},
	// http://hl7.org/fhirpath/N1/#tree-navigation and #utility-functions
	"children":     {0, 0, children},
	"descendants":  {0, 0, descendants},
	"now":          {0, 0, now},
	"today":        {0, 0, today},
	"timeOfDay":    {0, 0, timeOfDay},
	"type":         {0, 0, typeFunction},
	"lowBoundary":  {0, 1, boundary(lowBoundary)},
	"highBoundary": {0, 1, boundary(highBoundary)},
	"precision":    {0, 0, precisionOf},
	"comparable":   {1, 1, comparable},
	// https://hl7.org/fhir/R4/fhirpath.html#functions
	"extension":         {1, 1, extension},
	"getValue":          {0, 0, getValue},
	"resolve":           {0, 0, resolve},
	"memberOf":          {1, 1, memberOf},
	"conformsTo":        {1, 1, conformsTo},
	"htmlChecks":        {0, 0, htmlChecks},
	"htmlChecks2":       {0, 0, htmlChecks},
	"elementDefinition": {0, 0, unsupported},
	"slice":             {2, 2, unsupported},
	"checkModifiers":    {0, maxArgs, checkModifiers},
	"subsumes":          {1, 1, unsupported},
	"subsumedBy":        {1, 1, unsupported},
}
