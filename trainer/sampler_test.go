package trainer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sparsel/trainer/rng"
)

// ten is the number of classes of MNIST and of the generated test data.
const ten = 10

// mnistCounts are the numbers of training images that MNIST has of each class.
var mnistCounts = [ten]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}

// labelled returns labels with the given number of each class, in an order that
// mixes the classes.
func labelled(counts [ten]int) []uint8 {
	var labels []uint8
	for class, n := range counts {
		labels = append(labels, slices.Repeat([]uint8{uint8(class)}, n)...)
	}
	order := make([]int32, len(labels))
	rng.New(9).Perm(order)
	mixed := make([]uint8, len(labels))
	for i, from := range order {
		mixed[i] = labels[from]
	}
	return mixed
}

// planned returns the batches of an epoch, each a copy.
func planned(d draws, epoch int) [][]int32 {
	var p plan
	d.plan(epoch, &p)
	var batches [][]int32
	for rows := range p.batches() {
		batches = append(batches, slices.Clone(rows))
	}
	return batches
}

// sampling returns a configuration in which only the sampler matters.
func sampling(s Sampler, batch int) Config {
	return Config{Sampler: s, Batch: batch, Seeding: Seeding{Mode: "author", Seed: 1}}
}

// once fails unless the batches have every sample exactly once.
func once(t *testing.T, batches [][]int32, samples int) {
	t.Helper()
	all := slices.Concat(batches...)
	slices.Sort(all)
	for i, row := range all {
		if int(row) != i {
			t.Fatalf("place %d of the samples used, sorted, is %d", i, row)
		}
	}
	if len(all) != samples {
		t.Fatalf("%d samples are used, want %d", len(all), samples)
	}
}

func equalBatches(a, b [][]int32) bool { return slices.EqualFunc(a, b, slices.Equal[[]int32]) }

func TestShuffledBatches(t *testing.T) {
	for batch, want := range map[int][]int{1: {1, 1, 1, 1, 1, 1, 1}, 2: {2, 2, 2, 1}, 3: {3, 3, 1}, 7: {7}, 8: {7}, 1 << 62: {7}} {
		batches := planned(newDraws(sampling(Sampler{Kind: "shuffled"}, batch), make([]uint8, 7), ten), 1)
		var sizes []int
		for _, b := range batches {
			sizes = append(sizes, len(b))
		}
		if !slices.Equal(sizes, want) {
			t.Errorf("batch %d: sizes are %v, want %v", batch, sizes, want)
		}
		once(t, batches, 7)
	}
}

func TestSorted(t *testing.T) {
	labels := labelled(mnistCounts)
	d := newDraws(sampling(Sampler{Kind: "sorted"}, 50), labels, ten)
	first := planned(d, 1)
	once(t, first, 60000)
	byLabel := func(a, b int32) int { return cmp.Or(cmp.Compare(labels[a], labels[b]), cmp.Compare(a, b)) }
	if !slices.IsSortedFunc(slices.Concat(first...), byLabel) {
		t.Error("samples are not in the order of their classes and of the data")
	}
	if !equalBatches(first, planned(d, 2)) {
		t.Error("the order changes between epochs")
	}
	// The boundary between classes 7 and 8 falls between two batches of 50.
	mixed := 0
	for _, rows := range first {
		if labels[rows[0]] != labels[rows[len(rows)-1]] {
			mixed++
		}
	}
	if mixed != 8 {
		t.Errorf("%d batches have two classes, want 8", mixed)
	}
}

