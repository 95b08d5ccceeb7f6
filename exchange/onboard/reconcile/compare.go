package reconcile

import (
	"context"
	"slices"

	"concord/exchange/onboard"
	"concord/standard/fhir"
)

// class holds the rows of one class against its resources.
func (w *reconciling) class(ctx context.Context, c *onboard.Class) error {
	k := &comparing{w: w, class: c.Name, count: w.out.class(c.Name), absent: map[[2]uint64]bool{}, differ: map[[2]uint64]bool{}, doubled: map[[2]uint64]bool{}, extra: map[[2]uint64]bool{}}
	sorted := onboard.NewSorter(w.scratch, c.Name, w.opt.Most)
	defer sorted.Close()
	if err := k.stage(ctx, sorted); err != nil {
		return err
	}
	for _, typ := range typesOf(c.Name) {
		if err := w.record.each(ctx, typ, func(v *fhir.Value) error {
			if classOf(v) != c.Name {
				return nil
			}
			return k.loaded(ctx, sorted, v)
		}); err != nil {
			return err
		}
	}
	if err := sorted.Groups(k.group); err != nil {
		return err
	}
	if err := k.before(ctx); err != nil {
		return err
	}
	if err := k.name(ctx); err != nil {
		return err
	}
	k.count.SourceHash, k.count.RecordHash = k.source.String(), k.there.String()
	k.safety()
	return nil
}

// comparing is the comparison of one class.
type comparing struct {
	w             *reconciling
	class         string
	count         *ClassCount
	source, there total
	active        int64 // rows that must be whole
	activeEqual   int64
	// By hashes of keys: what is to be looked at again.
	absent, differ, doubled, extra map[[2]uint64]bool
}

func (k *comparing) nameOf(row onboard.Row) string { return nameOf(k.class, row, k.w.numbers) }

func (k *comparing) ofRow(row onboard.Row) []string { return ofRow(k.class, row, k.w.whose) }

// must tells a row that must be in the record and the same.
func must(class string, get func(string) string) bool {
	switch class {
	case "alerts":
		return true
	case "medicines":
		return get("status") == "active"
	}
	return false
}

func (k *comparing) stage(ctx context.Context, sorted *onboard.Sorter) error {
	for row, err := range k.w.extract.Rows(k.class) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		k.w.tell()
		key, c := onboard.Hash([]byte(k.nameOf(row))), contentOf(k.ofRow(row))
		k.source.add(key, c)
		if must(k.class, row.At) {
			k.active++
		}
		if err := sorted.Add(markOf(key, ofStage, c)); err != nil {
			return err
		}
		if err := k.w.seen(k.class, row); err != nil {
			return err
		}
	}
	return nil
}

// loaded takes a resource that the load wrote.
func (k *comparing) loaded(ctx context.Context, sorted *onboard.Sorter, v *fhir.Value) error {
	k.w.tell()
	key, values, err := k.w.record.said(ctx, k.class, v)
	if err != nil {
		return err
	}
	h, c := onboard.Hash([]byte(key)), contentOf(values)
	k.there.add(h, c)
	k.count.Loaded++
	k.refiled(key, v)
	if err := k.w.read(k.class, key, values, v); err != nil {
		return err
	}
	return sorted.Add(markOf(h, ofRecord, c))
}

// group compares what there is of one key.
func (k *comparing) group(g []onboard.Mark) error {
	n := 0
	for n < len(g) && g[n].Rank == ofStage {
		n++
	}
	key, inRecord := g[0].Key, g[n:]
	switch {
	case n == 0:
		k.extra[key] = true
		if k.w.out.Base != "" {
			k.count.Gone += int64(len(inRecord))
			return nil
		}
		k.count.Extra += int64(len(inRecord))
		return nil
	case len(inRecord) == 0:
		k.absent[key] = true
		return nil
	case len(inRecord) > 1:
		k.doubled[key] = true
		k.count.Doubled++
	}
	k.count.Record++
	if slices.ContainsFunc(inRecord, func(m onboard.Mark) bool { return m.Row != g[0].Row || m.Sum != g[0].Sum }) {
		k.differ[key] = true
		k.count.Differ++
		return nil
	}
	k.count.Equal++
	return nil
}

// lookAtOnce is how many keys one search names.
const lookAtOnce = 50

