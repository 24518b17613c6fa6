package trainer

// Classes is the number of classes of every data set that [Train] accepts.
const Classes = 10

// A Config is everything that decides the result of a run besides the data.
type Config struct {
	Network   Network
	Optimizer Optimizer
	Sampler   Sampler
	Batch     int // samples a step; the last step of an epoch may have fewer
	Epochs    int
	Seeding   Seeding
}

// A Network is a multilayer perceptron. The data decide its inputs; it has
// [Classes] outputs, which are logits.
type Network struct {
	Hidden     []int  // units of each hidden layer, input side first
	Activation string // of the hidden units: "sigmoid"
}

// An Optimizer is an update rule with its constants. Constants that a rule
// does not have must be 0, so that one rule is written in one way only.
type Optimizer struct {
	Name        string  // "SGD", "Adagrad", "Adadelta" or "Adam"
	LR          float64 // learning rate
	WeightDecay float64 // added to the gradient as WeightDecay·w before the rule, for biases too
	Momentum    float64 // SGD
	Rho         float64 // Adadelta
	Eps         float64 // Adagrad, Adadelta, Adam
	Beta1       float64 // Adam
	Beta2       float64 // Adam
}

// A Sampler decides which samples make up the batches of an epoch.
type Sampler struct {
	Kind string // "shuffled": a new permutation of all samples in every epoch
}

// A Seeding decides where initial parameters and orders come from.
type Seeding struct {
	// Mode is "author" or "paired".
	//
	// "author" draws everything from one MT19937 sequence, in the order of
	// the original study: the position in it is a function of the runs before.
	// "paired" draws from named streams. Initial weights depend on the seed
	// and on each layer's place and shape, the order of an epoch on the seed
	// and the epoch: conditions that share a seed start equal.
	Mode string
	Seed uint32
	Skip uint64 // author: outputs that earlier runs of the session took
}

// Draws returns how many outputs of the author's generator the run takes, the
// distance between the starts of two runs of one session: one per parameter,
// and in each epoch two int64 and a permutation for the training loader and
// an int64 for the test loader.
func (c Config) Draws(inputs, classes, samples int) uint64 {
	parameters := 0
	for _, out := range append(append([]int(nil), c.Network.Hidden...), classes) {
		parameters += (inputs + 1) * out
		inputs = out
	}
	epoch := 2 + 2 + max(samples-1, 0) + 2
	return uint64(parameters) + uint64(c.Epochs)*uint64(epoch)
}
