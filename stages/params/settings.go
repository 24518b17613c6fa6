package params

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sparsel/trainer"
)

// settings is a run being put together: the baseline, then an experiment's set, then what varies.
type settings struct {
	config trainer.Config
}

// activations are those of hidden units.
var activations = []string{"sigmoid", "relu", "tanh"}

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

// apply sets one parameter of the run. The message of its error continues "parameter NAME ".
func (s *settings) apply(name string, value any) error {
	c := &s.config
	switch name {
	case "batch":
		return whole(value, 1, 60000, &c.Batch)
	case "epochs":
		return whole(value, 1, 100000, &c.Epochs)
	case "width":
		var width int
		if err := whole(value, 1, 65536, &width); err != nil {
			return err
		}
		c.Network.Hidden = slices.Repeat([]int{width}, len(c.Network.Hidden))
		return nil
	case "depth":
		var depth int
		if err := whole(value, 1, 64, &depth); err != nil {
			return err
		}
		c.Network.Hidden = slices.Repeat(c.Network.Hidden[:1], depth)
		return nil
	case "hidden":
		return widths(value, &c.Network.Hidden)
	case "conv":
		return widths(value, &c.Network.Conv)
	case "activation":
		return oneOf(value, activations, &c.Network.Activation)
	case "sampler":
		return oneOf(value, []string{"shuffled", "sorted", "consecutive", "classes"}, &c.Sampler.Kind)
	case "block":
		return whole(value, 1, TrainSamples, &c.Sampler.Block)
	case "classes":
		return whole(value, 1, Classes, &c.Sampler.Classes)
	case "order_seed":
		var seed int
		if err := whole(value, 1, math.MaxUint32, &seed); err != nil {
			return err
		}
		c.Sampler.OrderSeed = uint32(seed)
		return nil
	case "clean":
		return truth(value, &c.Sampler.Clean)
	case "measure":
		return oneOf(value, []string{"test", "train", "train-running"}, &c.Measure)
	}
	return s.applyHyper(name, value)
}

func (s *settings) applyHyper(name string, value any) error {
	o := &s.config.Optimizer
	field := o.Constant(name)
	if field == nil {
		return fmt.Errorf("is not known; known are batch, epochs, width, depth, hidden, conv, activation, sampler, block, classes, order_seed, clean, measure and the optimizers' lr, weight_decay, momentum, rho, eps, beta1, beta2, alpha, k")
	}
	h, ok := hyper(o.Name, name)
	if !ok {
		return fmt.Errorf("does not belong to %s, which has %s", o.Name, hyperNames(o.Name))
	}
	v, ok := number(value)
	if !ok {
		return fmt.Errorf("is %s, must be a number", kindOf(value))
	}
	if err := h.Check(v); err != nil {
		return err
	}
	*field = v
	return nil
}

func whole(value any, low, high int, into *int) error {
	v, ok := value.(int64)
	if !ok {
		return fmt.Errorf("is %s, must be a whole number", kindOf(value))
	}
	if v < int64(low) || v > int64(high) {
		return fmt.Errorf("is %d, must lie between %d and %d", v, low, high)
	}
	*into = int(v)
	return nil
}

// widths are the sizes of layers, input side first.
func widths(value any, into *[]int) error {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		return fmt.Errorf("is %s, must be a list of widths", kindOf(value))
	}
	sizes := make([]int, len(list))
	for i, v := range list {
		if err := whole(v, 1, 65536, &sizes[i]); err != nil {
			return err
		}
	}
	*into = sizes
	return nil
}

func truth(value any, into *bool) error {
	v, ok := value.(bool)
	if !ok {
		return fmt.Errorf("is %s, must be true or false", kindOf(value))
	}
	*into = v
	return nil
}

func oneOf(value any, choices []string, into *string) error {
	v, ok := value.(string)
	if !ok || !slices.Contains(choices, v) {
		return fmt.Errorf("is %s, must be one of %s", kindOf(value), strings.Join(choices, ", "))
	}
	*into = v
	return nil
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
