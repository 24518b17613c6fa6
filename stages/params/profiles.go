package params

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sparsel/stages/words"
	"sparsel/trainer"
)

// Paper is the name of the study without a profile.
const Paper = "paper"

// Profile is another edition of the study: the same experiments, figures,
// tables and findings on less data, or with other seeds. What it leaves out is
// as in the study. A profile with experiments of its own goes further than the
// study. Then its figures and tables are its own too, and it keeps only those
// experiments of the study that it names.
type Profile struct {
	Title       string   `toml:"title"`        // what it is for, in its mark
	Data        string   `toml:"data"`         // "mnist", or "any": generated digits where MNIST is not at hand
	TrainImages int      `toml:"train_images"` // the first so many of the training set
	TestImages  int      `toml:"test_images"`
	Seeds       []uint32 `toml:"seeds"`       // any; experiments that name seeds keep to those among them
	Epochs      int      `toml:"epochs"`      // no run is longer
	GridPoints  int      `toml:"grid_points"` // no logspace has more values; the first and the last stay
	Seeding     string   `toml:"seeding"`     // instead of study.seeding; "paired" for every entry, whatever it says
	OwnOrder    bool     `toml:"own_order"`   // the order of consecutive blocks comes from the seed, whatever order_seed says

	// CCMASEpsilon, if it is given, replaces that of every condition, so that no
	// two of them treat units that are never active in different ways.
	CCMASEpsilon *float64 `toml:"ccmas_epsilon"`

	// SearchValidation is how many training images, the last ones, are held out
	// in the searches for a learning rate that a table shows. The table chooses
	// by them, so that test images choose nothing. If it is 0, they do.
	SearchValidation int `toml:"search_validation"`

	// KeepArchives, if it is given, replaces study.keep_archives, which may name
	// seeds that the profile does not have.
	KeepArchives any `toml:"keep_archives"`

	Keep        []string     `toml:"keep"` // experiments of the study that come before its own
	Experiments []Experiment `toml:"experiments"`
	Figures     []Figure     `toml:"figures"`
	Tables      []Table      `toml:"tables"`

	name string
}

// Reserved lists the names that the program itself uses below the output
// folder, where each profile has a folder of its own, or in place of a
// profile's name.
var Reserved = []string{
	// Names below out.
	Paper, "store", "downloads", "figures", "tables", "findings", "report.html", "measure", "tries", "cache", "logs",
	// First elements of the names of the study's nodes.
	"digits", "fetch", "train", "metrics", "aggregate", "tidy", "compare", "figure", "table", "finding",
}

// device matches names that another operating system takes for a device,
// whatever follows a dot.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// reserved reports whether the program uses a profile's name itself. It ignores
// case, as some file systems do.
func reserved(name string) bool {
	return slices.ContainsFunc(Reserved, func(r string) bool { return strings.EqualFold(r, name) })
}

// ProfileName reports whether a text can be the name of a profile, or is empty
// or [Paper].
func ProfileName(name string) bool {
	return name == "" || name == Paper || nameRule.MatchString(name) && !reserved(name) && !device.MatchString(name)
}

// Own reports whether a profile has experiments, figures and tables of its own.
func (q *Profile) Own() bool {
	return q != nil && len(q.Keep)+len(q.Experiments)+len(q.Figures)+len(q.Tables) > 0
}

// become replaces the study's entries with those of a profile, if the profile
// has its own. The trainings of such a profile are in no recorded session.
func (p *Params) become(q Profile) {
	if !q.Own() {
		return
	}
	var list []Experiment
	for _, e := range p.Experiments {
		if slices.Contains(q.Keep, e.Name) {
			list = append(list, e)
		}
	}
	p.Experiments, p.Figures, p.Tables, p.Sessions = append(list, q.Experiments...), q.Figures, q.Tables, nil
	p.prefix = join("profiles", q.name) + "."
}