// Blocks of 5 and 10 of MNIST lose as many images of each class as they did in
// the study.
func TestConsecutive(t *testing.T) {
	labels := labelled(mnistCounts)
	classes := byClass(labels, ten)
	for block, lost := range map[int][ten]int{
		5:  {3, 2, 3, 1, 2, 1, 3, 0, 1, 4},
		10: {3, 2, 8, 1, 2, 1, 8, 5, 1, 9},
	} {
		c := sampling(Sampler{Kind: "consecutive", Block: block}, 1)
		d := newDraws(c, labels, ten)
		batches := planned(d, 1)
		order := slices.Concat(batches...)
		if len(batches) != len(order) {
			t.Errorf("block %d: %d batches for %d samples", block, len(batches), len(order))
		}
		var used [ten][]int32
		for rows := range slices.Chunk(order, block) {
			class := labels[rows[0]]
			at, _ := slices.BinarySearch(classes[class], rows[0])
			if at%block != 0 || !slices.Equal(rows, classes[class][at:at+block]) {
				t.Fatalf("block %d: %v are no %d samples of a class in their order", block, rows, block)
			}
			used[class] = append(used[class], rows...)
		}
		for class := range used {
			slices.Sort(used[class])
			if want := classes[class][:len(classes[class])-lost[class]]; !slices.Equal(used[class], want) {
				t.Errorf("block %d, class %d: %d samples used, want the first %d", block, class, len(used[class]), len(want))
			}
		}
		if !equalBatches(batches, planned(d, 2)) {
			t.Errorf("block %d: the order changes between epochs", block)
		}

		other := c
		other.Seeding.Seed = 2
		if equalBatches(batches, planned(newDraws(other, labels, ten), 1)) {
			t.Errorf("block %d: two seeds have one order", block)
		}
		c.Sampler.OrderSeed, other.Sampler.OrderSeed = 77, 77
		if !equalBatches(planned(newDraws(c, labels, ten), 1), planned(newDraws(other, labels, ten), 1)) {
			t.Errorf("block %d: with one order seed two seeds have two orders", block)
		}
		c.Sampler.Clean = true
		once(t, planned(newDraws(c, labels, ten), 1), 60000)
	}
}

// A loader is a class's data loader as the original's program uses one. It
// draws when its first share is taken.
type loader struct {
	samples, order []int32
	opened         bool
}

func (l *loader) next(torch *rng.Source, size int) []int32 {
	if !l.opened {
		l.opened = true
		torch.Int64()
		order := make([]int32, len(l.samples))
		torch.Perm(order)
		for _, place := range order {
			l.order = append(l.order, l.samples[place])
		}
	}
	taken := l.order[:min(size, len(l.order))]
	l.order = l.order[len(taken):]
	return taken
}

// classEpoch is the loop of the original's program, line by line.
func classEpoch(torch, numpy *rng.Source, labels []uint8, pick, size int) [][]int32 {
	var list []*loader
	for _, samples := range byClass(labels, ten) {
		torch.Int64()
		list = append(list, &loader{samples: samples})
	}
	var batches [][]int32
	for len(list) > 0 {
		var picked []*loader
		if pick == 1 {
			picked = append(picked, list[numpy.Choice(len(list))])
		} else {
			places := make([]int, len(list))
			numpy.ChoiceK(places)
			for _, place := range places[:pick] {
				picked = append(picked, list[place])
			}
		}
		var batch []int32
		exhausted := false
		for _, l := range picked {
			part := l.next(torch, size)
			if exhausted = len(part) == 0; exhausted {
				break
			}
			batch = append(batch, part...)
		}
		if exhausted {
			var rest []*loader
			for _, l := range list {
				if !slices.Contains(picked, l) {
					rest = append(rest, l)
				}
			}
			list = rest
			continue
		}
		if pick > 1 {
			places := make([]int32, len(batch))
			torch.Perm(places)
			mixed := make([]int32, len(batch))
			for i, place := range places {
				mixed[i] = batch[place]
			}
			batch = mixed
		}
		batches = append(batches, batch)
	}
	torch.Int64() // the test loader
	return batches
}

func TestClassesAsRecorded(t *testing.T) {
	few := [ten]int{7, 12, 0, 3, 30, 9, 1, 10, 11, 25}
	for _, counts := range [][ten]int{few, mnistCounts} {
		labels := labelled(counts)
		for _, tt := range []struct{ pick, batch int }{{1, 50}, {1, 10}, {2, 50}, {2, 2}, {5, 50}, {10, 50}} {
			d := newDraws(sampling(Sampler{Kind: "classes", Classes: tt.pick}, tt.batch), labels, ten).(*author)
			torch, numpy := rng.New(1), rng.New(1)
			for epoch := 1; epoch <= 2; epoch++ {
				want := classEpoch(torch, numpy, labels, tt.pick, tt.batch/tt.pick)
				if !equalBatches(planned(d, epoch), want) {
					t.Errorf("%+v: epoch %d has other batches than the original's loop", tt, epoch)
				}
			}
			if d.source.Taken() != torch.Taken() {
				t.Errorf("%+v: %d outputs taken, the original's loop takes %d", tt, d.source.Taken(), torch.Taken())
			}
		}
	}
}

