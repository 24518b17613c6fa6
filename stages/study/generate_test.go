package study

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"sparsel/stages/params"
)

// generator writes parameter files that a person might write, and some that a
// person should not: odd names, many lines, unequal epochs, seeds and
// optimizers, all settings, profiles. Most choices are valid, because otherwise
// no file would be accepted.
type generator struct {
	*rand.Rand
	b           strings.Builder
	experiments []string
	conditions  map[string][]string // as far as the generator knows them
	rare        int                 // one in this many choices is an odd one
}

// generate returns a file and the profile to choose.
func generate(r *rand.Rand) (text, profile string) {
	g := &generator{Rand: r, conditions: map[string][]string{}, rare: []int{8, 30, 200}[r.IntN(3)]}
	g.study()
	for range 1 + g.IntN(4) {
		g.experiment()
	}
	for i := range 1 + g.IntN(4) {
		g.figure(i)
	}
	for i := range g.IntN(5) {
		g.table(i)
	}
	if g.IntN(3) > 0 {
		g.line(`[[tables]]`, `id = "{experiment}"`, `kind = "final"`, `error = "se"`, `metrics = ["accuracy", "sparsity"]`)
	}
	if g.IntN(3) == 0 {
		profile = g.pick("small", "small", "Store", "fresh")
		g.line("[profiles." + profile + "]")
		for _, key := range []string{"epochs = 2", "seeds = [1]", "seeds = [7, 8]", "grid_points = 2", "train_images = 300",
			`seeding = "paired"`, `title = "a trial"`} {
			if name, _, _ := strings.Cut(key, " "); g.IntN(3) == 0 &&
				!strings.Contains(g.b.String()[strings.LastIndex(g.b.String(), "[profiles"):], name+" ") {
				g.line(key)
			}
		}
	}
	return g.b.String(), profile
}

func (g *generator) line(lines ...string) {
	for _, l := range lines {
		g.b.WriteString(l + "\n")
	}
}

