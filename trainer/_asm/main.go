// Command _asm writes the vector routines of package kernel: for each
// instruction set the assembly and its Go declarations.
//
//	go run . ../kernel
//
// One description of each routine serves both sets. An isa says how wide its
// vectors are, how many registers it has, and what its instructions are called
// if the names differ. The doc comments of the methods of kernel.Set specify
// the routines.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . DIRECTORY")
		os.Exit(2)
	}
	for _, write := range []func(*generator){writeAVX2, writeAVX512} {
		if err := generate(os.Args[1], write); err != nil {
			fmt.Fprintln(os.Stderr, "generate:", err)
			os.Exit(1)
		}
	}
}

func writeAVX2(g *generator) {
	g.isa = avx2
	g.constants()
	for _, t := range []struct{ panels, rows int }{{4, 1}, {2, 3}, {1, 6}} {
		for r := 1; r <= t.rows; r++ {
			g.tile(r, t.panels)
		}
	}
	g.pack()
	g.sparseRows(4, 1)
	g.sparseRows(1, 4)
	g.sparseRows(1, 1)
	g.sparseColumns(4)
	g.sparseColumns(1)
	g.lowColumns(4)
	g.lowColumns(1)
	g.scaled()
	g.prefetch()
	g.nonzero()
	g.gather()
	g.transpose16()
	g.elementwise()
	g.pool()
	g.optimizers()
	g.vsgd()
	g.tally()
	g.norms()
	g.sorting()
	g.rankSums()
	g.peak()
}

func writeAVX512(g *generator) {
	g.isa = avx512
	g.constants()
	for _, t := range []struct{ panels, rows int }{{4, 3}, {2, 10}, {1, 10}} {
		for r := 1; r <= t.rows; r++ {
			g.tile(r, t.panels)
		}
	}
	g.pack()
	g.sparseRows(4, 4)
	g.sparseRows(4, 2)
	g.sparseRows(4, 1)
	g.sparseRows(1, 8)
	g.sparseRows(1, 4)
	g.sparseRows(1, 1)
	g.sparseColumns(8)
	g.sparseColumns(4)
	g.sparseColumns(1)
	g.lowColumns(8)
	g.lowColumns(4)
	g.lowColumns(1)
	g.scaled()
	g.elementwise()
	g.pool()
	g.optimizers()
	g.vsgd()
	g.tally()
	g.norms()
	g.sorting()
	g.rankSums()
	g.peak()
}

func generate(dir string, write func(*generator)) error {
	g := &generator{Context: build.NewContext()}
	g.ConstraintExpr("!noasm")
	write(g)
	f, err := g.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(f); err != nil {
		return err
	}
	cfg := printer.Config{Argv: []string{"go", "run", ".", "in", "trainer/_asm"}, Pkg: "kernel"}
	for name, p := range map[string]printer.Printer{
		g.isa.file + "_amd64.s":        printer.NewGoAsm(cfg),
		g.isa.file + "_stubs_amd64.go": printer.NewStubs(cfg),
	} {
		text, err := p.Print(f)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
