// Package ablation asks whether selective units matter (Morcos et al., 2018, ICLR; Leavitt and Morcos, 2020,
// arXiv:2003.01262): units of the last hidden layer are taken out, and what the output layer then classifies is counted.
//
// A unit that is taken out has its mean over all samples for every sample, so that it tells nothing of them and yet does
// not move the others' threshold as a 0 would: the sigmoids of the study are about a half.
package ablation