func (g *generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

// odd is occasionally true.
func (g *generator) odd() bool { return g.IntN(g.rare) == 0 }

// some picks a few of the choices and keeps their order.
func (g *generator) some(choices ...string) []string {
	var list []string
	for _, c := range choices {
		if g.IntN(2) == 0 {
			list = append(list, c)
		}
	}
	if len(list) == 0 && !g.odd() {
		list = append(list, g.pick(choices...))
	}
	return list
}

func quoted(list []string) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// word returns a name, usually a plain one.
func (g *generator) word() string {
	if !g.odd() {
		return g.pick("a", "b", "c", "d", "base", "wide", "x1", "x2", "bs=10", "low", "high")
	}
	return g.pick("größe", "a, b", "lr=0.1, bs=50", "β₁", " a", "a ", "a  b", "a/b", "a/../b", "*", "a*", "{", "{lr}",
		"gro\u0308ße", "a\u200bb", "", "中文", "🙂",
		"éa", "“x”", "–", "\\", `"`, "a|b", "[x]", "$x$", strings.Repeat("w", 60), strings.Repeat("long ", 60)+"end",
		strings.Repeat("x", 240), "١", "a\tb", "Ωμέγα")
}

var optimizers = []string{"SGD", "Adagrad", "Adadelta", "Adam", "RMSprop", "AdagradK", "AdadeltaK"}

func (g *generator) study() {
	g.line("[study]", "seeds = "+g.pick("[1]", "[1, 2]", "[1, 2, 3]", "[5, 6, 7, 8]"), "optimizers = "+quoted(g.some(optimizers[:4]...)),
		"seeding = "+g.pick(`"paired"`, `"author"`), "archive = "+g.pick(`"last"`, `"all"`, "[1, 2]"),
		"on_failed_run = "+g.pick(`"refuse"`, `"show"`))
	if g.IntN(2) == 0 {
		g.line("train_images = "+g.pick("500", "60000"), "test_images = 200", "title = "+strconv.Quote(g.word()+"."))
	}
	g.line("[data]", "directories = []", "mirrors = []")
	g.line("[optimizers.SGD]", "lr = 0.1", "[optimizers.Adagrad]", "lr = 0.1", "eps = 1e-10", "[optimizers.Adadelta]",
		"lr = 1.0", "rho = 0.9", "eps = 1e-6",
		"[optimizers.Adam]", "lr = 0.001", "beta1 = 0.9", "beta2 = 0.999", "eps = 1e-8", "[optimizers.RMSprop]", "lr = 0.001",
		"alpha = 0.99", "eps = 1e-8",
		"[optimizers.AdagradK]", "lr = 0.1", "k = 1.0", "eps = 1e-10", "[optimizers.AdadeltaK]", "lr = 1.0", "rho = 0.9", "k = 1.0", "eps = 1e-6")
	g.line("[style.roles]")
	for i, name := range optimizers {
		if i > 3 {
			g.line(fmt.Sprintf(`%s = { color = "#%02x8040", dash = "solid", marker = "circle" }`, name, 40*i))
		}
	}
	g.line("[baseline]", "hidden = "+g.pick("[16]", "[16]", "[8, 8]", "[8, 16]"), `activation = "sigmoid"`, `sampler = "shuffled"`,
		"batch = 50", "epochs = "+g.pick("3", "5"))
	g.line("[metrics]", "ccmas_epsilon = "+g.pick("0.0", "1e-7"))
}

// values are some of what each setting may be, and some of what it may not.
var values = map[string][]string{
	"hidden": {"[16]", "[8, 4]", "[8, 8]"}, "width": {"8", "32", "0"}, "depth": {"1", "2", "3"}, "conv": {"[2]", "[2, 3]"},
	"activation": {`"sigmoid"`, `"relu"`, `"tanh"`}, "sampler": {`"shuffled"`, `"sorted"`, `"consecutive"`, `"classes"`}, "block": {"1", "5"},
	"classes": {"1", "2", "5"}, "clean": {"true", "false"}, "order_seed": {"1", "2"}, "batch": {"10", "20", "50", "100"},
	"epochs":  {"2", "3", "4", "7"},
	"measure": {`"test"`, `"train"`, `"train-running"`}, "lr": {"0.01", "0.1", "0.1000000001", "1", "0.0"},
	"weight_decay": {"0.0", "1e-4", "-0.0"},
	"momentum":     {"0.9", "0.99", "0.999", "0.9999", "0.99999", "0.999999999999"}, "rho": {"0.5", "0.9"}, "eps": {"1e-8", "1e-4"},
	"beta1": {"0.5", "0.9"}, "beta2": {"0.9", "0.99"}, "alpha": {"0.9"}, "k": {"0.5", "2.0"},
}

// setting is a setting that an optimizer's runs have, mostly.
func (g *generator) setting() string {
	if g.odd() {
		return g.pick("rho", "k", "alpha", "momentum", "block", "conv", "clean", "nothing")
	}
	return g.pick("batch", "epochs", "width", "depth", "lr", "weight_decay", "activation", "measure", "hidden")
}

func (g *generator) experiment() {
	name := g.pick("base", "sweep", "grid", "train_vs_test", "batch_size", "neurons", "hidden_layers", "combine")
	if g.odd() {
		name = g.pick("größe", "a b", "tables", "CON", strings.Repeat("e", 200), "base.1", "../x")
	}
	if !slices.Contains(g.experiments, name) {
		g.experiments = append(g.experiments, name)
	}
	g.line("[[experiments]]", "name = "+strconv.Quote(name))
	if g.IntN(6) == 0 {
		g.line("seeds = " + g.pick("[1]", "[1, 2]", "[9]"))
	}
	if g.IntN(3) > 0 {
		g.line(g.condition(name, "\n"))
		return
	}
	g.line("conditions = [")
	for range 1 + g.IntN(3) {
		g.line("  { " + g.condition(name, ", ") + " },")
	}
	g.line("]")
}

// condition is the keys of one, joined.
func (g *generator) condition(experiment, join string) string {
	var keys []string
	name := g.word()
	if g.IntN(4) > 0 {
		name = g.pick("a", "b", "c", "d", "e", "f") + fmt.Sprint(len(g.conditions[experiment]))
	}
	if len(g.conditions[g.experiments[0]]) > 0 && g.IntN(12) == 0 {
		g.conditions[experiment] = append(g.conditions[experiment], name)
		other := g.pick(g.experiments...)
		return strings.Join([]string{"condition = " + strconv.Quote(name), "like = " +
			strconv.Quote(other+"/"+g.pick(append(g.conditions[other], "x")...))}, join)
	}
	used := map[string]bool{}
	var vary []string
	if g.IntN(2) == 0 {
		for range 1 + g.IntN(2) {
			s := g.setting()
			list := slices.Clone(values[s])
			if used[s] && !g.odd() || len(list) == 0 {
				continue
			}
			used[s] = true
			g.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			list = list[:1+g.IntN(len(list))]
			text := `{ parameter = "` + s + `", values = [` + strings.Join(list, ", ") + `] }`
			if s == "lr" && g.IntN(2) == 0 {
				text = `{ parameter = "lr", column = "learning_rate", logspace = { from = -3, to = 0, count = ` + g.pick("2", "5", "9") + ` } }`
			}
			vary = append(vary, text)
			name += " " + s + "={" + s + "}"
			g.conditions[experiment] = append(g.conditions[experiment], strings.ReplaceAll(name, "{"+s+"}", list[0]))
		}
	}
	keys = append(keys, "condition = "+strconv.Quote(name))
	g.conditions[experiment] = append(g.conditions[experiment], name)
	if vary != nil {
		keys = append(keys, "vary = ["+strings.Join(vary, ", ")+"]")
	}
	if g.IntN(3) == 0 {
		keys = append(keys, "optimizers = "+quoted(g.some(optimizers...)))
	}
	var set []string
	for range g.IntN(3) {
		if s := g.setting(); !used[s] || g.odd() {
			used[s] = true
			if list := values[s]; list != nil {
				set = append(set, s+" = "+g.pick(list...))
			}
		}
	}
	slices.Sort(set)
	set = slices.CompactFunc(set, func(a, b string) bool { x, _, _ := strings.Cut(a, " "); y, _, _ := strings.Cut(b, " "); return x == y })
	if len(set) > 0 && g.IntN(8) > 0 {
		keys = append(keys, "set = { "+strings.Join(set, ", ")+" }")
	}
	if vary == nil && g.IntN(4) == 0 {
		keys = append(keys, `column = "`+g.pick("batch_size", "step", "thing", "things", "words")+`"`, "value = "+g.pick("1", "2.5", "0.1", "-3"))
	}
	if g.IntN(10) == 0 {
		keys = append(keys, "tidy = "+strconv.Quote(g.word()))
	}
	if g.IntN(8) == 0 {
		keys = append(keys, "seeding = "+g.pick(`"paired"`, `"author"`))
	}
	if g.IntN(8) == 0 {
		keys = append(keys, "ccmas_epsilon = "+g.pick("1e-7", "1e-6"))
	}
	return strings.Join(keys, join)
}

// of is a condition or pattern of an experiment, as far as is known.
func (g *generator) of(experiment string) string {
	list := g.conditions[experiment]
	if g.odd() || len(list) == 0 {
		return g.pick("*", "a*", "nothing", "*=*")
	}
	return strings.NewReplacer("{lr}", "*", "{batch}", "*", "{width}", "*", "{depth}", "*", "{epochs}", "*").Replace(g.pick(list...))
}

// id is one that has not been, mostly.
func (g *generator) id(i int) string {
	if g.odd() {
		return g.pick("1", "F0", "a/b", "é", strings.Repeat("i", 180), strings.Repeat("i", 230), "epochs")
	}
	return fmt.Sprintf("f%d", i)
}

func (g *generator) figure(i int) {
	experiments := []string{g.pick(g.experiments...)}
	g.line("[[figures]]", "id = "+strconv.Quote(g.id(i)), "title = "+strconv.Quote("T "+g.word()))
	columns := g.pick("", "", "metric", "optimizer", "optimizer", "experiment")
	if columns == "experiment" && g.IntN(2) == 0 {
		experiments = g.experiments
	}
	g.line("experiments = " + quoted(experiments))
	x := g.pick("epoch", "epoch", "epoch", "condition", "value", "layer", "metric accuracy", "condition")
	if g.odd() {
		x = g.pick("condition "+g.of(experiments[0]), "metric speed", "time", "metric test_loss")
	}
	g.line("x = " + strconv.Quote(x))
	if columns != "" {
		g.line("columns = " + strconv.Quote(columns))
	}
	metrics := params.MetricNames[:3]
	if g.IntN(3) == 0 {
		metrics = g.some(append(g.metrics(), "accuracy * sparsity")...)
		g.line("metrics = " + quoted(metrics))
	}
	if columns == "optimizer" && (len(metrics) > 1) != g.odd() {
		g.line(`rows = "metric"`)
	}
	lines := g.pick(`["optimizer"]`, `["condition"]`, `["optimizer", "condition"]`, `["condition", "optimizer"]`, `["layer"]`,
		`["metric"]`, `[]`)
	switch {
	case columns == "optimizer" && !g.odd():
		lines = g.pick(`["condition"]`, `["condition"]`, `["layer"]`, `[]`)
	case x == "condition" && !g.odd():
		lines = `["optimizer"]`
	case x == "epoch" && !g.odd():
		lines = g.pick(`["optimizer", "condition"]`, `["condition", "optimizer"]`)
	}
	g.line("lines = " + lines)
	if g.IntN(3) == 0 {
		g.line("conditions = " + quoted([]string{g.of(experiments[0])}))
	}
	if g.IntN(4) == 0 && len(metrics) > 0 {
		g.line("limits = { " + strconv.Quote(metrics[0]) + " = " + g.pick("[0.0, 1.0]", "[0.5, 0.6]", "[-0.0, 1e-9]", "[1, 0]") + " }")
	}
	if g.IntN(6) == 0 && len(metrics) > 0 {
		g.line("zoom = { " + strconv.Quote(metrics[0]) + " = [0.9, 0.91] }")
	}
	if g.IntN(5) == 0 {
		g.line("names = { " + strconv.Quote(g.of(experiments[0])) + " = " + strconv.Quote(g.word()) + " }")
	}
	if g.IntN(5) == 0 {
		g.line("reference = { condition = " + strconv.Quote(g.of(experiments[0])) + ", label = " + strconv.Quote(g.word()) + " }")
	}
	if x == "value" || g.odd() {
		g.line("scale = "+g.pick(`"linear"`, `"log"`, `"equal"`), "vertical = "+g.pick(`"baseline"`, `"best accuracy"`))
	}
	if g.IntN(6) == 0 {
		g.line("reverse = true")
	}
	if g.IntN(4) == 0 {
		g.line("error = " + g.pick(`"se"`, `"ci"`, `"se_population"`))
	}
	if g.IntN(6) == 0 {
		g.line("epoch = " + g.pick("1", "2", "9"))
	}
	if g.IntN(4) == 0 {
		g.line("remark = " + strconv.Quote(g.pick("Übung macht den Meister", "“so”", "é", "– so", g.word())))
	}
	if g.IntN(6) == 0 {
		g.line("x_label = " + strconv.Quote(g.word()))
	}
}

func (g *generator) table(i int) {
	id := fmt.Sprintf("t%d", i)
	if g.odd() {
		id = g.pick("t0", "T0", "epochs", "table-t1", strings.Repeat("t", 190), g.pick(g.experiments...))
	}
	kind := g.pick("final", "final", "search", "printed", "conditions", "conditions", "grids", "parameters", "findings", "tidy")
	g.line("[[tables]]", "id = "+strconv.Quote(id), "kind = "+strconv.Quote(kind))
	experiment := "experiment = " + strconv.Quote(g.pick(g.experiments...))
	switch kind {
	case "final":
		g.line(experiment, `error = "se"`, "metrics = "+quoted(g.some(g.metrics()...)))
		if g.IntN(2) == 0 {
			g.line("layers = " + g.pick(`["all"]`, `["all", "1"]`, `["1", "2", "3"]`, `["two"]`, `["9"]`, `["01"]`))
		}
	case "search", "printed":
		g.line(experiment, `error = "se_population"`)
	case "conditions", "parameters":
		g.line(experiment)
	case "grids":
		g.line("experiments = " + quoted(g.some(g.experiments...)))
	}
	if g.IntN(3) == 0 {
		g.line("title = "+strconv.Quote(g.word()), "note = "+strconv.Quote("N "+g.word()))
	}
}

// metrics lists metrics, which are mostly those that every run has.
func (g *generator) metrics() []string {
	list := slices.Clone(params.MetricNames)
	if g.IntN(8) == 0 {
		return list
	}
	return slices.DeleteFunc(list, func(metric string) bool {
		switch metric {
		case "train_loss_after", "train_accuracy", "validation_loss", "validation_accuracy", "phase_accuracy", "forgetting", "overlap", "impact",
			"ccmas_chance", "selectivity_above_chance", "roc", "precision", "information", "informedness",
			"sparsity_varying", "selectivity_varying":
			return true
		}
		return strings.HasPrefix(metric, "ablation_")
	})
}
