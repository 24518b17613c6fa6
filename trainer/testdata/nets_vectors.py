"""Writes nets_vectors.json: what PyTorch and NumPy compute for features added after the study.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python3 nets_vectors.py

The committed file came from Debian 12's python3-torch (1.13.1, CPU) and
python3-numpy (1.24.2). "updates" and "runs" have the formats of
torch_vectors.py.

"updates" holds steps of SGD with Nesterov's momentum.

"runs" holds trainings with dropout, penalties and vSGD. Each is done in
float32 and, for "rounding", in float64. Masks of dropout come from the named
streams of package rng: the SHA-256 of the name seeds NumPy's MT19937 by an
array. PyTorch's autograd computes all gradients, including those of penalties
written as formulas and, for vSGD, those of each single sample.
"""

import hashlib
import json
import os

import numpy as np
import torch

from torch_vectors import PIXELS, SAMPLES, SEED, SGD, TESTS, WIDTH, STEPS, bits, gradients, images, make, network


def stream(seed, label, *index):
    key = b""
    for text in (b"sparsel/trainer/rng/named/1", label.encode()):
        key += len(text).to_bytes(8, "little") + text
    for number in (seed, len(index), *index):
        key += number.to_bytes(8, "little")
    words = np.frombuffer(hashlib.sha256(key).digest(), dtype="<u4")
    generator = np.random.MT19937()
    generator._legacy_seeding(words)
    return generator


def mask(rate, epoch, step, layer, samples, units):
    words = stream(SEED, "dropout", epoch, step, layer).random_raw(samples * units)
    kept = (words.astype(np.float64) / 2**32 >= rate).reshape(samples, units)
    return torch.tensor(kept / (1 - rate))


