package stages

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// Export prints the provenance of a result as a W3C provenance document
// (PROV-JSON). name is the name of a node, such as table/epochs, or the id of a
// figure, table or finding.
func Export(ctx context.Context, name string, o Options) error {
	w, scratch, err := o.openReadOnly()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	node, err := w.Node(name)
	if err != nil {
		return fmt.Errorf("export: %w", err)
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
			return fmt.Errorf("export: %s was not made yet with these parameters; `%s` makes it", node.Name, o.command(w.Target(node)))
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
