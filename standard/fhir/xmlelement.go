package fhir

import "encoding/xml"

// xmlField gathers what one member will hold while its elements are read.
type xmlField struct {
	slot       Slot
	name       string
	values     []Member // Null where a primitive has no value
	companions []Member // Null where a primitive has neither id nor extension
	annotated  bool     // one of companions is not Null
	valued     bool     // one of values is not Null
}

// children reads the elements up to the end tag of their parent.
func (x *xmlReader) children(s *Structure) ([]xmlField, error) {
	var fields []xmlField
	for {
		tok, err := x.next()
		if err != nil {
			return nil, err
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			return fields, nil
		}
		slot, ok := s.Slot(start.Name.Local)
		if !ok || isAttribute(s, slot.Element) || start.Name.Space != namespaceOf(slot.Type) {
			return nil, x.fail("xml.element", s.Name+" has no such element")
		}
		f := fieldOf(&fields, slot, start.Name.Local)
		if len(f.values) > 0 && !slot.Element.Many {
			return nil, x.fail("xml.repeated", slot.Element.Name+" may stand once only")
		}
		if err := x.element(f, start); err != nil {
			return nil, err
		}
	}
}

func namespaceOf(t *Structure) string {
	if t.Name == "xhtml" {
		return xhtmlNamespace
	}
	return xmlNamespace
}

// isAttribute tells the elements that XML writes as attributes.
func isAttribute(s *Structure, e *Element) bool {
	return e.Name == "id" && s.Form == ComplexType || e.Name == "url" && s.Name == "Extension"
}

func fieldOf(fields *[]xmlField, slot Slot, name string) *xmlField {
	for i := range *fields {
		if f := &(*fields)[i]; f.name == name {
			return f
		}
	}
	*fields = append(*fields, xmlField{slot: slot, name: name})
	return &(*fields)[len(*fields)-1]
}

// element reads one element into its field.
func (x *xmlReader) element(f *xmlField, start xml.StartElement) error {
	levels := 1
	if f.slot.Element.Many {
		levels = 2
	}
	if err := x.enter(f.name, levels); err != nil {
		return err
	}
	defer x.leave(levels)
	var value, companion *Value
	var err error
	switch {
	case f.slot.Type.Name == "xhtml":
		value, err = x.narrative(start)
	case f.slot.Type.Form == PrimitiveType:
		value, companion, err = x.primitive(f.slot.Type, start)
	case f.slot.Type.Form == ResourceType:
		value, err = x.inner(start)
	default:
		value, err = x.complex(f.slot.Type, start)
	}
	if err != nil {
		return err
	}
	f.add(value, companion)
	return nil
}

func (f *xmlField) add(value, companion *Value) {
	f.valued = f.valued || value != nil
	f.annotated = f.annotated || companion != nil
	f.values = append(f.values, Member{Value: orNull(value)})
	f.companions = append(f.companions, Member{Value: orNull(companion)})
}

func orNull(v *Value) Value {
	if v == nil {
		return scalar(Null, "null")
	}
	return *v
}

func (x *xmlReader) complex(s *Structure, start xml.StartElement) (*Value, error) {
	a, err := x.attributes(start)
	if err != nil {
		return nil, err
	}
	if a.hasValue || a.hasURL && s.Name != "Extension" {
		return nil, x.fail("xml.attribute", "an attribute that this element does not have")
	}
	fields, err := x.children(s)
	if err != nil {
		return nil, err
	}
	return objectOf(a.members(), fields), nil
}

// primitive reads an element with a value attribute; its id and extensions go
// into the companion.
func (x *xmlReader) primitive(s *Structure, start xml.StartElement) (value, companion *Value, err error) {
	a, err := x.attributes(start)
	if err != nil {
		return nil, nil, err
	}
	if a.hasURL {
		return nil, nil, x.fail("xml.attribute", "an attribute that this element does not have")
	}
	fields, err := x.children(s)
	if err != nil {
		return nil, nil, err
	}
	if a.hasValue {
		if value = typed(s.JSON, a.value); value == nil {
			return nil, nil, x.fail("xml.value", "this is no valid "+s.Name)
		}
	}
	if a.hasID || len(fields) > 0 || value == nil {
		companion = objectOf(a.members(), fields)
	}
	return value, companion, nil
}

// typed makes the JSON value of a kind from the text of an attribute, or nil.
func typed(kind Kind, text string) *Value {
	switch kind {
	case Bool:
		if text == "true" || text == "false" {
			v := scalar(Bool, text)
			return &v
		}
		return nil
	case Number:
		p := parser{s: text}
		var v Value
		if text == "" || p.number(&v) != nil || p.i != len(text) {
			return nil
		}
		return &v
	}
	v := stringValue(text)
	return &v
}

// objectOf builds the object of the gathered fields.
func objectOf(members []Member, fields []xmlField) *Value {
	for i := range fields {
		f := &fields[i]
		if f.valued {
			members = append(members, Member{f.name, f.json(f.values)})
		}
		if f.annotated {
			members = append(members, Member{"_" + f.name, f.json(f.companions)})
		}
	}
	out := holder(Object, members)
	return &out
}

func (f *xmlField) json(list []Member) Value {
	if f.slot.Element.Many {
		return holder(Array, list)
	}
	return list[0].Value
}
