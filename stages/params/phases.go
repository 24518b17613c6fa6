package params

import (
	"fmt"
	"strings"

	"sparsel/stages/words"
	"sparsel/trainer"
)

// setPhases sets the phases of a run. Each has its epochs, and either a list of
// classes or the number of classes to be drawn. The trainer checks whether they
// fit together.
func setPhases(c *trainer.Config, v any, d Dataset) error {
	list, err := listOf(v, "phases")
	if err != nil {
		return err
	}
	phases := make([]trainer.Phase, len(list))
	for i, element := range list {
		table, ok := element.(map[string]any)
		if !ok {
			return fmt.Errorf("has %s, must have tables such as { epochs = 2, drawn = 5 }", kindOf(element))
		}
		p := &phases[i]
		for _, key := range sortedKeys(table) {
			var err error
			switch key {
			case "epochs":
				p.Epochs, err = whole(table[key], 1, 100000)
			case "drawn":
				p.Drawn, err = whole(table[key], 1, d.Classes)
			case "classes":
				p.Classes, err = classNumbers(table[key], d.Classes)
			default:
				err = fmt.Errorf("is not known; known are classes, drawn, epochs")
			}
			if err != nil {
				return fmt.Errorf("has a phase whose %s %w", key, err)
			}
		}
	}
	c.Sampler.Phases = phases
	return nil
}

// classNumbers returns a list of classes. of is the number of classes that
// there are.
func classNumbers(v any, of int) ([]int, error) {
	list, err := listOf(v, "classes")
	if err != nil {
		return nil, err
	}
	classes := make([]int, len(list))
	for i, element := range list {
		if classes[i], err = whole(element, 0, of-1); err != nil {
			return nil, err
		}
	}
	return classes, nil
}

// phasesText describes the phases in words. It is nil if there are none.
func phasesText(phases []trainer.Phase) any {
	var parts []string
	for _, p := range phases {
		of := "1 drawn class"
		switch {
		case p.Drawn > 1:
			of = fmt.Sprintf("%d drawn classes", p.Drawn)
		case len(p.Classes) == 1:
			of = fmt.Sprintf("the class %d", p.Classes[0])
		case p.Drawn == 0:
			of = "the classes " + numbersText(p.Classes)
		}
		parts = append(parts, words.Counted(p.Epochs, "epoch")+" of "+of)
	}
	if parts == nil {
		return nil
	}
	return strings.Join(parts, ", then ")
}