// checkEntries checks the entries of a profile by the same rules as those of
// the study.
func (p *Params) checkEntries(d *document, path string, q Profile) {
	if !q.Own() {
		return
	}
	names := p.experimentNames()
	for k, name := range q.Keep {
		choice(d, indexed(path+".keep", k), name, names...)
		once(d, indexed(path+".keep", k), name, q.Keep[:k])
	}
	for _, e := range q.Experiments {
		if slices.Contains(names, e.Name) {
			d.report(e.owner+".name", "is %q, an experiment of the study; choose another", e.Name)
		}
	}
	if seeding := cmp.Or(q.Seeding, p.Study.Seeding); seeding != "paired" {
		d.report(path+".seeding",
			"is %q: a profile with entries of its own needs \"paired\", because no recorded session has its trainings", seeding)
	}
	edition := *p
	edition.become(q)
	edition.Experiments = q.Experiments // the study's have been checked
	edition.checkExperiments(d)
	edition = *p
	edition.become(q)
	edition.checkFigures(d)
	edition.checkTables(d)
	edition.checkTexts(d)
}

// checkProfiles reports mistakes in the profiles themselves.
func (p *Params) checkProfiles(d *document) {
	var names []string
	for _, name := range sortedKeys(p.Profiles) {
		path, q := join("profiles", name), p.Profiles[name]
		alike := func(other string) bool { return strings.EqualFold(name, other) } // as on file systems that ignore case
		switch {
		case !nameRule.MatchString(name) || alike(Paper):
			d.report(path, "is no name for a profile; %q is the study as it stands, others consist of letters, digits and _ . + -", Paper)
		case len(name) > maxID:
			d.report(path, "is a name of %d letters, must have at most %d", len(name), maxID)
		case reserved(name):
			d.report(path, "is no name for a profile: the program itself uses it, as it does %s; choose another", strings.Join(Reserved[1:], ", "))
		case device.MatchString(name):
			d.report(path, "is no name for a profile: Windows takes it for a device; choose another")
		case slices.ContainsFunc(names, alike):
			d.report(path, "is the same as another profile on file systems that do not tell capitals from small letters; choose another")
		}
		names = append(names, name)
		if q.Data != "" {
			choice(d, path+".data", q.Data, "mnist", "any")
		}
		if q.Seeding != "" {
			choice(d, path+".seeding", q.Seeding, "author", "paired")
		}
		for _, n := range []struct {
			key              string
			value, low, high int
		}{
			{"train_images", q.TrainImages, 1, p.dataset.Train}, {"test_images", q.TestImages, 1, p.dataset.Test},
			{"epochs", q.Epochs, 1, 100000}, {"grid_points", q.GridPoints, 2, 10000},
		} {
			if d.has(join(path, n.key)) {
				between(d, path+"."+n.key, n.value, n.low, n.high)
			}
		}
		if q.CCMASEpsilon != nil {
			checkEpsilon(d, path+".ccmas_epsilon", *q.CCMASEpsilon)
		}
		checkText(d, path+".title", q.Title)
		checkSeeds(d, path+".seeds", q.Seeds)
		q.name = name
		p.checkEntries(d, path, q)
		p.checkSearchValidation(d, path+".search_validation", q)
		has, where := p.usesSeed, "study or of an experiment"
		if q.Seeds != nil { // experiments keep to these
			has, where = func(seed uint32) bool { return slices.Contains(q.Seeds, seed) }, "profile"
		}
		checkKeepArchives(d, path+".keep_archives", q.KeepArchives, has, where)
		if q.Seeds != nil && len(q.Seeds) == 0 {
			d.report(path+".seeds", "is empty; name at least one")
		}
	}
}

// searched lists the experiments that a table shows as a search for a learning
// rate.
func (p *Params) searched() []string {
	var list []string
	for _, t := range p.Tables {
		if t.Kind == "search" {
			list = append(list, t.Experiment)
		}
	}
	return list
}