// With one class per batch nothing is lost. With 2 and 5 the loss is in the
// ranges that 200 simulated epochs of the study's program gave.
func TestClassesLose(t *testing.T) {
	labels := labelled(mnistCounts)
	for _, tt := range []struct {
		pick, batch             int
		steps, samples, highest [2]int
	}{
		{1, 50, [2]int{1205, 1205}, [2]int{60000, 60000}, [2]int{50, 50}},
		{1, 10, [2]int{6006, 6006}, [2]int{60000, 60000}, [2]int{10, 10}},
		{2, 50, [2]int{1090, 1190}, [2]int{54463, 59460}, [2]int{50, 50}},
		{5, 50, [2]int{1069, 1174}, [2]int{53432, 58689}, [2]int{50, 50}},
	} {
		d := newDraws(sampling(Sampler{Kind: "classes", Classes: tt.pick}, tt.batch), labels, ten)
		for epoch := 1; epoch <= 5; epoch++ {
			batches := planned(d, epoch)
			all := slices.Concat(batches...)
			largest := 0
			for _, rows := range batches {
				largest = max(largest, len(rows))
			}
			for _, check := range []struct {
				what string
				got  int
				in   [2]int
			}{{"steps", len(batches), tt.steps}, {"samples", len(all), tt.samples}, {"samples in the largest batch", largest, tt.highest}} {
				if check.got < check.in[0] || check.got > check.in[1] {
					t.Errorf("%d classes in %d, epoch %d: %d %s, want %v", tt.pick, tt.batch, epoch, check.got, check.what, check.in)
				}
			}
			slices.Sort(all)
			if len(slices.Compact(all)) != len(all) {
				t.Errorf("%d classes, epoch %d: a sample is used twice", tt.pick, epoch)
			}
		}
	}
}

// Three does not divide ten, so the last class in the game is picked alone.
func TestClassesFewerThanPicked(t *testing.T) {
	labels := labelled([ten]int{40, 40, 40, 40, 40, 40, 40, 40, 40, 40})
	d := newDraws(sampling(Sampler{Kind: "classes", Classes: 3}, 6), labels, ten)
	batches := planned(d, 1)
	last := batches[len(batches)-1]
	if len(batches) < 40 || len(last) > 6 {
		t.Errorf("%d batches, the last one of %d samples", len(batches), len(last))
	}
}

// cleanCases are all numbers of classes, in batches that they divide and in
// others.
func cleanCases() (cases []struct{ pick, batch int }) {
	for pick := 1; pick <= ten; pick++ {
		for _, batch := range []int{50 / pick * pick, 50, 64} {
			cases = append(cases, struct{ pick, batch int }{pick, batch})
		}
	}
	return cases
}

// The remainder is given in turn: with equal classes, all of them in every
// batch, no class is ever more than a sample ahead of another.
func TestClassesCleanFair(t *testing.T) {
	counts := [ten]int{}
	for class := range counts {
		counts[class] = 640
	}
	labels := labelled(counts)
	batches := planned(newDraws(sampling(Sampler{Kind: "classes", Classes: ten, Clean: true}, 64), labels, ten), 1)
	var used [ten]int
	for i, rows := range batches {
		for _, row := range rows {
			used[labels[row]]++
		}
		if ahead := slices.Max(used[:]) - slices.Min(used[:]); ahead > 1 || len(rows) != 64 {
			t.Fatalf("batch %d has %d samples, and a class is %d ahead", i, len(rows), ahead)
		}
	}
	if len(batches) != 100 {
		t.Errorf("%d batches, want 100", len(batches))
	}
}

