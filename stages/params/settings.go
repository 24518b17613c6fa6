package params

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"sparsel/stages/nearest"
	"sparsel/trainer"
)

// A Setting is a value that the baseline has and an experiment may set or vary.
// Its row in the list of settings defines everything about it: the values that
// it may have and the message for others, how it enters a run, how tables show
// it and what the baseline has.
type Setting struct {
	Name   string // in the file
	Column string // in tables; several settings may share one, as layer widths share the network
	Takes  string // the values it may have, in words

	set func(c *trainer.Config, value any, d Dataset) error // the error continues "parameter NAME "
	// get returns the run's value as the file would have it: a whole number, a
	// number, a string, a boolean or a list of whole numbers. It returns nil if
	// the run has no such value.
	get func(c trainer.Config) any
}

// settings lists all settings except for the optimizers' constants. They are
// applied in this order, whatever the order in the file: first a list of
// widths, then one width for all layers, then the number of layers.
var settings = []Setting{
	widths("hidden", "network", func(c *trainer.Config) *[]int { return &c.Network.Hidden }),
	{
		Name: "width", Column: "network", Takes: "a whole number from 1 to 65536, for every hidden layer",
		set: func(c *trainer.Config, v any, _ Dataset) error {
			width, err := whole(v, 1, 65536)
			c.Network.Hidden = slices.Repeat([]int{width}, len(c.Network.Hidden))
			return err
		},
		get: func(c trainer.Config) any {
			if first := c.Network.Hidden[0]; !slices.ContainsFunc(c.Network.Hidden, func(w int) bool { return w != first }) {
				return int64(first)
			}
			return nil
		},
	},
	{
		Name: "depth", Column: "network", Takes: "a whole number from 1 to 64, of hidden layers as wide as the first",
		set: func(c *trainer.Config, v any, _ Dataset) error {
			depth, err := whole(v, 1, 64)
			c.Network.Hidden = slices.Repeat(c.Network.Hidden[:1], depth)
			return err
		},
		get: func(c trainer.Config) any { return int64(len(c.Network.Hidden)) },
	},
	widths("conv", "network", func(c *trainer.Config) *[]int { return &c.Network.Conv }),
	choiceOf("activation", "activation", []string{"sigmoid", "relu", "tanh"}, func(c *trainer.Config) *string {
		return &c.Network.Activation
	}),
	choiceOf("sampler", "training images", []string{"shuffled", "sorted", "consecutive", "classes", "phases"},
		func(c *trainer.Config) *string { return &c.Sampler.Kind }),
	wholeTo("block", "training images", trainingImages, func(c *trainer.Config) *int { return &c.Sampler.Block }),
	wholeTo("classes", "training images", classes, func(c *trainer.Config) *int { return &c.Sampler.Classes }),
	truthOf("clean", "training images", func(c *trainer.Config) *bool { return &c.Sampler.Clean }),
	wholeOf("order_seed", "training images", 1, math.MaxUint32, func(c *trainer.Config) *uint32 { return &c.Sampler.OrderSeed }),
	{
		Name: "phases", Column: "training images", Takes: "a list of { epochs, and classes = [0, 1, …] or drawn, a number of them }",
		set: setPhases,
		get: func(c trainer.Config) any { return phasesText(c.Sampler.Phases) },
	},
	wholeTo("batch", "batch size", trainingImages, func(c *trainer.Config) *int { return &c.Batch }),
	wholeOf("epochs", "epochs", 1, 100000, func(c *trainer.Config) *int { return &c.Epochs }),
	optional(choiceOf("measure", "measured on", []string{"test", "train", "train-running"}, measure), "test", measure),
	truthOf("train_loss_after", "training loss after each epoch", func(c *trainer.Config) *bool { return &c.TrainLossAfter }),
	wholeTo("reference_batch", "batch size of the learning rate", trainingImages, func(c *trainer.Config) *int { return &c.ReferenceBatch }),
	wholeOf("updates", "updates", 1, math.MaxInt32, func(c *trainer.Config) *int { return &c.Updates }),
	wholeTo("validation", "validation images", fewerImages, func(c *trainer.Config) *int { return &c.Validation }),
	{
		Name: "dropout", Column: "dropout", Takes: "a list of numbers from 0 to below 1, one for each hidden layer",
		set: func(c *trainer.Config, v any, _ Dataset) error {
			list, err := listOf(v, "rates")
			if err != nil {
				return err
			}
			rates := make([]float64, len(list))
			for i, element := range list {
				rate, ok := number(element)
				if !ok || !(rate >= 0 && rate < 1) {
					return fmt.Errorf("has %s, must have numbers from 0 to below 1", kindOf(element))
				}
				rates[i] = rate
			}
			// Rates of 0 leave out no unit, as no rates do, and equal runs must be
			// equal. The trainer refuses another number of rates than of layers.
			if len(rates) == len(c.Network.Hidden) && !slices.ContainsFunc(rates, func(rate float64) bool { return rate != 0 }) {
				rates = nil
			}
			c.Network.Dropout = rates
			return nil
		},
		get: func(c trainer.Config) any {
			if len(c.Network.Dropout) == 0 {
				return nil
			}
			return c.Network.Dropout
		},
	},
	numberOf("l1", "L1 of activations", "a number, 0 or more", func(x float64) error {
		if !(x >= 0 && x <= math.MaxFloat32) {
			return within32(x, fmt.Errorf("is %v: want a finite number, 0 or more", x))
		}
		return nil
	}, func(c *trainer.Config) *float64 { return &c.Network.L1 }),
	numberOf("csi", "class selectivity in the loss", "a number, positive to raise selectivity", func(x float64) error {
		if !(math.Abs(x) <= math.MaxFloat32) {
			return within32(x, fmt.Errorf("is %v: want a finite number", x))
		}
		return nil
	}, func(c *trainer.Config) *float64 { return &c.Network.CSI }),
	truthOf("nesterov", "Nesterov momentum", func(c *trainer.Config) *bool { return &c.Optimizer.Nesterov }),
}

