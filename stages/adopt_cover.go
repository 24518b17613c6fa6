package stages

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sparsel/stages/train"
	"sparsel/trainer"
)

// A trait classifies trainings by what their parameters make the trainer do.
// Trainings that share all labels of all traits take the same paths through the
// trainer's code and differ only in their numbers.
type trait struct {
	name   string
	fields []string // of train.Params; a test checks that each one is in exactly one trait
	// labels is nil if the fields' values affect numbers only, and no code
	// path.
	labels func(p train.Params) []string
}

// traits are the coverage rule of adopt: no result is adopted if it has a label
// that no repeated training had.
var traits = []trait{
	{"optimizer", []string{"Run.Optimizer.Name"}, func(p train.Params) []string { return []string{p.Run.Optimizer.Name} }},
	{"constants", []string{
		"Run.Optimizer.LR", "Run.Optimizer.WeightDecay", "Run.Optimizer.Momentum", "Run.Optimizer.Rho", "Run.Optimizer.Eps",
		"Run.Optimizer.Beta1", "Run.Optimizer.Beta2", "Run.Optimizer.Alpha", "Run.Optimizer.K", "Run.Optimizer.SlowStart",
		"Run.Optimizer.Initial", "Run.Optimizer.Nesterov",
	}, constants},
	{"network", []string{"Run.Network.Hidden"}, layers},
	{"convolutions", []string{"Run.Network.Conv"}, convolutions},
	{"activation", []string{"Run.Network.Activation"}, func(p train.Params) []string { return []string{p.Run.Network.Activation} }},
	{"dropout", []string{"Run.Network.Dropout"}, dropout},
	{"regulariser", []string{"Run.Network.L1", "Run.Network.CSI"}, func(p train.Params) []string {
		return []string{size("L1", p.Run.Network.L1), size("CSI", p.Run.Network.CSI)}
	}},
	{"batch", []string{"Run.Batch"}, func(p train.Params) []string { return []string{batchKind(p)} }},
	{"learning rate", []string{"Run.ReferenceBatch"}, func(p train.Params) []string {
		return []string{given("in proportion to the batch", p.Run.ReferenceBatch > 0)}
	}},
	{"sampler", []string{
		"Run.Sampler.Kind", "Run.Sampler.Block", "Run.Sampler.OrderSeed", "Run.Sampler.Classes", "Run.Sampler.Clean",
		"Run.Sampler.Phases.Classes", "Run.Sampler.Phases.Drawn",
	}, sampling},
	{"seeding", []string{"Run.Seeding.Mode"}, func(p train.Params) []string { return []string{p.Run.Seeding.Mode} }},
	{"place in the session", []string{"Run.Seeding.Skip", "Run.Seeding.NumpySkip"}, func(p train.Params) []string {
		return []string{given("after other runs", p.Run.Seeding.Skip > 0), given("after other choices of classes", p.Run.Seeding.NumpySkip > 0)}
	}},
	{"measurement", []string{"Run.Measure", "Run.TrainLossAfter"}, func(p train.Params) []string {
		return []string{"measured on " + cmp.Or(p.Run.Measure, "test"), given("loss of the training set", p.Run.TrainLossAfter)}
	}},
	{"length", []string{"Run.Updates", "Run.Validation"}, func(p train.Params) []string {
		return []string{given("fixed number of updates", p.Run.Updates > 0), given("validation part", p.Run.Validation > 0)}
	}},
	{"data", []string{"Data", "Classes"}, func(p train.Params) []string { return []string{fmt.Sprintf("%s, %d classes", p.Data, p.Classes)} }},
	{"part of the data", []string{"TrainFirst", "TestFirst"}, func(p train.Params) []string {
		return []string{allOr("training", p.TrainFirst), allOr("test", p.TestFirst)}
	}},
	{"archive", []string{"Archive"}, func(p train.Params) []string {
		return []string{fmt.Sprintf("%s archived", amount(len(p.Archive), "epoch"))}
	}},
	{"numbers", []string{"Run.Epochs", "Run.Seeding.Seed", "Run.Sampler.Phases.Epochs"}, nil},
}

// crossed lists pairs of traits that meet in one loop of the trainer. Each
// combination of their labels counts as a label of its own.
var crossed = [][2]string{
	{"optimizer", "batch"},        // which rows an update touches, and whether some are updated lazily
	{"optimizer", "constants"},    // which terms an update has
	{"optimizer", "network"},      // the remainder when a layer is divided into vectors
	{"optimizer", "convolutions"}, // vectors beside matrices, and no lazily updated rows
	{"activation", "batch"},       // a batch of one has its own product loops
	{"activation", "convolutions"},
	{"activation", "dropout"},
	{"activation", "regulariser"},
	{"dropout", "batch"},
	{"regulariser", "batch"},
	{"measurement", "batch"},
	{"measurement", "convolutions"},
	{"sampler", "seeding"},
	{"sampler", "batch"},
	{"sampler", "length"},
	{"network", "batch"},
}