// before looks for the rows that no resource with the load's tag stands for: the
// record had them, or the tag was lost to a later change.
func (k *comparing) before(ctx context.Context) error {
	if len(k.absent) == 0 {
		return nil
	}
	var keys []string
	want := map[[2]uint64]content{}
	look := func() error {
		err := k.w.record.before(ctx, k.class, keys, func(v *fhir.Value) error { return k.found(ctx, v, want) })
		keys, want = keys[:0], map[[2]uint64]content{}
		return err
	}
	for row, err := range k.w.extract.Rows(k.class) {
		if err != nil {
			return err
		}
		h := onboard.Hash([]byte(k.nameOf(row)))
		if !k.absent[h] {
			continue
		}
		want[h] = contentOf(k.ofRow(row))
		if keys = append(keys, k.nameOf(row)); len(keys) == lookAtOnce {
			if err := look(); err != nil {
				return err
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return look()
}

// found takes a resource that was there before.
func (k *comparing) found(ctx context.Context, v *fhir.Value, want map[[2]uint64]content) error {
	if classOf(v) != k.class {
		return nil
	}
	key, values, err := k.w.record.said(ctx, k.class, v)
	if err != nil {
		return err
	}
	h, c := onboard.Hash([]byte(key)), contentOf(values)
	wanted, asked := want[h]
	if !asked || !k.absent[h] {
		return nil
	}
	delete(k.absent, h)
	k.there.add(h, c)
	k.count.Record++
	if cameWith(v, k.w.record.loads...) {
		k.count.Loaded++
	} else {
		k.count.Before++
	}
	if c == wanted {
		k.count.Equal++
	} else {
		k.differ[h] = true
		k.count.Differ++
	}
	k.refiled(key, v)
	return k.w.read(k.class, key, values, v)
}

// refiled names a resource that the load has moved from another patient's record.
func (k *comparing) refiled(key string, v *fhir.Value) {
	if onboard.Refiled(v, k.w.record.loads[0]) {
		k.count.Refiled++
		k.w.out.differ(Difference{What: Refiled, Class: k.class, Key: key})
	}
}

// name lists what was found under the source's keys, and the columns that
// differ.
func (k *comparing) name(ctx context.Context) error {
	k.count.Absent = int64(len(k.absent))
	codes, err := k.refusedCodes()
	if err != nil {
		return err
	}
	for row, err := range k.w.extract.Rows(k.class) {
		if err != nil {
			return err
		}
		h := onboard.Hash([]byte(k.nameOf(row)))
		d := Difference{Class: k.class, Key: row.Key()}
		whole := true
		for what, is := range map[string]bool{Absent: k.absent[h], Doubled: k.doubled[h], Differs: k.differ[h]} {
			if is {
				whole = false
				d.What = what
			}
		}
		if must(k.class, row.At) && whole {
			k.activeEqual++
		}
		if whole {
			continue
		}
		switch d.What {
		case Absent:
			d.Code = codes[row.Key()]
		case Differs:
			d.Code = codes[row.Key()]
			if d.Columns, err = k.columnsThatDiffer(ctx, row); err != nil {
				return err
			}
		}
		k.w.out.differ(d)
	}
	return k.nameExtra(ctx)
}

// columnsThatDiffer reads both sides again.
func (k *comparing) columnsThatDiffer(ctx context.Context, row onboard.Row) ([]string, error) {
	want, names := k.ofRow(row), columns(k.class)
	var out []string
	err := k.w.record.before(ctx, k.class, []string{k.nameOf(row)}, func(v *fhir.Value) error {
		if classOf(v) != k.class {
			return nil
		}
		_, got, err := k.w.record.said(ctx, k.class, v)
		for i := range names {
			if got[i] != want[i] && !slices.Contains(out, names[i]) {
				out = append(out, names[i])
			}
		}
		return err
	})
	return out, err
}

// surplus is what a resource without a row is.
func (k *comparing) surplus() string {
	if k.w.out.Base != "" {
		return Gone
	}
	return Extra
}

// nameExtra lists resources of the load that no row stands for.
func (k *comparing) nameExtra(ctx context.Context) error {
	if len(k.extra) == 0 {
		return nil
	}
	for _, typ := range typesOf(k.class) {
		if err := k.w.record.each(ctx, typ, func(v *fhir.Value) error {
			if key := keyIn(k.w.record.trust, k.class, v); classOf(v) == k.class && k.extra[onboard.Hash([]byte(key))] {
				k.w.out.differ(Difference{What: k.surplus(), Class: k.class, Key: key})
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// refusedCodes tells why the load refused rows, by their keys.
func (k *comparing) refusedCodes() (map[string]string, error) {
	if len(k.absent)+len(k.differ) == 0 {
		return nil, nil
	}
	return k.w.extract.RefusedByLoad(k.class)
}

// safety notes what must be whole.
func (k *comparing) safety() {
	if k.class == "alerts" || k.class == "medicines" {
		k.w.out.Safety = append(k.w.out.Safety, Safety{What: k.class, Rows: k.active, Equal: k.activeEqual, Refused: k.count.Refused})
	}
}

// seen takes a row of the stage for what spans classes.
func (w *reconciling) seen(class string, row onboard.Row) error {
	switch class {
	case "pathways":
		if err := w.clocks.event(sideStage, row.Key(), w.whose(row), row.At); err != nil {
			return err
		}
	case "documents":
		if row.At("status") == "unsent" {
			w.out.Documents.Unsent++
			w.out.differ(Difference{What: NotSent, Class: class, Key: row.Key()})
		}
	}
	return w.risks.row(class, row)
}

// read takes a resource of the record for what spans classes.
func (w *reconciling) read(class, key string, values []string, v *fhir.Value) error {
	names := columns(class)
	get := func(name string) string {
		if i := slices.Index(names, name); i >= 0 {
			return values[i]
		}
		return ""
	}
	switch class {
	case "pathways":
		return w.clocks.event(sideRecord, key, get("patient"), get)
	case "waiting":
		return w.clocks.list(key, get("patient"), get)
	case "appointments":
		w.slots.take(w.out, key, actorOf(v, "HealthcareService").StrAt("identifier.value"), get)
	case "encounters":
		w.beds.take(key, placeOf(v).StrAt("identifier.value"), get)
	case "documents":
		if get("status") == "unsent" {
			w.out.Documents.Marked++
		}
	}
	return nil
}
