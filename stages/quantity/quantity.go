// Package quantity lists the metrics, which are the numbers of a run that
// figures and tables may show. Both the code that reads a parameter file and
// the code that draws figures use this list. To add a metric, add a row here.
package quantity

import (
	"math"
	"slices"

	"sparsel/artifacts/measures"
)

// A Metric is a number that a run has at each epoch.
type Metric struct {
	Name      string // in parameter files, tables and summaries
	Words     string // in axes and captions
	Network   bool   // whether it belongs to the network and not to its layers
	Low, High float64
	Value     func(measures.Row) float64
	// Further says that the metric's summaries are separate from those of the
	// metrics that the study itself shows. So a new metric does not cause the
	// study's figures to be drawn again.
	Further bool
}

var metrics = slices.Concat([]Metric{
	{"accuracy", "test accuracy", true, 0, 1, of("accuracy"), false},
	{"sparsity", "sparsity (Hoyer)", false, 0, 1, of("sparsity"), false},
	{"selectivity", "selectivity (CCMAS)", false, 0, 1, of("selectivity"), false},
	{"selectivity_std", "spread of selectivity over units", false, 0, 1, of("selectivity_std"), false},
	{"sparsity_std", "spread of sparsity over images", false, 0, 1, of("sparsity_std"), false},
	{"train_loss", "training loss", true, 0, math.Inf(1), of("train_loss"), false},
	{"test_loss", "test loss", true, 0, math.Inf(1), of("test_loss"), false},
}, []Metric{
	{"train_loss_after", "training loss after the epoch", true, 0, math.Inf(1), of("train_loss_after"), true},
	{"train_accuracy", "training accuracy after the epoch", true, 0, 1, of("train_accuracy"), true},
	{"validation_loss", "loss on images held out", true, 0, math.Inf(1), of("validation_loss"), true},
	{"validation_accuracy", "accuracy on images held out", true, 0, 1, of("validation_accuracy"), true},
	{"gini", "sparsity (Gini)", false, 0, 1, of("gini"), true},
	{"treves_rolls", "sparsity (Treves–Rolls)", false, 0, 1, of("treves_rolls"), true},
	{"csi", "class selectivity index", false, 0, 1, of("csi"), true},
	{"ccmas_chance", "CCMAS by chance", false, 0, 1, of("ccmas_chance"), true},
	{"selectivity_above_chance", "CCMAS less its chance level", false, -1, 1, aboveChance, true},
	{"roc", "area under ROC curve", false, 0, 1, of("roc"), true},
	{"precision", "precision of units", false, 0, 1, of("precision"), true},
	{"information", "class information, bits", false, 0, math.Inf(1), of("information"), true},
	{"informedness", "maximum informedness", false, 0, 1, of("informedness"), true},
	{"dead", "share of dead units", false, 0, 1, of("dead"), true},
	{"saturated", "share of saturated units", false, 0, 1, of("saturated"), true},
	{"below", "share of activations below 0.1", false, 0, 1, of("below"), true},
	{"sparsity_varying", "sparsity of varying units", false, 0, 1, of("sparsity_varying"), true},
	{"selectivity_varying", "selectivity of varying units", false, 0, 1, of("selectivity_varying"), true},
	{"sparsity_weighted", "sparsity, layers weighted", true, 0, 1, of("sparsity_weighted"), true},
	{"selectivity_weighted", "selectivity, layers weighted", true, 0, 1, of("selectivity_weighted"), true},
	{"sparsity_gain", "sparsity gained by training", false, -1, 1, of("sparsity_gain"), true},
	{"selectivity_gain", "selectivity gained by training", false, -1, 1, of("selectivity_gain"), true},
	{"learnt", "share of networks that learnt", true, 0, 1, learnt, true},
	{"diverged", "share of networks that diverged", true, 0, 1, diverged, true},
	{"phase_accuracy", "accuracy on the first classes", true, 0, 1, of("phase_accuracy"), true},
	{"forgetting", "forgetting", true, -1, 1, of("forgetting"), true},
	{"overlap", "overlap of the phases' activity", false, 0, 1, of("overlap"), true},
	{"ablation_selective", "area, most selective removed first", true, 0, 1, of("ablation_selective"), true},
	{"ablation_unselective", "area, least selective removed first", true, 0, 1, of("ablation_unselective"), true},
	{"ablation_random", "area, removed at random", true, 0, 1, of("ablation_random"), true},
	{"ablation_matched", "harm by selective units, activity matched", true, -1, 1, of("ablation_matched"), true},
	{"impact", "correlation of selectivity and impact", true, -1, 1, of("impact"), true},
})

// of returns a function that reads the number in a column.
func of(column string) func(measures.Row) float64 {
	return func(r measures.Row) float64 { return *r.Field(column) }
}

func aboveChance(r measures.Row) float64 { return r.Selectivity - r.CCMASChance }

// Learnt is the accuracy above which a network counts as having learnt. Chance
// is 0.1, and few networks stay in between.
const Learnt = 0.5

func learnt(r measures.Row) float64 {
	if r.Accuracy > Learnt {
		return 1
	}
	return 0
}

// diverged returns 1 for a network whose test loss is no longer a number.
func diverged(r measures.Row) float64 {
	if math.IsNaN(r.TestLoss) || math.IsInf(r.TestLoss, 0) {
		return 1
	}
	return 0
}

// All lists all metrics.
func All() []Metric { return slices.Clone(metrics) }

// Find finds a metric by its name.
func Find(name string) (Metric, bool) {
	i := slices.IndexFunc(metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}, false
	}
	return metrics[i], true
}
