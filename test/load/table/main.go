// Command table turns the output of Go benchmarks into a Markdown table of
// medians with smallest and largest, and puts it into a document between its
// marks:
//
//	table <bench.txt >table.md
//	table -into docs/performance.md table.md
//
// The marks are <!-- NAME: begin --> and <!-- NAME: end -->; the flag -marks
// gives another name than "measured".
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	into := flag.String("into", "", "document to put the table into")
	marks := flag.String("marks", "measured", "name of the marks that the table goes between")
	flag.Parse()
	if *into == "" {
		tabulate()
		return
	}
	table, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	doc, err := os.ReadFile(*into)
	if err != nil {
		log.Fatal(err)
	}
	begin, end := "<!-- "+*marks+": begin -->", "<!-- "+*marks+": end -->"
	i, j := bytes.Index(doc, []byte(begin)), bytes.Index(doc, []byte(end))
	if i < 0 || j < i {
		log.Fatalf("%s has no marks %s", *into, *marks)
	}
	out := slices.Concat(doc[:i+len(begin)], []byte("\n"), table, doc[j:])
	if err := os.WriteFile(*into, out, 0o644); err != nil {
		log.Fatal(err)
	}
}

// tabulate reads benchmark lines: name, runs, then value and unit in turn.
func tabulate() {
	values := map[[2]string][]float64{}
	var order [][2]string
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(f[0], "Benchmark")
		if i := strings.LastIndex(name, "-"); i > 0 {
			name = name[:i]
		}
		for i := 2; i+1 < len(f); i += 2 {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				continue
			}
			k := [2]string{name, f[i+1]}
			if values[k] == nil {
				order = append(order, k)
			}
			values[k] = append(values[k], v)
		}
	}
	fmt.Printf("Measured %s on %d cores, %s/%s, %s.\n\n", time.Now().Format("02-Jan-2006"), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Println("| benchmark | figure | median | smallest | largest |\n|---|---|---|---|---|")
	for _, k := range order {
		v := values[k]
		slices.Sort(v)
		fmt.Printf("| %s | %s | %s | %s | %s |\n", k[0], k[1], short(v[len(v)/2]), short(v[0]), short(v[len(v)-1]))
	}
}

func short(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 1:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
