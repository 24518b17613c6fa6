"""Writes truth.json: metrics of small activation sets by numpy and torch.

Follows the original study's algorithm: Hoyer sparsity per sample in float32 by
torch, CCMAS with class means accumulated in float64 by numpy. Run it with a Python
that has both (Debian: python3-numpy, python3-torch):

    /usr/bin/python3 truth.py > truth.json
"""

import json
import math
import warnings

import numpy as np
import torch


def hoyer(a):
    h = a.shape[1]
    t = torch.from_numpy(a)
    ratio = t.abs().sum(dim=1) / t.pow(2).sum(dim=1).sqrt()
    return (math.sqrt(h) - ratio) / (math.sqrt(h) - 1)


def ccmas(a, labels, epsilon):
    units = []
    for j in range(a.shape[1]):
        means = [a[labels == c, j].astype(np.float64).mean() for c in range(10)]
        highest = max(means)
        rest = (sum(means) - highest) / 9
        units.append((highest - rest) / (highest + rest + epsilon))
    return np.array(units)


def text(v):
    """JSON has no NaN or infinity."""
    return [repr(float(x)) for x in np.atleast_1d(v)]


def case(name, a, labels, epsilon):
    sparsity = hoyer(a)
    units = ccmas(a, labels, epsilon)
    return {
        "name": name,
        "units": a.shape[1],
        "epsilon": epsilon,
        "labels": labels.tolist(),
        "bits": a.view(np.uint32).ravel().tolist(),
        "hoyer": text(sparsity.numpy()),
        "sparsity": text(sparsity.double().mean())[0],
        "sparsity_std": text(sparsity.double().std())[0],
        "unit_selectivity": text(units),
        "selectivity": text(units.mean())[0],
        "selectivity_std": text(units.std())[0],
    }


def activations(rng, samples, units, spread):
    z = rng.normal(rng.normal(0, 1.5, units), spread, (samples, units))
    return (1 / (1 + np.exp(-z))).astype(np.float32)


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(20210401)
    labels = np.arange(30) % 10
    cases = [
        case("sigmoid, 16 units", activations(rng, 30, 16, 2), labels, 0.0),
        case("sigmoid, 37 units", activations(rng, 30, 37, 2), labels[::-1].copy(), 1e-7),
        case("narrow, 5 units", activations(rng, 30, 5, 0.1), np.sort(labels), 1e-6),
        case("saturated, 8 units", activations(rng, 30, 8, 40), labels, 1e-6),
    ]
    a = activations(rng, 20, 4, 2)
    a[7] = 0
    cases.append(case("one silent sample", a, labels[:20], 0.0))
    a = activations(rng, 20, 4, 2)
    a[3] = np.float32(2.0**-80)
    cases.append(case("one sample whose squares underflow", a, labels[:20], 0.0))
    a = activations(rng, 20, 4, 2)
    a[3] = np.float32(2.0**-80)
    a[7] = 0
    cases.append(case("both", a, labels[:20], 0.0))
    a = activations(rng, 20, 4, 2)
    a[:, 2] = 0
    cases.append(case("silent unit, no epsilon", a, labels[:20], 0.0))
    cases.append(case("silent unit, epsilon", a, labels[:20], 1e-7))
    print(json.dumps(cases))


main()
