package trainer

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"sparsel/trainer/kernel"
)

var update = flag.Bool("update", false, "write testdata/golden.txt anew")

// goldenConfigs returns short runs that together use every optimizer, several
// depths, widths that are not multiples of a panel, both seedings, a last batch
// that is shorter, and one run that diverges.
func goldenConfigs() []Config {
	withMomentum := sgdBaseline
	withMomentum.Momentum, withMomentum.WeightDecay = 0.9, 1e-3
	diverging := sgdBaseline
	diverging.LR = 3e38
	author, paired := Seeding{Mode: "author", Seed: 100, Skip: 12345}, Seeding{Mode: "paired", Seed: 100}

	var configs []Config
	add := func(o Optimizer, s Seeding, batch int, hidden ...int) {
		configs = append(configs, Config{
			Network: Network{Hidden: hidden, Activation: "sigmoid"}, Optimizer: o,
			Sampler: Sampler{Kind: "shuffled"}, Batch: batch, Epochs: 2, Seeding: s,
		})
	}
	for _, o := range []Optimizer{sgdBaseline, withMomentum, adagradBaseline, adadeltaBaseline, adamBaseline} {
		add(o, author, 23, 40)
		add(o, paired, 23, 37, 18)
	}
	add(adamBaseline, paired, 1, 16)
	add(adadeltaBaseline, author, 1000, 16, 16, 16)
	add(diverging, author, 23, 40)

	// Samplers and measurements.
	for _, s := range []Sampler{
		{Kind: "sorted"}, {Kind: "consecutive", Block: 3}, {Kind: "consecutive", Block: 3, OrderSeed: 7, Clean: true},
		{Kind: "classes", Classes: 1}, {Kind: "classes", Classes: 2}, {Kind: "classes", Classes: 5}, {Kind: "classes", Classes: 2, Clean: true},
	} {
		for _, seeding := range []Seeding{{Mode: "author", Seed: 100, Skip: 12345, NumpySkip: 678}, paired} {
			add(sgdBaseline, seeding, 10, 20)
			configs[len(configs)-1].Sampler = s
		}
	}
	for _, measure := range []string{"train", "train-running"} {
		add(sgdBaseline, author, 23, 40)
		configs[len(configs)-1].Measure = measure
	}

	// Further optimizers, activations and convolutions.
	decaying := rmspropDefault
	decaying.WeightDecay = 1e-3
	for _, o := range []Optimizer{rmspropDefault, decaying, adagradKSmall, adadeltaKSmall} {
		add(o, author, 23, 37, 18)
	}
	shaped := func(o Optimizer, s Seeding, batch int, activation string, conv ...int) {
		add(o, s, batch, 20)
		configs[len(configs)-1].Network.Activation = activation
		configs[len(configs)-1].Network.Conv = conv
	}
	shaped(sgdBaseline, author, 23, "relu")
	shaped(adamBaseline, paired, 23, "tanh")
	for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
		shaped(o, author, 23, "sigmoid", 3, 17)
	}
	shaped(rmspropDefault, paired, 1, "tanh", 16)
	shaped(diverging, author, 23, "sigmoid", 4, 5)

	// Small batches, with which rows of the first layer sleep.
	for _, o := range []Optimizer{sgdBaseline, adagradBaseline, adadeltaBaseline, adamBaseline} {
		add(o, author, 1, 37)
		add(o, paired, 7, 20)
	}
	return append(configs, furtherConfigs()...)
}

// furtherConfigs use the features added after the study: each feature by
// itself, in its variant with sleeping rows or convolutions if it has one, and
// some features together.
func furtherConfigs() []Config {
	base := Config{
		Network: Network{Hidden: []int{20, 18}, Activation: "sigmoid"}, Optimizer: sgdBaseline, Sampler: Sampler{Kind: "shuffled"},
		Batch: 23, Epochs: 2, Seeding: Seeding{Mode: "paired", Seed: 100},
	}
	var configs []Config
	for _, change := range []func(c *Config){
		func(c *Config) { c.Network.Dropout = []float64{0.2, 0.5} },
		func(c *Config) { c.Network.Dropout = []float64{0.5, 0}; c.Batch = 1; c.Seeding.Mode = "author" },
		func(c *Config) { c.Network.L1 = 0.01; c.Network.Activation = "tanh" },
		func(c *Config) { c.Network.L1 = 0.01; c.Batch = 1; c.Optimizer = adamBaseline },
		func(c *Config) { c.Network.CSI = 1 },
		func(c *Config) { c.Network.CSI = -3; c.Network.Activation = "relu"; c.Network.Conv = []int{3} },
		func(c *Config) { c.Optimizer.Momentum, c.Optimizer.Nesterov = 0.9, true },
		func(c *Config) { c.Optimizer = vsgdSmall },
		func(c *Config) { c.Optimizer = vsgdSmall; c.Batch = 1; c.Network.Activation = "relu" },
		func(c *Config) { c.Optimizer = vsgdSmall; c.Network.Dropout = []float64{0.2, 0.5}; c.Network.L1 = 1e-3 },
		func(c *Config) {
			c.Sampler = Sampler{Kind: "phases", Phases: []Phase{{Classes: []int{3, 1, 4}, Epochs: 1}, {Classes: []int{5, 9}, Epochs: 1}}}
		},
		func(c *Config) {
			c.Sampler = Sampler{Kind: "phases", OrderSeed: 7, Phases: []Phase{{Drawn: 5, Epochs: 1}, {Drawn: 5, Epochs: 1}}}
			c.Updates = 17
		},
		func(c *Config) { c.Sampler = Sampler{Kind: "classes", Classes: 3, Clean: true} },
		func(c *Config) { c.ReferenceBatch = 50 },
		func(c *Config) { c.Updates = 9 },
		func(c *Config) { c.Validation = 33; c.Measure = "train" },
	} {
		c := base
		change(&c)
		configs = append(configs, c)
	}
	return configs
}

