package stages

// memoryShare is the part of this machine's memory that workers may have: the
// rest is for the files they read and write, and for whatever else runs here.
const memoryShare = 0.8

// memoryForWorkers is how much memory all workers may take together; 0 if
// nobody knows what there is.
func memoryForWorkers() int64 { return int64(memoryShare * float64(machineMemory())) }
