// Package toolkit binds a request about the activations of other programs to
// nodes of a pipeline. There is one node to measure each file, one to compare
// the files, one to remove units, and one to show everything. The package also
// reads earlier requests.
package toolkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sparsel/artifacts/foreign"
	"sparsel/pipeline"
	"sparsel/pipeline/store/disk"
	"sparsel/stages/ablate"
	"sparsel/stages/contrast"
	"sparsel/stages/measure"
	"sparsel/stages/measured"
	"sparsel/stages/present"
)

// Folder is the name of the folder for results, below the output folder.
const Folder = "measure"

// Request is what was asked for. It has the names and the content ids of files,
// but not their locations.
type Request struct {
	Name     string // of the folder
	Files    []File
	Settings measure.Settings
	Compare  *Comparison `json:",omitempty"`
	Ablate   *Ablation   `json:",omitempty"`
}

// File is a file of activations.
type File struct {
	Name    string // without folders
	Group   string // for a comparison
	Content string
}

// Comparison says what is compared; see contrast.Params.
type Comparison struct {
	By        string
	Paired    bool
	Reference string
}

// Ablation says where units are removed; see ablate.Params.
type Ablation struct {
	Name    string // of the file of weights, without folders
	Content string
	Layer   string
	Last    bool
	Orders  int
}

// Name returns the name of the folder for results about files, which is the
// first file's name without its extension.
func Name(paths []string) string {
	name := filepath.Base(paths[0])
	for _, suffix := range []string{".parquet", ".arrow", ".arrows", ".feather", ".ipc", ".npy",
		"." + foreign.Activation, "." + foreign.Label} {
		name = strings.TrimSuffix(name, suffix)
	}
	if name == "" || name == "." || name == ".." {
		name = "activations"
	}
	if len(paths) > 1 {
		name += fmt.Sprintf("-and-%d-more", len(paths)-1)
	}
	return name
}

// The folders of further results, below that of the request.
const (
	comparison = "comparison"
	ablation   = "ablation"
)

// Graph returns the nodes of the request. The last node, Target, shows
// everything.
func (r Request) Graph(find measured.Finder) (*pipeline.Graph, error) {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return nil, err
	}
	show := &pipeline.Node{Name: r.Target(), Stage: present.Stage(), Publish: r.publish("", present.Outputs())}
	shown := present.Params{Request: string(text) + "\n"}
	var nodes, files []*pipeline.Node
	stage := measure.Stage(find)
	for i, f := range r.Files {
		n := &pipeline.Node{
			Name: path.Join(r.Target(), "layers", f.Name), Group: r.Target(), Stage: stage,
			Params: measure.Params{Content: f.Content, Settings: r.Settings}, Memory: measure.Peak(),
		}
		nodes, files, shown.Files = append(nodes, n), append(files, n), append(shown.Files, f.Name)
		show.Inputs = append(show.Inputs, pipeline.Input{Name: present.LayersOf(i), From: n, Output: measured.Layers},
			pipeline.Input{Name: present.MeansOf(i), From: n, Output: measured.Means})
	}
	other := func(n *pipeline.Node, folder, table, picture string) {
		n.Name, n.Publish = path.Join(r.Target(), folder), r.publish(folder, n.Stage.Outputs)
		nodes, shown.Others = append(nodes, n), append(shown.Others, present.Other{Folder: folder, Table: table, Picture: picture})
		show.Inputs = append(show.Inputs, pipeline.Input{Name: present.TableOf(folder), From: n, Output: table + ".json"},
			pipeline.Input{Name: present.PictureOf(folder), From: n, Output: picture + ".svg"})
	}
	if c := r.Compare; c != nil {
		p := contrast.Params{By: c.By, Paired: c.Paired, Reference: c.Reference}
		n := &pipeline.Node{Stage: contrast.Stage()}
		for i, f := range r.Files {
			p.Files, p.Groups = append(p.Files, f.Name), append(p.Groups, f.Group)
			n.Inputs = append(n.Inputs, pipeline.Input{Name: contrast.LayersOf(i), From: files[i], Output: measured.Layers})
		}
		n.Params = p
		other(n, comparison, contrast.Table, contrast.Picture)
	}
	if a := r.Ablate; a != nil {
		other(&pipeline.Node{
			Stage:  ablate.Stage(find, find),
			Params: ablate.Params{Content: r.Files[0].Content, Weights: a.Content, Layer: a.Layer, Last: a.Last, Orders: a.Orders},
			Inputs: []pipeline.Input{{Name: ablate.Layers, From: files[0], Output: measured.Layers}},
		}, ablation, ablate.Table, ablate.Picture)
	}
	show.Params = shown
	return pipeline.NewGraph(append(nodes, show))
}

// Target returns the name of the node that shows everything.
func (r Request) Target() string { return path.Join(Folder, r.Name) }

func (r Request) publish(folder string, outputs []string) map[string]string {
	files := map[string]string{}
	for _, output := range outputs {
		files[output] = path.Join(Folder, r.Name, folder, output)
	}
	return files
}

// Contents returns the contents of the files that a node of the request reads
// from outside. There are none if it only reads what other nodes made.
func Contents(n *pipeline.Node) []string {
	switch p := n.Params.(type) {
	case measure.Params:
		return []string{p.Content}
	case ablate.Params:
		return []string{p.Content, p.Weights}
	}
	return nil
}

// maxRequest is larger than a request with any number of files.
const maxRequest = 64 << 20

// Recall reads the requests whose results are published below out, sorted by
// name. If some cannot be read, it returns the others together with an error.
func Recall(out string) ([]Request, error) {
	dir := filepath.Join(out, Folder)
	folders, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []Request
	errs := []error{err}
	for _, f := range folders {
		file := filepath.Join(dir, f.Name(), present.Request)
		data, err := disk.ReadFile(file, maxRequest)
		if errors.Is(err, fs.ErrNotExist) || !f.IsDir() {
			continue // no request was completed here
		}
		r, err := parse(data, err)
		if err == nil && r.Name != f.Name() {
			err = fmt.Errorf("it is that of %s", r.Name)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("read %s: %w; measure the files again, or remove the folder", file, err))
			continue
		}
		list = append(list, r)
	}
	return list, errors.Join(errs...)
}

func parse(data []byte, err error) (r Request, _ error) {
	if err != nil {
		return r, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, err
	}
	if len(r.Files) == 0 || r.Compare != nil && !slices.Contains(contrast.Ways, r.Compare.By) || r.Ablate != nil && len(r.Files) != 1 {
		return r, errors.New("it asks for nothing that exists")
	}
	for _, f := range r.Files {
		if f.Name == "" || strings.ContainsAny(f.Name, "/\\") {
			return r, fmt.Errorf("a file is called %q", f.Name)
		}
	}
	return r, nil
}
