"""Draws discs, squares and crosses of 20x20 pixels and writes them as IDX files: python3 shapes.py FOLDER"""

import pathlib
import random
import struct
import sys

SIDE = 20


def write_idx(path, shape, data):
    """An IDX file of unsigned bytes: a header, then the numbers, the last dimension fastest. Of NumPy: a.shape, a.tobytes()."""
    path.write_bytes(struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape) + data)


def inside(kind, x, y, size):
    if kind == 0:
        return x * x + y * y <= size * size
    if kind == 1:
        return max(abs(x), abs(y)) <= size
    return min(abs(x), abs(y)) <= 0.35 * size and max(abs(x), abs(y)) <= 1.2 * size


def picture(random, kind):
    left, top = 6.5 + 6 * random(), 6.5 + 6 * random()
    size, light = 3 + 3 * random(), 128 + int(127 * random())
    pixels = bytearray()
    for i in range(SIDE * SIDE):
        lit = inside(kind, i % SIDE - left, i // SIDE - top, size) != (random() < 0.03)
        pixels.append(light if lit else 0)
    return bytes(pixels)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (part, count) in enumerate([("train", 1500), ("test", 300)]):
        draws = random.Random(seed).random  # the one generator that is the same in every version of Python
        labels = [i % 3 for i in range(count)]
        images = b"".join(picture(draws, label) for label in labels)
        write_idx(folder / f"shapes-{part}-images", (count, SIDE, SIDE), images)
        write_idx(folder / f"shapes-{part}-labels", (count,), bytes(labels))


main(pathlib.Path(sys.argv[1]))
