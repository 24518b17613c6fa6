package trainer_test

import (
	"context"
	"fmt"
	"log"

	"sparsel/trainer"
)

// Images of four pixels have one or two lit pixels, and the first lit pixel is
// the class. The numbers are the same on every machine, so they can be
// compared.
func ExampleTrain() {
	data := trainer.Split{Pixels: 4, Classes: 10}
	for class := range uint8(4) {
		for other := class; other < 4; other++ {
			image := make([]byte, data.Pixels)
			image[class], image[other] = 255, 255
			data.Images = append(data.Images, image...)
			data.Labels = append(data.Labels, class)
		}
	}
	config := trainer.Config{
		Network:   trainer.Network{Hidden: []int{8}, Activation: "sigmoid"},
		Optimizer: trainer.Optimizer{Name: "Adam", LR: 0.05, Eps: 1e-8, Beta1: 0.9, Beta2: 0.999},
		Sampler:   trainer.Sampler{Kind: "shuffled"},
		Batch:     5,
		Epochs:    60,
		Seeding:   trainer.Seeding{Mode: "paired", Seed: 1},
	}
	err := trainer.Train(context.Background(), config, data, data, func(e trainer.Epoch, a *trainer.Activations) error {
		if e.Epoch%20 == 0 {
			fmt.Printf("epoch %d: loss %.4f, %d of %d right, %x\n", e.Epoch, e.TestLoss, e.Correct, e.Samples, e.Digest[:4])
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// epoch 20: loss 0.6749, 9 of 10 right, 150c755c
	// epoch 40: loss 0.1794, 10 of 10 right, 485c7869
	// epoch 60: loss 0.0485, 10 of 10 right, 9d6ac40a
}