// labelsOf lists all labels of a training in the order of the traits.
func labelsOf(p train.Params) []string {
	of := map[string][]string{}
	var all []string
	for _, t := range traits {
		if t.labels == nil {
			continue
		}
		for _, label := range t.labels(p) {
			if label != "" && !slices.Contains(of[t.name], label) {
				of[t.name] = append(of[t.name], label)
			}
		}
		for _, label := range of[t.name] {
			all = append(all, t.name+": "+label)
		}
	}
	for _, pair := range crossed {
		for _, x := range of[pair[0]] {
			for _, y := range of[pair[1]] {
				all = append(all, fmt.Sprintf("%s and %s%s%s, %s", pair[0], pair[1], combination, x, y))
			}
		}
	}
	return all
}

// combination joins the names of two crossed traits to their labels.
const combination = " together: "

func combined(label string) bool { return strings.Contains(label, combination) }

// given says whether something is set.
func given(what string, there bool) string {
	if there {
		return what
	}
	return "no " + what
}

// allOr says whether a training uses all images of a part or only the first
// ones.
func allOr(part string, first int) string {
	if first > 0 {
		return "the first " + part + " images"
	}
	return "all " + part + " images"
}

// amount tells none, one and several apart.
func amount(n int, what string) string {
	switch n {
	case 0:
		return "no " + what
	case 1:
		return "one " + what
	}
	if strings.HasSuffix(what, "s") {
		what += "e"
	}
	return "several " + what + "s"
}

// size distinguishes the values at which formulas change: 0, 1, the sign, and
// values that make weights diverge.
func size(name string, x float64) string {
	switch {
	case x == 0:
		return "no " + name
	case x < 0:
		return name + " below 0"
	case x == 1:
		return name + " of 1"
	case x > 1:
		return name + " above 1"
	}
	return name
}

func constants(p train.Params) []string {
	o := p.Run.Optimizer
	var list []string
	for _, h := range trainer.Hyper(o.Name) {
		list = append(list, size(h.Name, *o.Constant(h.Name)))
	}
	return append(list, given("Nesterov", o.Nesterov))
}

// lanes is the width of a vector. What is left over takes another code path.
const lanes = 16

func layers(p train.Params) []string {
	list := []string{amount(len(p.Run.Network.Hidden), "hidden layer")}
	for _, units := range p.Run.Network.Hidden {
		switch {
		case units%lanes != 0:
			list = append(list, "a layer that does not fill its vectors")
		case units < 128:
			list = append(list, "a narrow layer")
		default:
			list = append(list, "a wide layer")
		}
	}
	return list
}

func convolutions(p train.Params) []string {
	list := []string{amount(len(p.Run.Network.Conv), "convolution")}
	for _, channels := range p.Run.Network.Conv {
		list = append(list, given("channels left over", channels%lanes != 0))
	}
	return list
}

func dropout(p train.Params) []string {
	var list []string
	for i, rate := range p.Run.Network.Dropout {
		at := "dropout"
		if i > 0 {
			at = "dropout further up"
		}
		list = append(list, given(at, rate > 0))
	}
	if list == nil {
		return []string{"no dropout"}
	}
	return list
}

// sleepingBatch is the largest batch for which the trainer updates rows of
// weights lazily.
const sleepingBatch = 16

func batchKind(p train.Params) string {
	switch b := p.Run.Batch; {
	case b == 1:
		return "batch 1"
	case b <= sleepingBatch:
		return "small batch"
	case b <= 100:
		return "batch"
	}
	return "large batch"
}

func sampling(p train.Params) []string {
	s := p.Run.Sampler
	list := []string{s.Kind}
	switch s.Kind {
	case "consecutive":
		list = append(list, amount(s.Block, "sample")+" in a block", given("order seed", s.OrderSeed > 0), given("clean blocks", s.Clean))
	case "classes":
		whole := s.Classes > 0 && p.Run.Batch%s.Classes == 0
		list = append(list, fmt.Sprintf("classes, %s, %s", amount(s.Classes, "class"), given("clean", s.Clean)), given("equal shares", whole))
	case "phases":
		list = append(list, amount(len(s.Phases), "phase"), given("order seed", s.OrderSeed > 0))
		for _, phase := range s.Phases {
			list = append(list, given("classes drawn", phase.Drawn > 0), amount(len(phase.Classes), "given class"))
		}
	}
	return list
}
