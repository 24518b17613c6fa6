package trainer

// The number of classes of a data set that [Train] accepts.
const (
	MinClasses = 2
	MaxClasses = 100
)

// A Config is everything that decides the result of a run besides the data. Where
// a field that JSON leaves out is 0, a run is what it was before there was such a
// field.
type Config struct {
	Network   Network
	Optimizer Optimizer
	Sampler   Sampler
	Batch     int // samples a step; the last step of an epoch may have fewer
	Epochs    int
	Seeding   Seeding
	// Measure says whose hidden activations an epoch's statistics are about.
	//
	//   - "test", also written "": the test set after the epoch.
	//   - "train": the training set after the epoch.
	//   - "train-running": the training samples as they are used in the epoch,
	//     each with the parameters before its own step. This is what the
	//     original study calls training data: an average over the epoch that
	//     lags behind, above all in the first epochs.
	//
	// Accuracy and test loss are about the test set in all three.
	Measure string
	// TrainLossAfter asks for the loss and the accuracy on the whole training
	// set after each epoch. With Measure "train" they are there anyway.
	TrainLossAfter bool `json:",omitempty"`

	// ReferenceBatch makes the learning rate proportional to Batch: that of the
	// optimizer is for batches of ReferenceBatch, and is multiplied by
	// Batch/ReferenceBatch. 0 takes it as it is.
	ReferenceBatch int `json:",omitempty"`
	// Updates is the number of steps of the whole run; 0 makes Epochs passes over
	// the training data, however many steps these have. Otherwise Epochs is the
	// number of measurements alone, at equal distances: what is called epoch e ends
	// after ⌊e·Updates/Epochs⌋ steps. Passes follow one another across measurements,
	// each with the order that a pass of its number has, and the last one is cut
	// where the steps are used up. So runs of equal Updates and Epochs are measured
	// after equal numbers of steps, whatever their batch.
	Updates int `json:",omitempty"`
	// Validation is how many of the last training samples are held out of training.
	// After each epoch loss and accuracy on them are measured, so that a learning
	// rate can be chosen without the test set. The training set is what is left.
	Validation int `json:",omitempty"`
}

// A Network is a multilayer perceptron, behind convolutions if Conv says so.
// The data decide its inputs and its outputs, which are logits, one a class. Its
// hidden layers, and only they, are measured.
type Network struct {
	Hidden []int // units of each hidden layer, input side first
	// Activation is that of the hidden units: "sigmoid", "relu" or "tanh".
	//
	// The statistics in [Layer] are about absolute values, as the original
	// study demands of tanh; those of sigmoids and ReLUs are their own.
	Activation string
	// Conv are the output channels of convolutions in front of the first
	// hidden layer: 3×3 taps on an input with a border of one 0, the ReLU, the
	// maximum of each 2×2 window, an odd last row or column being left out. Images
	// must be square then. The study's CNN has 32 and 64; nil for none.
	Conv []int

	// Dropout are the rates, from 0 to below 1, at which units of each hidden layer
	// are left out of steps, drawn for each sample; nil leaves out none. What stays
	// is divided by one less the rate. Tests leave out nothing. The choice comes
	// from a stream for each epoch, step and layer, whatever the seeding.
	Dropout []float64 `json:",omitempty"`
	// L1 and CSI are added to the loss of steps: L1 times the mean over the batch
	// of the sum over all hidden units of |activation|, and -CSI times the mean
	// over layers and units of the class selectivity index in the batch, after
	// Leavitt and Morcos (2020). A CSI above 0 makes units more selective, below 0
	// less. Both are about activations before dropout, and the losses that are
	// recorded are without them.
	L1  float64 `json:",omitempty"`
	CSI float64 `json:",omitempty"`
}

// An Optimizer is an update rule with its constants. Constants that a rule
// does not have must be 0, so that one rule is written in one way only.
//
// "AdagradK" and "AdadeltaK" are the variants that the study proposes in its
// equations 6.1 and 6.2, Adagrad and Adadelta with every step multiplied by
// K·G², where G is the accumulated squared gradient including this step's: its
// sum for Adagrad, its running mean for Adadelta. Adadelta's running mean of
// squared steps is about the steps so multiplied, without the learning rate.
//
// "vSGD" finds the learning rate of every parameter by itself: it is vSGD-fd of
// Schaul and LeCun (arXiv 1301.3764). It has no learning rate, no weight decay,
// and no convolutions, for which it would need the gradient of every sample.
type Optimizer struct {
	Name        string  // "SGD", "Adagrad", "Adadelta", "Adam", "RMSprop", "AdagradK", "AdadeltaK" or "vSGD"
	LR          float64 // learning rate
	WeightDecay float64 // added to the gradient as WeightDecay·w before the rule, for biases too
	Momentum    float64 // SGD
	Rho         float64 // Adadelta, AdadeltaK
	Eps         float64 // all but SGD; of vSGD the least shift of a parameter
	Beta1       float64 // Adam
	Beta2       float64 // Adam
	Alpha       float64 // RMSprop: what is kept of the mean of squared gradients in a step
	K           float64 // AdagradK, AdadeltaK

	Nesterov bool `json:",omitempty"` // SGD with momentum, as torch.optim.SGD has it
	// SlowStart and Initial are vSGD's: how many steps without an update make its
	// first averages, at least 2, and the factor by which they are then
	// overestimated, 1 or more.
	SlowStart float64 `json:",omitempty"`
	Initial   float64 `json:",omitempty"`
}

