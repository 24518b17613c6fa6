// Package rng provides the random draws of a training run.
//
// Two families share one generator, the Mersenne Twister MT19937:
//
//   - [New] seeds it as torch.manual_seed and numpy.random.seed do. With
//     [Source.Uniform], [Source.Int64] and [Source.Perm] (PyTorch's draws on a
//     CPU) and [Source.Bounded], [Source.Choice] and [Source.ChoiceK] (numpy's
//     legacy RandomState) a recorded session can be replayed draw by draw.
//     [Source.Skip] goes to a later point of it.
//   - [Named] derives an independent stream from a seed and a label, for
//     everything that has no recorded session to follow.
//
// Nothing here is suitable for secrets. The sequences are part of the identity
// of every result, so what a function draws never changes.
package rng