// checkSearchValidation reports what keeps a profile from holding out images in
// its searches.
func (p *Params) checkSearchValidation(d *document, at string, q Profile) {
	if !d.has(at) {
		return
	}
	edition := *p
	edition.become(q)
	images := p.trainImages()
	if q.TrainImages > 0 {
		images = q.TrainImages
	}
	between(d, at, q.SearchValidation, 1, images-1)
	searched := edition.searched()
	if len(searched) == 0 {
		d.report(at, "has no effect: the profile has no table of kind \"search\"")
	}
	for _, e := range edition.Experiments {
		if !slices.Contains(searched, e.Name) {
			continue
		}
		seeding := cmp.Or(e.Seeding, q.Seeding, p.Study.Seeding)
		if q.Seeding == "paired" {
			seeding = q.Seeding
		}
		switch sets := func(s setting) bool { return s.name == "validation" }; {
		case e.Like != "":
			d.report(at, "cannot hold out images in %s, which takes the runs of %q as they are", e.Name, e.Like)
		case slices.ContainsFunc(e.sets, sets):
			d.report(at, "is given, but %s sets a validation part itself; take one of the two away", e.Name)
		case seeding == "author":
			d.report(at, "is given, but %s has author seeding, whose sessions hold out nothing; set %s.seeding to \"paired\"",
				e.Name, e.owner)
		}
	}
}

// CheckProfiles judges every profile of a file whose text was read as p, in the
// way in which [Parse] judges the chosen one. So a mistake is found before a run
// of the study and not only when somebody chooses the profile. It returns
// *[Problems]. Values that were set beside the file are meant for the chosen
// profile, and with them no other is judged.
func (p *Params) CheckProfiles(text []byte) error {
	if len(p.assigned) > 0 {
		return nil
	}
	names := sortedKeys(p.Profiles)
	names = slices.DeleteFunc(names, func(name string) bool { return name == p.Profile.Name() })
	errs := make([]error, len(names))
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() { _, errs[i] = read(p.file, text, name, false, nil) })
	}
	wait.Wait()
	for i, name := range names {
		var found *Problems
		if errors.As(errs[i], &found) {
			for _, q := range found.List {
				at := position{q.Line, q.Column}
				p.document.reportAt(at, q.Path, "with -profile=%s: %s", name, q.Message)
			}
		} else if errs[i] != nil {
			return errs[i]
		}
	}
	return p.refused()
}

// choose applies the named profile to the parameters.
func (p *Params) choose(name string) error {
	if name == "" || name == Paper {
		return nil
	}
	q, ok := p.Profiles[name]
	if !ok {
		known := append([]string{Paper}, sortedKeys(p.Profiles)...)
		return fmt.Errorf("read parameters: there is no profile %q; %s has %s", name, p.file, strings.Join(known, ", "))
	}
	q.name = name
	p.Profile = &q
	p.become(q)
	if q.TrainImages > 0 {
		p.Study.TrainImages = q.TrainImages
	}
	if q.TestImages > 0 {
		p.Study.TestImages = q.TestImages
	}
	if q.Seeds != nil {
		p.Study.Seeds = q.Seeds
	}
	if q.Seeding != "" {
		p.Study.Seeding = q.Seeding
	}
	if q.KeepArchives != nil {
		p.Study.KeepArchives = q.KeepArchives
	}
	if q.CCMASEpsilon != nil {
		p.Metrics.CCMASEpsilon = *q.CCMASEpsilon
	}
	searched := p.searched()
	for i := range p.Experiments {
		e := &p.Experiments[i]
		if q.SearchValidation > 0 && slices.Contains(searched, e.Name) {
			held := setting{"validation", int64(q.SearchValidation), join("profiles", name) + ".search_validation"}
			e.sets = append(slices.Clone(e.sets), held)
		}
		if q.Seeding == "paired" {
			e.Seeding = ""
		}
		if q.CCMASEpsilon != nil {
			e.CCMASEpsilon = nil
		}
		if q.OwnOrder {
			e.sets = slices.DeleteFunc(slices.Clone(e.sets), func(s setting) bool { return s.name == "order_seed" })
		}
		e.Vary = slices.Clone(e.Vary) // conditions from one list share it
		for k := range e.Vary {
			e.Vary[k].points = q.GridPoints
		}
	}
	return nil
}