func TestClassesClean(t *testing.T) {
	labels := labelled(mnistCounts)
	for _, tt := range cleanCases() {
		pick, size, over := tt.pick, tt.batch/tt.pick, tt.batch%tt.pick
		c := sampling(Sampler{Kind: "classes", Classes: pick, Clean: true}, tt.batch)
		d := newDraws(c, labels, ten)
		batches := planned(d, 1)
		once(t, batches, 60000)
		short, smaller := 0, 0 // batches of fewer classes, and of fewer samples
		for i, rows := range batches {
			var found [ten]int
			for _, row := range rows {
				found[labels[row]]++
			}
			classes, longer := 0, 0
			for class, n := range found {
				if n > size+min(over, 1) {
					t.Fatalf("%v: batch %d has %d samples of class %d, want at most %d", tt, i, n, class, size+min(over, 1))
				}
				if n > size {
					longer++
				}
				if n > 0 {
					classes++
				}
			}
			if classes > pick || longer > over || len(rows) > tt.batch {
				t.Fatalf("%v: batch %d has %d samples of %d classes, %d of them one more", tt, i, len(rows), classes, longer)
			}
			if len(rows) < tt.batch {
				smaller++
			}
			if classes < pick {
				short++
			} else if short > 0 {
				t.Fatalf("%d classes: batch %d has all after one that had not", pick, i)
			}
		}
		// Proportional picking lets the classes run out together: at 5 of 10,
		// fewer than one step in a hundred lacks a class. With all ten in every
		// step, the most frequent class must outlast the others.
		if pick <= 5 && short > len(batches)/100 {
			t.Errorf("%d classes: %d of %d batches have fewer", pick, short, len(batches))
		}
		// A class leaves with a share that may be shorter, so nearly all other
		// shares are full: the remainder is given whenever it can be.
		if pick <= 5 && smaller > len(batches)/100+ten {
			t.Errorf("%v: %d of %d batches are not full", tt, smaller, len(batches))
		}
		if equalBatches(batches, planned(d, 2)) {
			t.Errorf("%d classes: two epochs have one order", pick)
		}
		c.Seeding.Mode = "paired"
		if !equalBatches(batches, planned(newDraws(c, labels, ten), 1)) {
			t.Errorf("%d classes: the seedings have two orders", pick)
		}
	}
}

// Next is the position at which a run really ends, and so is Draws if it can be
// counted.
func TestNext(t *testing.T) {
	counts := [ten]int{7, 12, 1, 3, 30, 9, 1, 10, 11, 25}
	for _, s := range []Sampler{
		{Kind: "shuffled"}, {Kind: "sorted"}, {Kind: "consecutive", Block: 3}, {Kind: "consecutive", Block: 3, Clean: true},
		{Kind: "classes", Classes: 1}, {Kind: "classes", Classes: 2}, {Kind: "classes", Classes: 3}, {Kind: "classes", Classes: 10},
		{Kind: "classes", Classes: 5, Clean: true},
		{Kind: "phases", Phases: []Phase{{Drawn: 5, Epochs: 1}, {Drawn: 5, Epochs: 2}}},
	} {
		for _, counts := range [][ten]int{counts, {2: 1}, {5: 2}} {
			c := sampling(s, 30)
			c.Network.Hidden, c.Epochs = []int{7, 5}, 3
			c.Seeding.Skip, c.Seeding.NumpySkip = 100, 200
			labels := labelled(counts)
			d := newDraws(c, labels, ten).(*author)
			if err := d.parameters(t.Context(), []*layer{
				newLayer(12, 7, 1, recorder{}), newLayer(7, 5, 1, recorder{}), newLayer(5, ten, 1, recorder{}),
			}); err != nil {
				t.Fatal(err)
			}
			for epoch := range c.Epochs {
				planned(d, epoch+1)
			}
			want := c.Seeding
			want.Skip = d.source.Taken()
			if from, ok := d.planned.(sequences); ok {
				want.NumpySkip = from.numpy.Taken()
			}
			if got := c.Next(12, counts[:]); got != want {
				t.Errorf("%+v, %v samples: the next run begins at %+v, want %+v", s, counts, got, want)
			}
			if s.walked() {
				continue
			}
			if got := 100 + c.Draws(12, ten, len(labels)); got != want.Skip {
				t.Errorf("%+v, %v samples: Draws ends at %d, want %d", s, counts, got, want.Skip)
			}
		}
	}
	if got := baseline(sgdBaseline).Draws(784, 10, 60000); got != 203530+30*60005 {
		t.Errorf("the baseline draws %d", got)
	}
	p := baseline(sgdBaseline)
	p.Seeding.Mode = "paired"
	if got := p.Next(784, mnistCounts[:]); got != p.Seeding {
		t.Errorf("with paired seeding, which has no session, the next run begins at %+v", got)
	}
}

func TestDrawsRefusesChance(t *testing.T) {
	defer func() {
		if text := fmt.Sprint(recover()); !strings.Contains(text, "cannot be counted") {
			t.Errorf("recovered %q", text)
		}
	}()
	sampling(Sampler{Kind: "classes", Classes: 2}, 50).Draws(784, 10, 60000)
}

func BenchmarkNext(b *testing.B) {
	c := baseline(sgdBaseline)
	c.Sampler = Sampler{Kind: "classes", Classes: 5}
	for b.Loop() {
		c.Next(784, mnistCounts[:])
	}
}
