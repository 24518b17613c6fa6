package params

import (
	"fmt"
	"regexp"
	"strings"

	"sparsel/trainer"
)

// Data says what the study's images are, and where to find them. If it does not
// say what they are, they are MNIST. Locations are not part of any identity,
// because files are identified by their contents.
type Data struct {
	Directories []string `toml:"directories"` // relative ones are taken from the parameter file's folder
	Mirrors     []string `toml:"mirrors"`     // https URLs of folders that hold the four .gz files

	// The following fields describe a data set other than MNIST. They are all
	// required in that case.
	Name    string `toml:"name"`
	Classes int    `toml:"classes"` // labels are 0 to one less
	Side    int    `toml:"side"`    // pixels of an image, each way
	Train   *Part  `toml:"train"`
	Test    *Part  `toml:"test"`
}

// Part is one of the two parts of a data set.
type Part struct {
	Count  int  `toml:"count,required"` // images
	Images File `toml:"images,required"`
	Labels File `toml:"labels,required"`
}

// File is an IDX file.
type File struct {
	Name   string `toml:"file,required"`   // without a folder, and without .gz
	SHA256 string `toml:"sha256,required"` // of its decompressed bytes
}

// Dataset is the data set of a study.
type Dataset struct {
	Name        string
	Classes     int
	Side        int // pixels of an image in each direction
	Train, Test int // images
	// Files are the training images, their labels, the test images and their
	// labels. It is nil for MNIST, whose files are known.
	Files []File
}

// MNIST is the data set of a study that names no other, and the only one with
// recorded sessions.
var MNIST = Dataset{Name: "MNIST", Classes: 10, Side: 28, Train: 60_000, Test: 10_000}

// Own reports whether the data set is other than MNIST.
func (d Dataset) Own() bool { return d.Files != nil }

// Pixels returns the number of pixels in an image.
func (d Dataset) Pixels() int { return d.Side * d.Side }

// Dataset returns the data set that the file describes.
func (p *Params) Dataset() Dataset { return p.dataset }

const (
	// maxSide is the largest side of an image. Such an image has as many pixels
	// as a layer may have units.
	maxSide = 256
	// maxImageBytes limits the size of a part's images, like the reader of IDX
	// files.
	maxImageBytes = 1 << 30
)

var hashRule = regexp.MustCompile(`^[0-9a-f]{64}$`)

// checkDataset checks the description of a data set and stores it. It stores a
// value that it refuses as far as it can, so that checks that depend on the
// value do not fail too.
func (p *Params) checkDataset(d *document) {
	p.dataset = MNIST
	if p.Data.Name == "" || strings.EqualFold(p.Data.Name, MNIST.Name) {
		for _, key := range []string{"classes", "side", "train", "test"} {
			switch path := "data." + key; {
			case !d.has(path):
			case p.Data.Name == "":
				d.report(path, "describes a data set of your own, which needs a name: give data.name, or take this away to have MNIST")
			default:
				d.report(path, "is known of %s; take it away, or give your data set another name", MNIST.Name)
			}
		}
		if p.Data.Name != "" && p.Data.Name != MNIST.Name {
			d.report("data.name", "is %q, must be %q, or another name for a data set of your own", p.Data.Name, MNIST.Name)
		}
		if d.has("data.name") && p.Data.Name == "" {
			d.report("data.name", "is empty; give the data set a name, or take this away to have MNIST")
		}
		return
	}
	p.dataset = Dataset{
		Name: p.Data.Name, Classes: trainer.MaxClasses, Side: maxSide, Train: maxImageBytes, Test: maxImageBytes, Files: make([]File, 4),
	}
	if !nameRule.MatchString(p.Data.Name) || len(p.Data.Name) > maxID || device.MatchString(p.Data.Name) {
		d.report("data.name", "is %q, must consist of at most %d letters, digits and _ . + -", p.Data.Name, maxID)
	}
	for _, key := range []string{"classes", "side", "train", "test"} {
		if !d.has("data." + key) {
			d.report("data."+key, "is missing, and %s needs it", p.Data.Name)
		}
	}
	between(d, "data.classes", p.Data.Classes, trainer.MinClasses, trainer.MaxClasses)
	between(d, "data.side", p.Data.Side, 1, maxSide)
	if !d.refused("data.classes") {
		p.dataset.Classes = p.Data.Classes
	}
	if !d.refused("data.side") {
		p.dataset.Side = p.Data.Side
	}
	p.checkPart(d, "data.train", p.Data.Train, &p.dataset.Train, p.dataset.Files[:2])
	p.checkPart(d, "data.test", p.Data.Test, &p.dataset.Test, p.dataset.Files[2:])
	p.checkFilesApart(d)
}

// checkPart checks and stores a part of the data set.
func (p *Params) checkPart(d *document, path string, part *Part, count *int, files []File) {
	if part == nil {
		return
	}
	least := 1
	if path == "data.train" && !d.refused("data.classes") { // a class without an image has no selectivity
		least = p.dataset.Classes
	}
	if most := maxImageBytes / (p.dataset.Side * p.dataset.Side); !d.refused("data.side") {
		between(d, path+".count", part.Count, least, most)
	}
	if !d.refused(path + ".count") {
		*count = part.Count
	}
	files[0], files[1] = part.Images, part.Labels
	for i, kind := range []string{".images", ".labels"} {
		f := files[i]
		switch at := path + kind + ".file"; {
		case d.refused(path + kind):
		case !nameRule.MatchString(f.Name) || len(f.Name) > maxFile:
			d.report(at, "is %q, must be the name of a file without its folder, of at most %d letters, digits and _ . + -", f.Name, maxFile)
		case strings.HasSuffix(strings.ToLower(f.Name), ".gz"):
			d.report(at, "is %q, must be the name without .gz: both are looked for", f.Name)
		}
		if at := path + kind + ".sha256"; !d.refused(at) && !hashRule.MatchString(f.SHA256) {
			d.report(at, "is %q, must be a SHA-256 in 64 lower-case hex digits: what sha256sum prints for the decompressed file", f.SHA256)
		}
	}
}

