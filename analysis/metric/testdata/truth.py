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
        means = [np.abs(a[labels == c, j].astype(np.float64)).mean() for c in range(10)]
        highest = max(means)
        rest = (sum(means) - highest) / 9
        units.append((highest - rest) / (highest + rest + epsilon))
    return np.array(units)


def gini(a):
    """Half the relative mean absolute difference."""
    x = np.abs(a.astype(np.float64))
    n = x.shape[1]
    return np.abs(x[:, :, None] - x[:, None, :]).sum(axis=(1, 2)) / (2 * n * x.sum(axis=1))


def treves_rolls(a):
    x = np.abs(a.astype(np.float64))
    n = x.shape[1]
    density = x.mean(axis=1) ** 2 / (x**2).mean(axis=1)
    return (1 - density) / (1 - 1 / n)


def shares(a, function):
    x = np.abs(a)
    if function == "relu":
        dead = saturated = (x == 0).all(axis=0)
    else:
        dead = (x < np.float32(0.05)).all(axis=0)
        ends = x >= np.float32(0.95)
        saturated = (ends if function == "tanh" else ends | (x < np.float32(0.05))).all(axis=0)
    return dead.mean(), saturated.mean(), (x < np.float32(0.1)).mean()


def text(v):
    """JSON has no NaN or infinity."""
    return [repr(float(x)) for x in np.atleast_1d(v)]


def case(name, a, labels, epsilon, function="sigmoid"):
    sparsity = hoyer(a)
    units = ccmas(a, labels, epsilon)
    csi = ccmas(a, labels, 1e-7)
    dead, saturated, below = shares(a, function)
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
        "function": function,
        "gini": text(gini(a).mean())[0],
        "gini_std": text(gini(a).std(ddof=1))[0],
        "treves_rolls": text(treves_rolls(a).mean())[0],
        "treves_rolls_std": text(treves_rolls(a).std(ddof=1))[0],
        "csi": text(csi.mean())[0],
        "csi_std": text(csi.std())[0],
        "dead": text(dead)[0],
        "saturated": text(saturated)[0],
        "below": text(below)[0],
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
    a = np.tanh(rng.normal(rng.normal(0, 2, 21), 0.7, (30, 21))).astype(np.float32)
    a[:, 4] = 0.97
    a[:, 9] = rng.uniform(-0.04, 0.04, 30)
    cases.append(case("tanh, 21 units", a, labels, 1e-6, "tanh"))
    a = np.maximum(rng.normal(rng.normal(0, 1, 33), 1, (30, 33)), 0).astype(np.float32)
    a[:, 7] = 0
    a[:, 8] = 1.5
    a[:, 9] = 0.01
    cases.append(case("relu, 33 units", a, labels, 1e-6, "relu"))
    a = activations(rng, 30, 12, 3)
    a[:, 2] = np.where(labels < 5, 0.02, 0.98)
    a[:, 3] = 0.03
    a[:, 5] = 0.1
    cases.append(case("sigmoid, dead and saturated units", a, labels, 1e-6))
    print(json.dumps(cases))


main()
