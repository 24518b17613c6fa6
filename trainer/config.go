package trainer

// The number of classes of a data set that [Train] accepts.
const (
	MinClasses = 2
	MaxClasses = 100
)

// A Config is everything besides the data that decides the result of a run. If
// a field with omitempty is 0, a run gives the same result as before the field
// existed.
type Config struct {
	Network   Network
	Optimizer Optimizer
	Sampler   Sampler
	Batch     int // samples per step; the last step of an epoch may have fewer
	Epochs    int
	Seeding   Seeding
	// Measure says which samples an epoch's statistics of hidden activations
	// describe.
	//
	//   - "test", also written "": the test set after the epoch.
	//   - "train": the training set after the epoch.
	//   - "train-running": the training samples as they are used in the epoch,
	//     each with the parameters before its own step. This is what the
	//     original study calls training data. It is an average over the epoch
	//     and therefore lags behind, most of all in the first epochs.
	//
	// Accuracy and test loss are those of the test set in all three cases.
	Measure string
	// TrainLossAfter requests the loss and the accuracy on the whole training
	// set after each epoch. With Measure "train" they are recorded anyway.
	TrainLossAfter bool `json:",omitempty"`

	// ReferenceBatch makes the learning rate proportional to Batch. The
	// optimizer's rate applies to batches of ReferenceBatch and is multiplied
	// by Batch/ReferenceBatch. If it is 0, the rate is used as it is.
	ReferenceBatch int `json:",omitempty"`
	// Updates is the number of steps of the whole run. If it is 0, the run
	// makes Epochs passes over the training data, however many steps these
	// have. Otherwise Epochs is only the number of measurements, which are
	// equally spaced: epoch e ends after ⌊e·Updates/Epochs⌋ steps. Passes
	// follow one another regardless of measurements, each in the order that
	// belongs to its number, and the last one ends when the steps are used up.
	// So runs with equal Updates and Epochs are measured after equal numbers of
	// steps, whatever their batch.
	Updates int `json:",omitempty"`
	// Validation is the number of training samples, the last ones, that are
	// held out of training. Loss and accuracy on them are measured after each
	// epoch, so that a learning rate can be chosen without the test set. The
	// other samples are the training set.
	Validation int `json:",omitempty"`
}

// A Network is a multilayer perceptron, preceded by convolutions if Conv is
// set. The data decide the number of its inputs and of its outputs, which are
// logits, one per class. Its hidden layers, and only they, are measured.
type Network struct {
	Hidden []int // units of each hidden layer, input side first
	// Activation is the activation function of the hidden units: "sigmoid",
	// "relu" or "tanh".
	//
	// The statistics in [Layer] use absolute values, as the original study
	// requires for tanh. Sigmoids and ReLUs are never negative, so for them
	// nothing changes.
	Activation string
	// Conv lists the output channels of convolutions in front of the first
	// hidden layer. Each has 3×3 taps on an input with a border of one 0, the
	// ReLU, and the maximum of each 2×2 window, where an odd last row or column
	// is left out. Images must then be square. The study's CNN has 32 and 64
	// channels; nil means no convolutions.
	Conv []int

	// Dropout lists, for each hidden layer, the rate, from 0 to below 1, at
	// which its units are left out of steps. The choice is made for each
	// sample. Nil leaves out none. The remaining activations are divided by one
	// minus the rate. Tests leave out nothing. The choice comes from a separate
	// stream for each epoch, step and layer, whatever the seeding.
	Dropout []float64 `json:",omitempty"`
	// L1 and CSI add terms to the loss of steps: L1 times the mean over the
	// batch of the sum over all hidden units of |activation|, and -CSI times
	// the mean over layers and units of the class selectivity index in the
	// batch, after Leavitt and Morcos (2020). A CSI above 0 makes units more
	// selective, and one below 0 less. Both use the activations before dropout.
	// The recorded losses do not include these terms.
	L1  float64 `json:",omitempty"`
	CSI float64 `json:",omitempty"`
}

// An Optimizer is an update rule with its constants. Constants that a rule does
// not have must be 0, so that each rule can be written in only one way.
//
// "AdagradK" and "AdadeltaK" are the variants that the study proposes in its
// equations 6.1 and 6.2. They are Adagrad and Adadelta with every step
// multiplied by K·G², where G is the accumulated squared gradient including
// this step's: its sum for Adagrad, its running mean for Adadelta. Adadelta's
// running mean of squared steps uses the steps after this multiplication,
// without the learning rate.
//
// "vSGD" is vSGD-fd of Schaul and LeCun (arXiv 1301.3764), which determines a
// learning rate for every parameter by itself. It has no learning rate and no
// weight decay. It does not support convolutions, for which it would need the
// gradient of every sample.
type Optimizer struct {
	Name        string  // "SGD", "Adagrad", "Adadelta", "Adam", "RMSprop", "AdagradK", "AdadeltaK" or "vSGD"
	LR          float64 // learning rate
	WeightDecay float64 // added to the gradient as WeightDecay·w before the rule, for biases too
	Momentum    float64 // SGD
	Rho         float64 // Adadelta, AdadeltaK
	Eps         float64 // all except SGD; for vSGD the smallest shift of a parameter
	Beta1       float64 // Adam
	Beta2       float64 // Adam
	Alpha       float64 // RMSprop: the share of the mean of squared gradients that a step keeps
	K           float64 // AdagradK, AdadeltaK

	Nesterov bool `json:",omitempty"` // SGD with momentum in the form of torch.optim.SGD
	// SlowStart and Initial belong to vSGD. Its first averages are computed in
	// Initial steps without an update, at least 2. They are then overestimated
	// by the factor SlowStart, which is 1 or more.
	SlowStart float64 `json:",omitempty"`
	Initial   float64 `json:",omitempty"`
}

