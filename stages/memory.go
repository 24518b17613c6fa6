package stages

import (
	"fmt"

	"sparsel/pipeline"
)

// memoryShare is the share of this machine's memory that workers may use. The
// rest is for the files that they read and write, and for other programs.
const memoryShare = 0.8

// memoryForWorkers returns how much memory all workers may use together, or 0
// if the machine's memory is unknown.
func memoryForWorkers() int64 { return int64(memoryShare * float64(machineMemory())) }

// memoryError is how far the memory that is counted for a node may be from what
// it takes, as a factor.
const memoryError = 1.25

// fits refuses a plan with a node that needs more memory than the machine has,
// such as a training whose width has a digit too many. The system would stop it,
// or other programs, after it had taken all memory.
func fits(plan *pipeline.Plan, memory int64) error {
	var largest *pipeline.Node
	count := 0
	for _, s := range plan.Steps {
		if s.State == pipeline.Current || s.Far || float64(s.Node.Memory) <= memoryError*float64(memory) {
			continue
		}
		count++
		if largest == nil || s.Node.Memory > largest.Memory {
			largest = s.Node
		}
	}
	if largest == nil {
		return nil
	}
	others := ""
	if count > 1 {
		others = fmt.Sprintf(" (the largest of %d such nodes)", count)
	}
	return fmt.Errorf("%s needs about %.1f GB of memory, and this machine has %.1f%s: make the network, its batches or the number of images smaller, "+
		"or do the work on larger machines with -workers", largest.Name, float64(largest.Memory)/1e9, float64(memory)/1e9, others)
}