// Settings lists every setting: first those of all runs, then the optimizers'
// constants, beginning with the learning rate.
func Settings() []Setting { return slices.Clone(allSettings()) }

var allSettings = sync.OnceValue(func() []Setting {
	list := slices.Clone(settings)
	for _, optimizer := range trainer.Optimizers() {
		for _, h := range trainer.Hyper(optimizer) {
			if !slices.ContainsFunc(list, func(s Setting) bool { return s.Name == h.Name }) {
				list = append(list, constant(h.Name))
			}
		}
	}
	return list
})

// SettingOf finds a setting by its name.
func SettingOf(name string) (Setting, bool) {
	list := allSettings()
	i := slices.IndexFunc(list, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return Setting{}, false
	}
	return list[i], true
}

// ConstantsOf lists the constants of an optimizer, beginning with the learning
// rate.
func ConstantsOf(optimizer string) []Setting {
	var list []Setting
	for _, h := range trainer.Hyper(optimizer) {
		list = append(list, constant(h.Name))
	}
	return list
}

// Value returns the run's value of the setting as the file would have it, or
// nil if the run has no such value.
func (s Setting) Value(c trainer.Config) any { return s.get(c) }

// limit is the largest value of a whole number. It may depend on the data set.
type limit struct {
	words string
	of    func(Dataset) int
}

var (
	trainingImages = limit{"the number of training images", func(d Dataset) int { return d.Train }}
	fewerImages    = limit{"one less than the training images", func(d Dataset) int { return d.Train - 1 }}
	classes        = limit{"the number of classes", func(d Dataset) int { return d.Classes }}
)

// wholeOf returns a setting that is a whole number in a field of the run. The
// value is 0 if the run has no such thing.
func wholeOf[T int | uint32](name, column string, low, high int, field func(*trainer.Config) *T) Setting {
	return wholeWithin(name, column, low, limit{fmt.Sprint(high), func(Dataset) int { return high }}, field)
}

// wholeTo returns a setting that is a whole number from 1 to a limit that the
// data set may determine.
func wholeTo(name, column string, most limit, field func(*trainer.Config) *int) Setting {
	return wholeWithin(name, column, 1, most, field)
}

