package params

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Paper is the name of the study as the file has it, without a profile.
const Paper = "paper"

// Profile is a smaller edition of the study: the same experiments, figures, tables and findings, on less.
type Profile struct {
	Data        string   `toml:"data,required"`         // "mnist", or "any": generated digits where MNIST is not at hand
	TrainImages int      `toml:"train_images,required"` // the first so many of the training set
	TestImages  int      `toml:"test_images,required"`
	Seeds       []uint32 `toml:"seeds,required"`       // some of study.seeds
	Epochs      int      `toml:"epochs,required"`      // no run is longer
	GridPoints  int      `toml:"grid_points,required"` // no logspace has more values; the first and the last stay
	Seeding     string   `toml:"seeding,required"`     // instead of study.seeding; "paired" for every entry, whatever it says

	name string
}

// Reserved are the names that the program itself uses below the output folder, where each profile has a folder of its
// own, or in place of a profile's.
var Reserved = []string{
	Paper, "store", "downloads", "figures", "tables", "findings", "report.html", "measure", // below out
	"digits", "fetch", "train", "metrics", "aggregate", "tidy", "figure", "table", "finding", // what nodes of the study begin with
}

// device is what another system takes for a device, whatever follows a dot.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// reserved reports whether a profile's name is one that the program uses. Not every file system tells A from a.
func reserved(name string) bool {
	return device.MatchString(name) || slices.ContainsFunc(Reserved, func(r string) bool { return strings.EqualFold(r, name) })
}

// ProfileName reports whether a text can be the name of a profile, or says that there is none.
func ProfileName(name string) bool {
	return name == "" || name == Paper || nameRule.MatchString(name) && !reserved(name)
}

// checkProfiles reports what is wrong with the profiles themselves.
func (p *Params) checkProfiles(d *document) {
	for _, name := range sortedKeys(p.Profiles) {
		path, q := join("profiles", name), p.Profiles[name]
		if !nameRule.MatchString(name) || name == Paper {
			d.report(path, "is no name for a profile; %q is the study as it stands, others consist of letters, digits and _ . + -", Paper)
		} else if reserved(name) {
			d.report(path, "is a name that the program uses itself, as it does %s; choose another", strings.Join(Reserved[1:], ", "))
		}
		for other := range p.Profiles {
			if other < name && strings.EqualFold(other, name) {
				d.report(path, "is the same as %q on file systems that do not tell capitals from small letters; choose another", other)
			}
		}
		choice(d, path+".data", q.Data, "mnist", "any")
		choice(d, path+".seeding", q.Seeding, "author", "paired")
		between(d, path+".train_images", q.TrainImages, 1, TrainSamples)
		between(d, path+".test_images", q.TestImages, 1, TestSamples)
		between(d, path+".epochs", q.Epochs, 1, 100000)
		between(d, path+".grid_points", q.GridPoints, 2, 10000)
		checkSeeds(d, path+".seeds", q.Seeds)
		if len(q.Seeds) == 0 {
			d.report(path+".seeds", "is empty; name at least one")
		}
		for i, seed := range q.Seeds {
			if !slices.Contains(p.Study.Seeds, seed) {
				d.report(fmt.Sprintf("%s.seeds[%d]", path, i), "is %d, which study.seeds does not have", seed)
			}
		}
	}
}

// choose makes the parameters those of the named profile.
func (p *Params) choose(name string) error {
	if name == "" || name == Paper {
		return nil
	}
	q, ok := p.Profiles[name]
	if !ok {
		known := append([]string{Paper}, sortedKeys(p.Profiles)...)
		return fmt.Errorf("read parameters: there is no profile %q; the file has %s", name, strings.Join(known, ", "))
	}
	q.name = name
	p.Profile = &q
	p.Study.TrainImages, p.Study.TestImages = q.TrainImages, q.TestImages
	p.Study.Seeds, p.Study.Seeding = q.Seeds, q.Seeding
	for i := range p.Experiments {
		if q.Seeding == "paired" {
			p.Experiments[i].Seeding = ""
		}
		for k := range p.Experiments[i].Vary {
			p.Experiments[i].Vary[k].points = q.GridPoints
		}
	}
	return nil
}

// Name is the profile's name, that of the whole study for none.
func (q *Profile) Name() string {
	if q == nil {
		return Paper
	}
	return q.name
}

// Mark says in a sentence that results are a profile's and not the study's; it is empty for the whole study.
// Images is what the images are of.
func (q *Profile) Mark(images string) string {
	if q == nil {
		return ""
	}
	seeds := "seeds"
	if len(q.Seeds) == 1 {
		seeds = "seed"
	}
	return fmt.Sprintf("%s profile, not the study: %d images of %s, at most %d epochs, %d %s", q.name, q.TrainImages, images, q.Epochs, len(q.Seeds), seeds)
}

// shorten cuts a run's epochs to the profile's.
func (q *Profile) shorten(epochs int) int {
	if q == nil {
		return epochs
	}
	return min(epochs, q.Epochs)
}

// thin keeps so many of the values, evenly chosen, the first and the last among them; all where points is 0.
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