// further describes what furtherConfigs change.
func further(c Config) string {
	text := ""
	for _, part := range []struct {
		name  string
		value any
		unset bool
	}{
		{"dropout", c.Network.Dropout, c.Network.Dropout == nil},
		{"l1", c.Network.L1, c.Network.L1 == 0}, {"csi", c.Network.CSI, c.Network.CSI == 0},
		{"nesterov", c.Optimizer.Nesterov, !c.Optimizer.Nesterov}, {"phases", c.Sampler.Phases, c.Sampler.Phases == nil},
		{"reference", c.ReferenceBatch, c.ReferenceBatch == 0}, {"updates", c.Updates, c.Updates == 0},
		{"validation", c.Validation, c.Validation == 0},
	} {
		if !part.unset {
			text += fmt.Sprintf(" %s=%v", part.name, part.value)
		}
	}
	return text
}

func label(c Config) string {
	text := fmt.Sprintf("%s hidden=%v batch=%d lr=%g momentum=%g %s", c.Optimizer.Name, c.Network.Hidden, c.Batch,
		c.Optimizer.LR, c.Optimizer.Momentum, c.Seeding.Mode)
	if n := c.Network; n.Activation != "sigmoid" || n.Conv != nil {
		text += fmt.Sprintf(" %s conv=%v", n.Activation, n.Conv)
	}
	if c.Optimizer.WeightDecay != 0 && c.Optimizer.Momentum == 0 {
		text += fmt.Sprintf(" decay=%g", c.Optimizer.WeightDecay)
	}
	if c.Sampler.Kind != "shuffled" {
		s := c.Sampler
		text += fmt.Sprintf(" %s block=%d order=%d classes=%d clean=%t", s.Kind, s.Block, s.OrderSeed, s.Classes, s.Clean)
	}
	if c.Measure != "" {
		text += " " + c.Measure
	}
	return text + further(c)
}

// classic is an epoch in the form of the first version of the record, to which
// golden.txt refers. Its fields are in the order in which they are hashed.
type classic struct {
	Epoch               int
	TrainLoss, TestLoss float64
	Correct, Samples    int
	Layers              []classicLayer
	Digest              [32]byte
	Seconds             float64
}

type classicLayer struct {
	Units                  int
	ClassSums              []float64
	ClassCounts            []int64
	RatioSum, RatioSquares float64
	Samples                int64
}

// fingerprint runs c. kept has the digest of the last epoch's parameters, and
// one of the losses, counts, activations, class sums and sums of norm ratios.
// added is a digest of the complete epochs.
func fingerprint(t *testing.T, set *kernel.Set, c Config) (kept, added string) {
	t.Helper()
	train, test := generated(160, 100, 11), generated(70, 100, 12)
	var parameters [32]byte
	h, rest := sha256.New(), sha256.New()
	err := trainWith(t.Context(), set, c, train, test, func(_ *network, e Epoch, a *Activations) error {
		parameters = e.Digest
		old := classic{Epoch: e.Epoch, TrainLoss: e.TrainLoss, TestLoss: e.TestLoss, Correct: e.Correct, Samples: e.Samples, Digest: e.Digest}
		for _, l := range e.Layers {
			old.Layers = append(old.Layers, classicLayer{l.Units, l.ClassSums, l.ClassCounts, l.RatioSum, l.RatioSquares, l.Samples})
		}
		// %x writes a float exactly, and every NaN as NaN.
		fmt.Fprintf(h, "%x %x\n", old, *a)
		e.Seconds = 0
		fmt.Fprintf(rest, "%x\n", e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x %.16x", parameters, h.Sum(nil)), fmt.Sprintf("%.16x", rest.Sum(nil))
}

// Every kernel set, and any number of processors, gives the bits that are kept
// in testdata/golden.txt and testdata/recorded.txt.
func TestGolden(t *testing.T) {
	configs := goldenConfigs()
	files := []string{"testdata/golden.txt", "testdata/recorded.txt"}
	if *update {
		var lines [2]strings.Builder
		for _, c := range configs {
			kept, added := fingerprint(t, kernel.Available()[0], c)
			fmt.Fprintf(&lines[0], "%s: %s\n", label(c), kept)
			fmt.Fprintf(&lines[1], "%s: %s\n", label(c), added)
		}
		for i, path := range files {
			if err := os.WriteFile(path, []byte(lines[i].String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	var golden [2][]string
	for i, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		golden[i] = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if len(golden[i]) != len(configs) {
			t.Fatalf("%s has %d lines for %d runs: regenerate it with -update", path, len(golden[i]), len(configs))
		}
	}
	check := func(t *testing.T, set *kernel.Set) {
		for i, c := range configs {
			kept, added := fingerprint(t, set, c)
			for j, digest := range []string{kept, added} {
				if got := label(c) + ": " + digest; got != golden[j][i] {
					t.Errorf("%s:\ngot  %s\nwant %s", files[j], got, golden[j][i])
				}
			}
		}
	}
	for _, set := range kernel.Available() {
		t.Run(set.Name, func(t *testing.T) { check(t, set) })
	}
	processors := []int{1, 2, 7}
	if testing.Short() {
		processors = nil // emulated sets take a minute per run
	}
	for _, processors := range processors {
		t.Run(fmt.Sprintf("processors=%d", processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			check(t, kernel.Available()[0])
		})
	}
	if required("avx512") && kernel.Available()[0].Name != "avx512" {
		t.Error("SPARSEL_REQUIRE names avx512, which this machine does not have")
	}
}