func wholeWithin[T int | uint32](name, column string, low int, high limit, field func(*trainer.Config) *T) Setting {
	return Setting{
		Name: name, Column: column, Takes: fmt.Sprintf("a whole number from %d to %s", low, high.words),
		set: func(c *trainer.Config, v any, d Dataset) error {
			n, err := whole(v, low, high.of(d))
			*field(c) = T(n)
			return err
		},
		get: func(c trainer.Config) any {
			if v := *field(&c); v != 0 {
				return int64(v)
			}
			return nil
		},
	}
}

// listOf returns the elements of a list that must have some.
func listOf(v any, of string) ([]any, error) {
	list, ok := v.([]any)
	switch {
	case !ok:
		return nil, fmt.Errorf("is %s, must be a list of %s", kindOf(v), of)
	case len(list) == 0:
		return nil, fmt.Errorf("is an empty list, must have %s", of)
	}
	return list, nil
}

// widths returns a setting that lists sizes of layers, beginning at the input.
// The list is empty if the run has no such layers.
func widths(name, column string, field func(*trainer.Config) *[]int) Setting {
	return Setting{
		Name: name, Column: column, Takes: "a list of whole numbers from 1 to 65536, input side first",
		set: func(c *trainer.Config, v any, _ Dataset) error {
			list, err := listOf(v, "widths")
			if err != nil {
				return err
			}
			sizes := make([]int, len(list))
			for i, element := range list {
				if sizes[i], err = whole(element, 1, 65536); err != nil {
					return err
				}
			}
			*field(c) = sizes
			return nil
		},
		get: func(c trainer.Config) any {
			if list := *field(&c); len(list) > 0 {
				return list
			}
			return nil
		},
	}
}

// choiceOf returns a setting that is one of several words. The first is the
// meaning of an empty field.
func choiceOf(name, column string, choices []string, field func(*trainer.Config) *string) Setting {
	return Setting{
		Name: name, Column: column, Takes: "one of " + strings.Join(choices, ", "),
		set: func(c *trainer.Config, v any, _ Dataset) error {
			word, ok := v.(string)
			if !ok || !slices.Contains(choices, word) {
				return fmt.Errorf("is %s, must be one of %s", kindOf(v), strings.Join(choices, ", "))
			}
			*field(c) = word
			return nil
		},
		get: func(c trainer.Config) any {
			if word := *field(&c); word != "" {
				return word
			}
			return choices[0]
		},
	}
}

// optional returns a choice whose default is stored as an empty field, so that
// a run that states the default is the run that leaves it out.
func optional(s Setting, usual string, field func(*trainer.Config) *string) Setting {
	set := s.set
	s.set = func(c *trainer.Config, v any, d Dataset) error {
		err := set(c, v, d)
		if *field(c) == usual {
			*field(c) = ""
		}
		return err
	}
	return s
}

func measure(c *trainer.Config) *string { return &c.Measure }

// truthOf returns a setting that is true or false. The default is false.
func truthOf(name, column string, field func(*trainer.Config) *bool) Setting {
	return Setting{
		Name: name, Column: column, Takes: "true or false",
		set: func(c *trainer.Config, v any, _ Dataset) error {
			truth, ok := v.(bool)
			if !ok {
				return fmt.Errorf("is %s, must be true or false", kindOf(v))
			}
			*field(c) = truth
			return nil
		},
		get: func(c trainer.Config) any { return *field(&c) },
	}
}

// numberOf returns a setting that is a number in a field of the run. The error
// of check continues "parameter NAME ".
func numberOf(name, column, takes string, check func(float64) error, field func(*trainer.Config) *float64) Setting {
	return Setting{
		Name: name, Column: column, Takes: takes,
		set: func(c *trainer.Config, v any, _ Dataset) error {
			x, ok := number(v)
			if !ok {
				return fmt.Errorf("is %s, must be a number", kindOf(v))
			}
			if err := check(x); err != nil {
				return err
			}
			*field(c) = x
			return nil
		},
		get: func(c trainer.Config) any { return *field(&c) },
	}
}

