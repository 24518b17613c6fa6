package digits

// The views of an image. Each function writes its view to dst, whose sides have
// size pixels.

func upright(dst, image []byte, size int) {
	shrunk(dst, size, func(x, y int) int { return int(image[y*side+x]) })
}

func turned(dst, image []byte, size int) {
	shrunk(dst, size, func(x, y int) int { return int(image[(side-1-x)*side+y]) })
}

func mirrored(dst, image []byte, size int) {
	shrunk(dst, size, func(x, y int) int { return int(image[y*side+side-1-x]) })
}

// shrunk writes the means of squares of pixels.
func shrunk(dst []byte, size int, pixel func(x, y int) int) {
	n := side / size
	for y := range size {
		for x := range size {
			sum := n * n / 2 // for rounding
			for dy := range n {
				for dx := range n {
					sum += pixel(n*x+dx, n*y+dy)
				}
			}
			dst[y*size+x] = byte(sum / (n * n))
		}
	}
}