def forward(parameters, activation, x, masks):
    """Returns the logits and the hidden activations before dropout."""
    kind = {"sigmoid": torch.sigmoid, "relu": torch.relu, "tanh": torch.tanh}[activation]
    hidden = []
    for i in range(0, len(parameters) - 2, 2):
        a = kind(x @ parameters[i].T + parameters[i + 1])
        hidden.append(a)
        x = a * masks[i // 2].to(a.dtype) if masks[i // 2] is not None else a
    return x @ parameters[-2].T + parameters[-1], hidden


def selectivity(a, y):
    """The mean class selectivity index of a layer, by the formula."""
    present = torch.unique(y)
    if len(present) < 2:
        return a.sum() * 0
    means = torch.stack([a[y == c].abs().mean(0) for c in present])
    largest, at = means.max(0)
    rest = (means.sum(0) - largest) / (len(present) - 1)
    return ((largest - rest) / (largest + rest + 1e-7)).mean()


def loss_of(parameters, case, x, y, masks):
    logits, hidden = forward(parameters, case.get("activation", "sigmoid"), x, masks)
    entropy = torch.nn.functional.cross_entropy(logits, y)
    loss = entropy
    loss = loss + case.get("l1", 0) * sum(a.abs().sum() for a in hidden) / len(y)
    if case.get("csi", 0):
        loss = loss - case["csi"] * sum(selectivity(a, y) for a in hidden) / len(hidden)
    return loss, entropy


class VSGD:
    """vSGD-fd, with NumPy, for all parameters in one array."""

    def __init__(self, constants, count, kind):
        self.c, self.step = constants, 0
        self.g, self.v, self.h, self.h2, self.tau = (np.zeros(count, kind) for _ in range(5))

    def shift(self, mean):
        base = mean if self.step == 0 else self.g
        return np.where(base < 0, base - self.kind(self.c["eps"]), base + self.kind(self.c["eps"]))

    def kind(self, x):
        return self.g.dtype.type(x)

    def average(self, g, h):
        part = 1 / self.tau
        self.g = (1 - part) * self.g + part * g.mean(0)
        self.v = (1 - part) * self.v + part * (g * g).mean(0)
        self.h = (1 - part) * self.h + part * h.mean(0)
        self.h2 = (1 - part) * self.h2 + part * (h * h).mean(0)

    def change(self, gradients, parameters):
        """Returns what is added to the parameters; gradients gives those of each sample at some parameters."""
        g = gradients(parameters)
        delta = self.shift(g.mean(0))
        h = abs((g - gradients(parameters + delta)) / delta)
        self.step += 1
        initial = int(self.c["initial"])
        if self.step <= initial:
            self.tau[:] = self.step
            self.average(g, h)
            if self.step == initial:
                factor = self.kind(self.c["slow_start"])
                self.v *= factor
                self.h *= factor
                self.h2 *= factor**2
            return 0 * delta
        n = len(g)
        deviation = np.sqrt(np.maximum(self.v - self.g**2, 0))
        deviation_h = np.sqrt(np.maximum(self.h2 - self.h**2, 0))
        outlier = (abs(g.mean(0) - self.g) > 2 * deviation) | (abs(h.mean(0) - self.h) > 2 * deviation_h)
        self.tau += outlier
        self.average(g, h)
        square = self.g**2
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = self.h / self.h2 * (n * square / (self.v + (n - 1) * square))
            share = np.minimum(square / self.v, 1)
        rate, share = np.nan_to_num(rate), np.nan_to_num(share)
        self.tau = (1 - share) * self.tau + 1
        return -rate * g.mean(0)


def train(parameters, case, orders, x, y, test_x, test_y):
    optimizer = case["optimizer"]
    slow = optimizer["name"] == "vSGD"
    if slow:
        rule = VSGD(optimizer, sum(p.numel() for p in parameters), parameters[0].detach().numpy().dtype)
    else:
        rule = make(optimizer, parameters)
    rates = case.get("dropout", [0] * len(case["hidden"]))
    epochs = []
    for epoch, order in enumerate(orders, 1):
        losses = []
        for step, rows in enumerate(order.split(case["batch"]), 1):
            masks = [mask(r, epoch, step, i, len(rows), u) if r else None for i, (r, u) in enumerate(zip(rates, case["hidden"]))]
            if not slow:
                rule.zero_grad()
                loss, entropy = loss_of(parameters, case, x[rows], y[rows], masks)
                loss.backward()
                rule.step()
                losses.append(entropy.item())
                continue

            def each(flat):
                """The gradient of every sample at the parameters flat."""
                torch.nn.utils.vector_to_parameters(torch.tensor(flat), parameters)
                found = []
                for i in range(len(rows)):
                    one = rows[i:i + 1]
                    loss, _ = loss_of(parameters, case, x[one], y[one], [m if m is None else m[i:i + 1] for m in masks])
                    found.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, parameters)]).numpy())
                return np.stack(found)

            flat = torch.nn.utils.parameters_to_vector(parameters).detach().numpy().copy()
            losses.append(loss_of(parameters, case, x[rows], y[rows], masks)[1].item())
            flat = flat + rule.change(each, flat)
            torch.nn.utils.vector_to_parameters(torch.tensor(flat), parameters)
        with torch.no_grad():
            logits, _ = forward(parameters, case.get("activation", "sigmoid"), test_x, [None] * len(rates))
            test = [torch.nn.functional.cross_entropy(l, t).item() for l, t in zip(logits.split(50), test_y.split(50))]
        epochs.append({
            "trainLoss": repr(sum(losses) / len(losses)), "testLoss": repr(sum(test) / len(test)),
            "correct": int((logits.argmax(1) == test_y).sum()),
        })
    return epochs