// constant returns the setting of an optimizer's constant. The optimizer
// determines whether it has the constant and which values are allowed.
func constant(name string) Setting {
	column := strings.ReplaceAll(name, "_", " ")
	if name == "lr" {
		column = "learning rate"
	}
	takes := "a number, with " + strings.Join(optimizersWith(name), ", ")
	field := func(c *trainer.Config) *float64 { return c.Optimizer.Constant(name) }
	return Setting{
		Name: name, Column: column, Takes: takes,
		set: func(c *trainer.Config, v any, d Dataset) error {
			h, ok := hyper(c.Optimizer.Name, name)
			if !ok {
				return fmt.Errorf("does not belong to %s, which has %s", c.Optimizer.Name, hyperNames(c.Optimizer.Name))
			}
			return numberOf(name, column, takes, func(x float64) error { return checkConstant(h, x) }, field).set(c, v, d)
		},
		get: func(c trainer.Config) any {
			if _, ok := hyper(c.Optimizer.Name, name); !ok {
				return nil
			}
			return *c.Optimizer.Constant(name)
		},
	}
}

// checkConstant returns an error unless an optimizer may have the constant.
func checkConstant(h trainer.Hyperparameter, x float64) error {
	err := h.Check(x)
	if err != nil && h.Check(nearest32(x)) == nil {
		return within32(x, err)
	}
	return err
}

// nearest32 returns the number of 32 bits that is nearest to a number that they
// cannot hold, or would turn into 0 or 1. Other numbers stay.
func nearest32(x float64) float64 {
	switch size := math.Abs(x); {
	case size > math.MaxFloat32:
		return math.Copysign(math.MaxFloat32, x)
	case size > 0 && float32(x) == 0:
		return math.Copysign(math.SmallestNonzeroFloat32, x)
	case size < 1 && float32(size) == 1:
		return math.Copysign(float64(math.Nextafter32(1, 0)), x)
	}
	return x
}

// within32 says so if a number is refused only because networks are trained
// with numbers of 32 bits. Otherwise it returns the error.
func within32(x float64, err error) error {
	nearest := nearest32(x)
	if math.IsNaN(x) || math.IsInf(x, 0) || nearest == x {
		return err
	}
	return fmt.Errorf("is %v, which the 32 bits that networks are trained with cannot tell from %v; the nearest that they can is %.8g",
		x, float32(x), nearest)
}

// hyper finds a hyper-parameter of an optimizer by its name.
func hyper(optimizer, name string) (trainer.Hyperparameter, bool) {
	list := trainer.Hyper(optimizer)
	i := slices.IndexFunc(list, func(h trainer.Hyperparameter) bool { return h.Name == name })
	if i < 0 {
		return trainer.Hyperparameter{}, false
	}
	return list[i], true
}

// hyperNames lists the hyper-parameters of an optimizer for messages.
func hyperNames(optimizer string) string {
	var names []string
	for _, h := range trainer.Hyper(optimizer) {
		names = append(names, h.Name)
	}
	return strings.Join(names, ", ")
}

// optimizersWith lists the optimizers that have a hyper-parameter.
func optimizersWith(name string) []string {
	return slices.DeleteFunc(trainer.Optimizers(), func(optimizer string) bool {
		_, ok := hyper(optimizer, name)
		return !ok
	})
}

// apply sets one parameter of the run. Its error continues "parameter NAME ".
func apply(c *trainer.Config, name string, value any, d Dataset) error {
	s, ok := SettingOf(name)
	if !ok {
		return fmt.Errorf("is not known; known are %s%s", strings.Join(settingNames(), ", "), nearest.Hint(name, settingNames()))
	}
	return s.set(c, value, d)
}

func settingNames() []string {
	var names []string
	for _, s := range allSettings() {
		names = append(names, s.Name)
	}
	return names
}

func whole(value any, low, high int) (int, error) {
	v, ok := value.(int64)
	if !ok {
		return low, fmt.Errorf("is %s, must be a whole number", kindOf(value))
	}
	if v < int64(low) || v > int64(high) {
		return low, fmt.Errorf("is %d, must lie between %d and %d", v, low, high)
	}
	return int(v), nil
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	return 0, false
}