// A Sampler decides which samples make up the batches of an epoch. Fields that
// a kind does not have must be 0.
//
//   - "shuffled": a new permutation of all samples in every epoch.
//   - "sorted": all samples by ascending class, the same in every epoch;
//     samples of one class are in the order of the data.
//   - "consecutive": the samples of "sorted", cut into blocks of one class,
//     with the blocks in an order that is drawn once and then kept.
//   - "classes": every batch has samples of a few classes, which are chosen
//     anew for each batch; see Classes.
//   - "phases": in each of several phases, every epoch is a new permutation of
//     the samples of a few classes; see Phases.
//
// In the original study "consecutive" and "classes" lose samples. They do so
// here by default; Clean keeps all samples.
type Sampler struct {
	Kind string // "shuffled", "sorted", "consecutive", "classes" or "phases"

	// Block is the number of samples in a block (consecutive). Each class gives
	// only whole blocks, and its last samples, fewer than Block, are left out
	// of every epoch. With Clean they form one shorter block.
	Block int
	// OrderSeed is the seed for the order of the blocks (consecutive); 0 means
	// the seed of the run. The study's order was shuffled before anything was
	// seeded and is lost. It was the same for all its seeds, as it is with an
	// OrderSeed. In both cases the order comes from a named stream and takes
	// nothing from the author's generator. OrderSeed is also the seed for the
	// classes that phases draw.
	OrderSeed uint32

	// Classes is the number of classes in a batch (classes), each with
	// Batch/Classes samples. Batch is a multiple of Classes or, with Clean, any
	// number from Classes up. The remainder then comes from that many of the
	// chosen classes, one more sample each: the classes with most samples left,
	// the first of equal ones.
	//
	// Each class has its own permutation in every epoch, from which it gives
	// one share after another; the last share may be shorter. By default, as in
	// the study, a step chooses uniformly among the classes still in the game.
	// As soon as one of the chosen classes has nothing left, all classes chosen
	// with it leave the game, and what they still had is lost for the epoch: 4
	// to 7 % of MNIST with 2 or 5 classes. If fewer than Classes are in the
	// game, all of them are chosen.
	//
	// With Clean a step chooses among the classes that have samples left, each
	// with a probability proportional to its remaining shares, rounded up. So
	// the classes run out together, and the end of an epoch is like its start.
	// A class leaves alone, when its last sample is taken. Every sample is used
	// once in every epoch. If fewer than Classes are left, all of them are
	// chosen, and the batch is smaller.
	Classes int

	Clean bool // lose no samples (consecutive, classes)

	// Phases follow one another (phases). Their epochs add up to those of the
	// run.
	Phases []Phase `json:",omitempty"`
}

// A Phase is a number of epochs of training with samples of some classes. The
// network always has an output for every class. Either all phases of a run list
// their Classes, or all draw them; [Config.PhaseClasses] returns the result.
type Phase struct {
	Classes []int `json:",omitempty"` // each at most once
	// Drawn is a number of classes to be drawn. A permutation of all classes,
	// from a stream of its own, is dealt out to the phases in turn, and again
	// from its start when it is used up. So of ten classes, phases of 5, 5 and
	// 5 get a random half, the other half, and the first half again.
	Drawn  int `json:",omitempty"`
	Epochs int
}

// draws reports whether orders come from the author's generator if the seeding
// is "author". The orders of clean samplers never do, because there is no
// recorded session that they could follow.
func (s Sampler) draws() bool { return s.Kind == "shuffled" || s.walked() }

// walked reports whether the number of draws in an epoch depends on chance, so
// that they must be walked through and cannot be counted.
func (s Sampler) walked() bool { return s.Kind == "classes" && !s.Clean }

// A Seeding decides where initial parameters and orders come from.
type Seeding struct {
	// Mode is "author" or "paired".
	//
	// "author" draws everything from one MT19937 sequence, in the order of the
	// original study; the position in the sequence is a function of the runs
	// before. Only the choice of classes comes from a second sequence, numpy's,
	// with the same seed. "paired" draws from named streams. Initial weights
	// depend on the seed and on each layer's place and shape, and the order of
	// an epoch on the seed and the epoch, so conditions that share a seed start
	// equal.
	Mode string
	Seed uint32
	// Skip and NumpySkip are the numbers of outputs that earlier runs of the
	// session took from the two sequences (author). [Config.Next] computes
	// them.
	Skip, NumpySkip uint64
}
