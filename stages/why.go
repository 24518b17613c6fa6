package stages

import (
	"context"
	"fmt"
	"io"
)

// Why explains nodes. They are given by their names or ids, which are separated
// by commas.
func Why(ctx context.Context, nodes string, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	for i, word := range several(nodes) {
		graph, node, err := w.graphOf(word)
		if err != nil {
			return fmt.Errorf("why: %w", err)
		}
		text, err := w.engine.Why(ctx, graph, node.Name, orDefault(o.Verbose, false))
		if err != nil {
			return err
		}
		if i > 0 {
			text = "\n" + text
		}
		if _, err = io.WriteString(o.stdout(), text); err != nil {
			return err
		}
	}
	return nil
}