// Name returns the profile's name, or that of the whole study if q is nil.
func (q *Profile) Name() string {
	if q == nil {
		return Paper
	}
	return q.name
}

// Mark says in a sentence what distinguishes results from those of the whole
// study on all images. It is empty if nothing does. images says what the images
// show.
func (p *Params) Mark(images string) string {
	mark := p.reduced(images)
	if len(p.assigned) == 0 {
		return mark
	}
	text := "try, not the study: " + strings.Join(p.assigned, ", ")
	if mark != "" {
		text += "; " + mark
	}
	return text
}

// reduced is Mark without the values that are set beside the file.
func (p *Params) reduced(images string) string {
	s, q := p.Study, p.Profile
	var parts []string
	switch {
	case q != nil && s.TrainImages > 0:
		parts = append(parts, words.Counted(s.TrainImages, "image")+" of "+images)
	case s.TrainImages > 0 && s.TrainImages < p.dataset.Train:
		parts = append(parts, fmt.Sprintf("trained on the first %d of %d images of %s", s.TrainImages, p.dataset.Train, images))
	case images != p.dataset.Name:
		parts = append(parts, images)
	}
	if q == nil {
		if s.TestImages > 0 && s.TestImages < p.dataset.Test {
			parts = append(parts, fmt.Sprintf("measured on the first %d of %d test images", s.TestImages, p.dataset.Test))
		}
		text := strings.Join(parts, ", ")
		return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
	}
	if s.TestImages > 0 && s.TestImages < p.dataset.Test {
		parts = append(parts, "measured on "+words.Counted(s.TestImages, "test image"))
	}
	if q.Epochs > 0 {
		parts = append(parts, "at most "+words.Counted(q.Epochs, "epoch"))
	}
	if n := p.cutBatch(); n > 0 {
		parts = append(parts, "batches of at most "+words.Counted(n, "image"))
	}
	if p.thinned() {
		parts = append(parts, "at most "+words.Counted(q.GridPoints, "value")+" of a grid")
	}
	if len(q.Seeds) > 0 {
		parts = append(parts, words.Counted(len(q.Seeds), "seed"))
	}
	text := q.name + " profile, not the study"
	if q.Title != "" {
		text += " (" + q.Title + ")"
	}
	if len(parts) == 0 {
		return text
	}
	return text + ": " + strings.Join(parts, ", ")
}

// thinned reports whether the profile leaves out values of a log grid.
func (p *Params) thinned() bool {
	return slices.ContainsFunc(p.Experiments, func(e Experiment) bool {
		return slices.ContainsFunc(e.Vary, func(v Vary) bool {
			return v.Logspace != nil && v.points > 0 && v.Logspace.Count > v.points
		})
	})
}

// describe names what the seeds come from, for messages.
func (q *Profile) describe() string {
	if q == nil {
		return "the study"
	}
	return "profile " + q.name
}

// shorten limits a run's epochs to the profile's. If the run has a number of
// updates instead, they are limited to those of as many passes over the
// training images.
func (p *Params) shorten(c trainer.Config) trainer.Config {
	if p.Profile == nil || p.Profile.Epochs == 0 {
		return c
	}
	c.Epochs = min(c.Epochs, p.Profile.Epochs)
	if images := p.trainImages() - c.Validation; c.Updates > 0 && c.Batch > 0 && images > 0 { // others are refused
		c.Updates = min(c.Updates, p.Profile.Epochs*((images+c.Batch-1)/c.Batch))
	}
	return c
}

// thin keeps points of the values, chosen evenly and including the first and
// the last. If points is 0, it keeps all.
func thin(values []any, points int) []any {
	if points == 0 || len(values) <= points {
		return values
	}
	kept := make([]any, points)
	for i := range kept {
		kept[i] = values[(2*i*(len(values)-1)+points-1)/(2*(points-1))]
	}
	return kept
}
