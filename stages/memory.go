package stages

// memoryShare is the share of this machine's memory that workers may use. The
// rest is for the files that they read and write, and for other programs.
const memoryShare = 0.8

// memoryForWorkers returns how much memory all workers may use together, or 0
// if the machine's memory is unknown.
func memoryForWorkers() int64 { return int64(memoryShare * float64(machineMemory())) }
