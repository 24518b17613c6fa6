package stages

import (
	"context"
	"fmt"
	"io"
	"strings"

	"sparsel/pipeline"
)

// Why explains one node.
func Why(ctx context.Context, node string, o Options) error {
	w, err := o.open(nil)
	if err != nil {
		return err
	}
	if w.Graph.Node(node) == nil {
		return fmt.Errorf("why: there is no node %q%s; `go tool mage status -json` lists all", node, similar(w.Graph, node))
	}
	text, err := w.engine.Why(ctx, w.Graph, node)
	if err != nil {
		return err
	}
	_, err = io.WriteString(o.stdout(), text)
	return err
}

// similar suggests nodes whose name holds the text.
func similar(g *pipeline.Graph, text string) string {
	var list []string
	for _, n := range g.Nodes() {
		if strings.Contains(strings.ToLower(n.Name), strings.ToLower(text)) && len(list) < 3 {
			list = append(list, n.Name)
		}
	}
	if list == nil {
		return ""
	}
	return "; did you mean " + strings.Join(list, ", ")
}