// maxFile is the largest number of letters in a file's name, without .gz.
const maxFile = 200

// checkFilesApart refuses to use one file twice. Only the labels of two parts
// with the same size may be equal.
func (p *Params) checkFilesApart(d *document) {
	if d.refused("data") {
		return
	}
	paths := []string{"data.train.images", "data.train.labels", "data.test.images", "data.test.labels"}
	for i, f := range p.dataset.Files {
		for k, other := range p.dataset.Files[:i] {
			labels := i == 3 && k == 1 && p.dataset.Train == p.dataset.Test
			switch {
			case f.SHA256 == other.SHA256 && !labels:
				d.report(paths[i]+".sha256", "is that of %s too", paths[k])
			case f.SHA256 != other.SHA256 && strings.EqualFold(f.Name, other.Name):
				d.report(paths[i]+".file", "is %q, the name of %s too, which has another hash", f.Name, paths[k])
			}
		}
	}
}

// checkOwn refuses what only MNIST has if the data set is another one.
func (p *Params) checkOwn(d *document) {
	if !p.dataset.Own() {
		return
	}
	author := func(path, seeding string) {
		if seeding == "author" {
			d.report(path+".seeding", "is \"author\", which continues sessions that were recorded on MNIST, and [data] describes %s; say \"paired\"",
				p.dataset.Name)
		}
	}
	author("study", p.Study.Seeding)
	for _, e := range p.Experiments {
		author(e.path, e.Seeding)
	}
	for i := range p.Sessions {
		d.report(indexed("sessions", i), "was recorded on MNIST, and [data] describes %s; take it away", p.dataset.Name)
	}
	for _, name := range sortedKeys(p.Profiles) {
		q := p.Profiles[name]
		author(join("profiles", name), q.Seeding)
		if q.Data != "" {
			d.report(join("profiles", name)+".data", "says what may stand in for MNIST, and [data] describes %s; take it away", p.dataset.Name)
		}
	}
	p.checkOwnTables(d, "tables", p.Tables)
	for _, name := range sortedKeys(p.Profiles) {
		p.checkOwnTables(d, join("profiles", name)+".tables", p.Profiles[name].Tables)
	}
}

// checkOwnTables refuses tables that compare with the thesis's results on
// MNIST.
func (p *Params) checkOwnTables(d *document, path string, tables []Table) {
	for i, t := range tables {
		at := indexed(path, i) + ".kind"
		switch {
		case t.Kind == "printed":
			d.report(at, "is \"printed\", the numbers that the thesis prints for MNIST, and [data] describes %s", p.dataset.Name)
		case t.Kind == "findings" && !p.Decidable():
			d.report(at, "is \"findings\", claims whose limits are made for %d classes, and %s has %d",
				MNIST.Classes, p.dataset.Name, p.dataset.Classes)
		}
	}
}

// Decidable reports whether the study can test the claims of the thesis. Their
// definitions of chance, of having learnt and of being selective assume ten
// classes.
func (p *Params) Decidable() bool { return p.dataset.Classes == MNIST.Classes }

// misfit says why a run cannot be trained on the study's images. It is empty if
// it can.
func (p *Params) misfit(c trainer.Config) string {
	images := p.trainImages()
	switch {
	case p.dataset.Side>>len(c.Network.Conv) == 0:
		return fmt.Sprintf("images of %d×%d pixels are too small for %d convolutions, each of which halves them",
			p.dataset.Side, p.dataset.Side, len(c.Network.Conv))
	case c.Sampler.Kind == "consecutive" && !c.Sampler.Clean && c.Sampler.Block > p.mostOfClass(images-c.Validation) && c.Validation < images:
		return tooLong(c.Sampler.Block, p.mostOfClass(images-c.Validation))
	case c.Validation >= images:
		return fmt.Sprintf("validation is %d, and there are %d training images: want fewer", c.Validation, images)
	case c.Batch > images-c.Validation && !p.cutsImages():
		return fmt.Sprintf("batch is %d, more than the number of images to train on, %d; all such batches are the same, so make it smaller",
			c.Batch, images-c.Validation)
	}
	return ""
}

// cutsImages reports whether a profile reduces the training images. A profile
// that tries a study out may have fewer images than the study's largest batch:
// then its batches are smaller, and its mark says so.
func (p *Params) cutsImages() bool { return p.Profile != nil && p.Profile.TrainImages > 0 }

// cutBatch returns the number of images of the batches that are smaller than
// their run says, or 0 if there are none.
func (p *Params) cutBatch() int {
	if p.expanded == nil {
		return 0
	}
	for _, r := range p.expanded.runs {
		if images := p.trainImages() - r.Config.Validation; r.Config.Batch > images {
			return images
		}
	}
	return 0
}
