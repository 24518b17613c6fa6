package stages

import (
	"context"
	"fmt"
	"strings"

	"sparsel/pipeline"
)

// DAG prints the graph with the state of its nodes, with each sweep drawn as
// one box. If ids names nodes, or gives their ids, separated by commas, it
// prints only what these nodes need.
func DAG(ctx context.Context, ids string, format *string, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	var targets []string
	for _, word := range several(ids) {
		node, err := w.Node(word)
		if err != nil {
			return fmt.Errorf("dag: %w", err)
		}
		targets = append(targets, node.Name)
	}
	plan, err := w.engine.Plan(ctx, w.Graph, targets)
	if err != nil {
		return err
	}
	var text string
	switch f := orDefault(format, "dot"); f {
	case "dot":
		text, err = pipeline.DOT(w.Graph, plan)
	case "mermaid":
		text = pipeline.Mermaid(w.Graph, plan)
	default:
		return fmt.Errorf("dag: -format=%s: must be dot or mermaid", f)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.stdout(), strings.TrimRight(text, "\n"))
	return err
}
