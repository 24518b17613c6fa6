package stages

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// Export prints where a figure came from as a W3C provenance document (PROV-JSON). name is a figure's id, or a node
// such as table/epochs.
func Export(ctx context.Context, name string, o Options) error {
	w, scratch, err := o.openReadOnly()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	node := w.Graph.Node(name)
	if node == nil && !strings.Contains(name, "/") {
		names, err := w.Figure(name)
		if err != nil {
			return err
		}
		node = w.Graph.Node(names[0])
	}
	if node == nil {
		return fmt.Errorf("export: there is no node %q%s", name, similar(w.Graph, name))
	}
	p, resolved, _, err := w.resolve(ctx)
	if err != nil {
		return err
	}
	for _, r := range resolved {
		if r.Node != node {
			continue
		}
		if r.Made == nil {
			return fmt.Errorf("export: %s was not made yet with these parameters; `go tool mage all` makes it", node.Name)
		}
		published := maps.Clone(node.Publish)
		for output, path := range published {
			published[output] = filepath.ToSlash(path)
		}
		text, err := p.PROV(r.Made, published)
		if err != nil {
			return err
		}
		_, err = o.stdout().Write(text)
		return err
	}
	return nil
}