def runs():
    x, y = images(SAMPLES, PIXELS, 1)
    test_x, test_y = images(TESTS, PIXELS, 2)
    vsgd = {"name": "vSGD", "slow_start": 2.0, "initial": 10, "eps": 1e-4}
    fast = dict(SGD, lr=1.0)
    cases = [
        {"hidden": [16], "batch": 20, "epochs": 6, "optimizer": fast, "dropout": [0.5]},
        {"hidden": [19, 12], "batch": 21, "epochs": 6, "optimizer": SGD, "dropout": [0.2, 0.3], "activation": "tanh"},
        {"hidden": [16], "batch": 1, "epochs": 2, "optimizer": SGD, "dropout": [0.5], "activation": "relu"},
        {"hidden": [16, 9], "batch": 20, "epochs": 6, "optimizer": fast, "l1": 0.01},
        {"hidden": [16, 9], "batch": 20, "epochs": 4, "optimizer": SGD, "l1": 0.01, "activation": "tanh"},
        {"hidden": [16], "batch": 20, "epochs": 6, "optimizer": fast, "csi": 1.0},
        {"hidden": [16, 9], "batch": 21, "epochs": 6, "optimizer": SGD, "csi": -1.0, "activation": "tanh"},
        {"hidden": [16, 9], "batch": 20, "epochs": 2, "optimizer": fast, "csi": 0.1, "l1": 0.001, "activation": "relu",
         "dropout": [0.2, 0]},
        {"hidden": [16], "batch": 20, "epochs": 4, "optimizer": dict(SGD, momentum=0.9, nesterov=True, weight_decay=0.001)},
        {"hidden": [9], "batch": 1, "epochs": 1, "optimizer": dict(vsgd, slow_start=20.0, initial=50, eps=1e-2)},
        {"hidden": [9], "batch": 20, "epochs": 6, "optimizer": vsgd},
        {"hidden": [8, 7], "batch": 21, "epochs": 4, "optimizer": dict(vsgd, slow_start=1.0), "activation": "tanh"},
        {"hidden": [8, 7], "batch": 21, "epochs": 4, "optimizer": vsgd, "dropout": [0, 0.4], "l1": 0.001},
    ]
    for case in cases:
        torch.manual_seed(SEED)
        model = network(case["hidden"], case.get("activation", "sigmoid"))
        orders = []
        for _ in range(case["epochs"]):
            torch.empty((), dtype=torch.int64).random_()
            torch.empty((), dtype=torch.int64).random_()
            orders.append(torch.randperm(SAMPLES))
            torch.empty((), dtype=torch.int64).random_()
        start = [p.detach().clone() for p in model.parameters()]
        single = [p.clone().requires_grad_() for p in start]
        double = [p.double().requires_grad_() for p in start]
        case["epochs"] = train(single, case, orders, x, y, test_x, test_y)
        train(double, case, orders, x.double(), y, test_x.double(), test_y)
        case["rounding"] = repr(max(float((a.double() - b).abs().max()) for a, b in zip(single, double)))
        case["parameters"] = "".join(bits(p) for p in single)
        print(case["hidden"], case["optimizer"]["name"], case["rounding"], case["epochs"][-1])
    return {"samples": SAMPLES, "tests": TESTS, "pixels": PIXELS, "seed": SEED, "cases": cases}


def updates():
    start = torch.randn(WIDTH, generator=torch.Generator().manual_seed(6))
    g = gradients()
    cases = []
    nesterov = dict(SGD, momentum=0.9, nesterov=True)
    for optimizer in [nesterov, dict(nesterov, weight_decay=0.01), dict(nesterov, momentum=0.999, lr=19.3, weight_decay=0.1585)]:
        w = start.clone().requires_grad_()
        o = make(optimizer, [w])
        after = []
        for step in range(STEPS):
            w.grad = g[step].clone()
            o.step()
            after.append(bits(w))
        cases.append({"optimizer": optimizer, "after": after})
    return {"start": bits(start), "gradients": [bits(row) for row in g], "cases": cases}


if __name__ == "__main__":
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nets_vectors.json")
    with open(path, "w") as f:
        json.dump({"torch": torch.__version__, "numpy": np.__version__, "updates": updates(), "runs": runs()}, f, indent=1)
        f.write("\n")
