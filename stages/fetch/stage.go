package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"sparsel/artifacts/idx"
	"sparsel/pipeline"
)

// Kind is the stage's name in the pipeline and in the names of nodes.
const Kind = "fetch"

// NewStage returns the pipeline's fetch stage. Its node has [Hashes] as
// parameters and no inputs. Its outputs are the decompressed IDX files under
// the names of [Hashes.Files]. The sources are not part of the node's identity,
// which is why they are passed here. Blob is provided by the job.
func NewStage(sources Sources) *pipeline.Stage {
	var names []string
	for _, f := range (Hashes{}).Files() {
		names = append(names, f.Name)
	}
	return &pipeline.Stage{
		Name:    Kind,
		Package: "sparsel/stages/fetch",
		Outputs: names,
		Run: func(ctx context.Context, job *pipeline.Job) error {
			return run(ctx, job, sources)
		},
		Check: checkOutput,
	}
}

func run(ctx context.Context, job *pipeline.Job, sources Sources) error {
	hashes, ok := job.Node().Params.(Hashes)
	if !ok {
		return fmt.Errorf("fetch: parameters are a %T, expected fetch.Hashes", job.Node().Params)
	}
	if err := hashes.Validate(); err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	files := hashes.Published(sources.Published)
	sources.Blob = func(sha256 string) (string, bool) {
		var id [32]byte
		if n, err := hex.Decode(id[:], []byte(sha256)); n != len(id) || err != nil {
			return "", false
		}
		return job.Blob(id)
	}
	// Progress is counted in decompressed bytes, so that it adds up regardless
	// of compression.
	var total float64
	sizes, done := map[string]float64{}, map[string]float64{}
	for _, f := range files {
		sizes[f.Name] = float64(f.size())
		total += sizes[f.Name]
	}
	report := func(text string) {
		sum := 0.0
		for _, f := range files {
			sum += done[f.Name]
		}
		job.Progress(sum, total, text)
	}
	err := Fetch(ctx, files, job.Output, sources, Observer{
		Progress: func(p Progress) {
			if p.Total > 0 {
				done[p.File] = sizes[p.File] * float64(p.Done) / float64(p.Total)
			}
			report(fmt.Sprintf("%s: %.1f MB from %s", p.File, float64(p.Done)/1e6, p.Source))
		},
		Refused: func(file string, r Refusal) {
			job.Logf("%s: refused %s: %v", file, r.Source, r.Err)
		},
		Obtained: func(file, source string) {
			done[file] = sizes[file]
			job.Logf("%s: from %s", file, source)
			report(file + " verified")
		},
	})
	if err != nil || sources.Classes == 0 {
		return err
	}
	return checkLabels(files, job.Output, sources.Classes)
}

// checkLabels refuses labels that are out of range, and classes without a
// training image. Both mean that the number of classes is wrong, and every
// training would fail because of it.
func checkLabels(files []File, output func(name string) string, classes int) error {
	for i, f := range files {
		if len(f.Dims) > 1 {
			continue
		}
		file, err := os.Open(output(f.Name))
		if err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
		labels, err := idx.ReadLabels(file, classes)
		if err = errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("fetch: %s: %w; correct data.classes, or the file", f.stems()[0], err)
		}
		for class := range classes {
			if i == 1 && !slices.Contains(labels, uint8(class)) {
				return fmt.Errorf("fetch: %s: none of the %d training images is of class %d; correct data.classes, %d",
					f.stems()[0], len(labels), class, classes)
			}
		}
	}
	return nil
}

// checkOutput reads an output back. Its hash, and with it its size, was checked
// when it was received. Since then, the only likely fault is that fewer bytes
// were stored.
func checkOutput(output, path string) error {
	files := (Hashes{}).Files()
	i := slices.IndexFunc(files, func(f File) bool { return f.Name == output })
	if i < 0 {
		return fmt.Errorf("fetch has no output %q", output)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	h, err := idx.ReadHeader(file)
	switch {
	case err != nil:
		return err
	case len(h.Dims) != len(files[i].Dims):
		return fmt.Errorf("%s holds %v, expected %d dimensions", output, h, len(files[i].Dims))
	case info.Size() != h.FileBytes():
		return fmt.Errorf("%s holds %v and has %d bytes, expected %d", output, h, info.Size(), h.FileBytes())
	}
	return nil
}