// A Sampler decides which samples make up the batches of an epoch. Fields
// that a kind does not have must be 0.
//
//   - "shuffled": a new permutation of all samples in every epoch.
//   - "sorted": all samples by ascending class, in every epoch alike; samples
//     of one class in the order of the data.
//   - "consecutive": the samples of "sorted", cut into blocks of one class,
//     and the blocks in an order that is drawn once and then frozen.
//   - "classes": every batch has samples of a few classes, which are chosen
//     anew for each batch; see Classes.
//   - "phases": in each of several phases a new permutation, in every epoch, of
//     the samples of a few classes; see Phases.
//
// The original study loses samples with the last two kinds. So does the
// default; Clean keeps them all.
type Sampler struct {
	Kind string // "shuffled", "sorted", "consecutive", "classes" or "phases"

	// Block is the number of samples of a block (consecutive). Each class
	// gives whole blocks only, and its last samples, fewer than Block, are
	// left out of every epoch. With Clean they are one shorter block.
	Block int
	// OrderSeed is the seed of the order of the blocks (consecutive); 0 takes
	// the seed of the run. The study's order was shuffled before anything was
	// seeded and is lost; it was one and the same for all its seeds, as with
	// an OrderSeed. Either way the order comes from a named stream and takes
	// nothing from the author's generator. In the same way it is the seed of
	// the classes that phases draw.
	OrderSeed uint32

	// Classes is the number of classes of a batch (classes), each with
	// Batch/Classes samples; Batch is a multiple of it, or with Clean any number
	// from Classes on. What is over is then given by as many of the chosen classes,
	// one sample each: those that have most samples left, of equal ones the first.
	//
	// Each class has its own permutation in every epoch and gives it away
	// share by share, the last share being shorter. By default, as in the
	// study, a step chooses uniformly among the classes in the game, and as
	// soon as one that was chosen has nothing left, all that were chosen with
	// it leave the game: what they still had is lost for the epoch, 4 to 7 % of
	// MNIST with 2 or 5 classes. Fewer than Classes in the game are chosen all.
	//
	// With Clean a step chooses among the classes that have samples left, each
	// with a chance in proportion to its shares left, rounded up, so that the classes run
	// out together and the end of an epoch is no different from its start; a
	// class leaves alone, when its last sample is taken. Every sample is used
	// once in every epoch. Where fewer than Classes are left they are chosen
	// all, and the batch is smaller.
	Classes int

	Clean bool // lose no samples (consecutive, classes)

	// Phases follow one another (phases); their epochs add up to those of the run.
	Phases []Phase `json:",omitempty"`
}

// A Phase is some epochs of training with samples of some classes. The network has
// an output for every class all the time. All phases of a run give their Classes,
// or all have them drawn; [Config.PhaseClasses] says which they are.
type Phase struct {
	Classes []int `json:",omitempty"` // each once
	// Drawn is a number of classes to be drawn: a permutation of all classes, from
	// a stream of its own, is dealt out to the phases in turn, and again from its
	// start when it is used up. So phases of 5, 5 and 5 of ten classes are a random
	// half, the other half, and the first one again.
	Drawn  int `json:",omitempty"`
	Epochs int
}

// draws reports whether orders come from the author's generator where the
// seeding is "author". The orders of clean samplers never do: there is no
// recorded session that they could follow.
func (s Sampler) draws() bool { return s.Kind == "shuffled" || s.walked() }

// walked reports whether what an epoch draws is a matter of chance, so that
// it must be walked and cannot be counted.
func (s Sampler) walked() bool { return s.Kind == "classes" && !s.Clean }

// A Seeding decides where initial parameters and orders come from.
type Seeding struct {
	// Mode is "author" or "paired".
	//
	// "author" draws everything from one MT19937 sequence, in the order of
	// the original study: the position in it is a function of the runs before.
	// Only the choice of classes comes from a second one, numpy's, that has
	// the same seed. "paired" draws from named streams. Initial weights depend
	// on the seed and on each layer's place and shape, the order of an epoch on
	// the seed and the epoch: conditions that share a seed start equal.
	Mode string
	Seed uint32
	// Skip and NumpySkip are outputs that earlier runs of the session took
	// from the two sequences (author). [Config.Next] finds them.
	Skip, NumpySkip uint64
}
