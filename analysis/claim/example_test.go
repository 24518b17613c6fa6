package claim_test

import (
	"fmt"
	"log"

	"sparsel/analysis/claim"
)

// A claim is a row of data: its statement and the predicates that decide it.
func Example() {
	c := claim.Claim{
		ID: "Z13", Source: "6.1", Figure: "5.11", Experiments: []string{"batch_size"},
		Words: "From batch size 50 to 1, sparsity rises with SGD and falls with Adadelta.",
		Check: claim.All(
			claim.Higher(claim.In("batch_size", "bs=1").By("SGD").Of("sparsity"), claim.In("batch_size", "bs=50")),
			claim.Lower(claim.In("batch_size", "bs=1").By("Adadelta").Of("sparsity"), claim.In("batch_size", "bs=50"))),
	}
	data := claim.NewData("sparsity")
	for place, values := range map[[2]string][]float64{
		{"bs=50", "SGD"}: {0.224, 0.226, 0.230}, {"bs=1", "SGD"}: {0.655, 0.651, 0.658},
		{"bs=50", "Adadelta"}: {0.331, 0.329, 0.332}, {"bs=1", "Adadelta"}: {0.249, 0.251, 0.250},
	} {
		q := claim.Curve{Experiment: "batch_size", Condition: place[0], Optimizer: place[1], Layer: claim.AllLayers, Metric: "sparsity"}
		for i, v := range values {
			if err := data.Add(q, fmt.Sprintf("seed %d", i+1), 1, v, true); err != nil {
				log.Fatal(err)
			}
		}
	}
	result, err := claim.Decide(c, data)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(result.Text())
	// Output:
	// Z13: SUPPORTED
	// From batch size 50 to 1, sparsity rises with SGD and falls with Adadelta.
	// effect  sparsity, Adadelta, epoch 1: bs=1 − bs=50 = -0.08067 [-0.08379, -0.07755], n = 3
	// p       1.078e-06, uncorrected; the table of all findings has it corrected
	// source  section 6.1, figure 5.11
	// parts   sparsity, SGD, epoch 1: bs=1 − bs=50 = 0.428 [0.4205, 0.4355], n = 3, claimed above 0, p = 1.259e-08: supported
	//         sparsity, Adadelta, epoch 1: bs=1 − bs=50 = -0.08067 [-0.08379, -0.07755], n = 3, claimed below 0, p = 1.078e-06: supported
}
