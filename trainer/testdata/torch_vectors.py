"""Writes torch_vectors.json: what PyTorch computes in small cases.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE python3 torch_vectors.py

The committed file came from Debian 12's python3-torch (1.13.1, CPU). Tensors
are hexadecimal strings, eight digits per float32, in PyTorch's storage order.

"updates" holds optimizer steps with prescribed gradients: the parameters
before the first step and after each step.

"runs" holds whole trainings. Images come from a linear congruential
generator that the test repeats. Initial parameters and orders come from
manual_seed(seed) and, for each epoch, from the draws of PyTorch 1.8's loaders.
Each run is repeated in float64 from the same initial parameters and in the
same order. "rounding" is the largest distance between the parameters of the
two at the end, which is the error of float32 arithmetic in that run.

"stems" holds one backward pass through convolutions alone, also in float32
and float64: the output for some images and the gradients of a weighted sum of
that output. Weights of the sum are integers from -4 to 4 from the same generator.
"""

import json
import os

import numpy as np
import torch

torch.set_num_threads(1)


def bits(tensor):
    values = tensor.detach().contiguous().numpy().astype(np.float32).ravel()
    return "".join("%08x" % v for v in values.view(np.uint32))


def make(optimizer, parameters):
    kind = getattr(torch.optim, optimizer["name"])
    renamed = {"lr": "lr", "weight_decay": "weight_decay", "momentum": "momentum", "rho": "rho", "eps": "eps",
               "alpha": "alpha", "nesterov": "nesterov"}
    options = {to: optimizer[key] for key, to in renamed.items() if key in optimizer}
    if "beta1" in optimizer:
        options["betas"] = (optimizer["beta1"], optimizer["beta2"])
    return kind(parameters, foreach=False, **options)


SGD = {"name": "SGD", "lr": 0.1}
ADAGRAD = {"name": "Adagrad", "lr": 0.1, "eps": 1e-10}
ADADELTA = {"name": "Adadelta", "lr": 1.0, "rho": 0.9, "eps": 1e-6}
RMSPROP = {"name": "RMSprop", "lr": 0.01, "alpha": 0.99, "eps": 1e-8}
ADAM = {"name": "Adam", "lr": 0.001, "eps": 1e-8, "beta1": 0.9, "beta2": 0.999}

# A multiple of 8, so that ATen's vector loops do all of it.
WIDTH, STEPS = 32, 10


def gradients():
    """Ordinary sizes, and columns of zeros, subnormals, huge and mixed ones."""
    g = torch.randn(STEPS, WIDTH, generator=torch.Generator().manual_seed(5))
    g *= torch.logspace(-8, 2, WIDTH)
    g[:, 3] = 0.0
    g[:, 4] = 1e-42
    g[:, 5] = 3e38
    g[:, 6] = -2e25
    g[::2, 7] = 0.0
    g[3, 8] = float("inf")
    g[5, 9] = float("nan")
    g[:, 10] = -0.0
    return g


def updates():
    optimizers = [
        SGD, dict(SGD, weight_decay=0.01), dict(SGD, lr=1000.0, weight_decay=10.0),
        dict(SGD, momentum=0.9), dict(SGD, momentum=0.999, lr=19.3, weight_decay=0.1585),
        ADAGRAD, dict(ADAGRAD, lr=1000.0), dict(ADAGRAD, weight_decay=0.631),
        ADADELTA, dict(ADADELTA, lr=268.3), dict(ADADELTA, rho=0.0, weight_decay=1e-5), dict(ADADELTA, rho=0.999),
        ADAM, dict(ADAM, lr=1000.0), dict(ADAM, beta1=0.0001, weight_decay=2.5), dict(ADAM, beta1=0.999, beta2=0.0001),
        RMSPROP, dict(RMSPROP, lr=1000.0), dict(RMSPROP, alpha=0.0, weight_decay=0.631), dict(RMSPROP, alpha=0.9999),
    ]
    start = torch.randn(WIDTH, generator=torch.Generator().manual_seed(6))
    g = gradients()
    cases = []
    for optimizer in optimizers:
        w = start.clone().requires_grad_()
        o = make(optimizer, [w])
        after = []
        for step in range(STEPS):
            w.grad = g[step].clone()
            o.step()
            after.append(bits(w))
        cases.append({"optimizer": optimizer, "after": after})
    return {"start": bits(start), "gradients": [bits(row) for row in g], "cases": cases}


def images(samples, pixels, state):
    """Bytes, four fifths of them 0, and labels that depend on them."""
    def draw():
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return state >> 16
    x, y = [], []
    for _ in range(samples):
        label = draw() % 10
        row = []
        for p in range(pixels):
            lit = draw() % 10 < (6 if p % 10 == label else 1)
            row.append(draw() % 256 if lit else 0)
        x.append(row)
        y.append(label)
    return torch.tensor(x, dtype=torch.float32) / 255, torch.tensor(y)


SAMPLES, TESTS, PIXELS, SEED = 200, 120, 64, 3


def convolutions(channels):
    layers, before = [], 1
    for out in channels:
        layers += [torch.nn.Conv2d(before, out, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        before = out
    return layers


def network(hidden, activation="sigmoid", conv=()):
    kind = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[activation]
    layers, width = [], PIXELS
    if conv:
        side = int(PIXELS**0.5)
        layers = [torch.nn.Unflatten(1, (1, side, side)), *convolutions(conv), torch.nn.Flatten()]
        width = (side >> len(conv))**2 * conv[-1]
    for units in hidden:
        layers += [torch.nn.Linear(width, units), kind()]
        width = units
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 10))


def train(model, optimizer, orders, batch, x, y, test_x, test_y):
    o = make(optimizer, model.parameters())
    loss_of = torch.nn.CrossEntropyLoss()
    epochs = []
    for order in orders:
        losses = []
        for rows in order.split(batch):
            o.zero_grad()
            loss = loss_of(model(x[rows]), y[rows])
            loss.backward()
            o.step()
            losses.append(loss.item())
        with torch.no_grad():
            logits = model(test_x)
            test = [loss_of(l, t).item() for l, t in zip(logits.split(50), test_y.split(50))]
            predictions = torch.softmax(logits, 1).argmax(1)
        epochs.append({
            "trainLoss": repr(sum(losses) / len(losses)),
            "testLoss": repr(sum(test) / len(test)),
            "correct": int((predictions == test_y).sum()),
        })
    return epochs


def runs():
    x, y = images(SAMPLES, PIXELS, 1)
    test_x, test_y = images(TESTS, PIXELS, 2)
    cases = []
    plain = [
        ([16], 20, 10, SGD), ([16], 20, 10, ADAGRAD), ([16], 20, 10, ADADELTA), ([16], 20, 10, ADAM),
        ([16], 21, 10, dict(SGD, momentum=0.9, weight_decay=0.001)),
        ([19, 12], 21, 10, dict(ADAM, lr=0.01)), ([12, 16, 9], 7, 4, dict(SGD, lr=1.0)),
        ([16], 20, 3, dict(SGD, lr=3e38)), ([16], 200, 3, dict(ADAGRAD, lr=1e38)),
    ]
    shapes = [
        ({"activation": "tanh"}, [16], 20, 6, SGD), ({"activation": "relu"}, [16, 12], 20, 6, SGD),
        ({"activation": "tanh"}, [19], 21, 6, RMSPROP),
        ({"conv": [4]}, [12], 20, 6, SGD), ({"conv": [5, 17]}, [9], 21, 4, SGD),
        ({"conv": [16, 6]}, [12], 20, 4, ADAM), ({"conv": [4, 6]}, [10], 20, 4, ADADELTA),
        ({"conv": [4, 6]}, [10], 20, 4, ADAGRAD), ({"conv": [3, 4, 5], "activation": "relu"}, [8, 6], 1, 1, SGD),
        ({"conv": [4, 6]}, [10], 20, 3, dict(SGD, lr=3e38)),
    ]
    for shape, hidden, batch, epochs, optimizer in [({}, *case) for case in plain] + shapes:
        double = network(hidden, **shape).double()
        torch.manual_seed(SEED)
        model = network(hidden, **shape)
        double.load_state_dict(model.state_dict())
        orders = []
        for _ in range(epochs):
            torch.empty((), dtype=torch.int64).random_()
            torch.empty((), dtype=torch.int64).random_()
            orders.append(torch.randperm(SAMPLES))
            torch.empty((), dtype=torch.int64).random_()
        result = train(model, optimizer, orders, batch, x, y, test_x, test_y)
        train(double, optimizer, orders, batch, x.double(), y, test_x.double(), test_y)
        rounding = max(float((a.double() - b).abs().max()) for a, b in zip(model.parameters(), double.parameters()))
        cases.append({
            "hidden": hidden, **shape, "batch": batch, "optimizer": optimizer, "epochs": result,
            "parameters": "".join(bits(p) for p in model.parameters()), "rounding": repr(rounding),
        })
    return {"samples": SAMPLES, "tests": TESTS, "pixels": PIXELS, "seed": SEED, "cases": cases}


def stems():
    cases = []
    for side, channels, samples in [(6, [3], 2), (9, [5, 4], 3), (8, [16, 18], 2), (28, [2, 3], 1)]:
        x, _ = images(samples, side * side, 4)
        torch.manual_seed(SEED)
        model = torch.nn.Sequential(*convolutions(channels), torch.nn.Flatten())
        state = 5
        factors = []
        for _ in range((side >> len(channels))**2 * channels[-1] * samples):
            state = (state * 1664525 + 1013904223) % 2**32
            factors.append((state >> 16) % 9 - 4)
        factors = torch.tensor(factors, dtype=torch.float32).view(samples, -1)
        results = []
        for kind in torch.float32, torch.float64:
            model = model.to(kind)
            model.zero_grad()
            output = model(x.view(samples, 1, side, side).to(kind))
            (output * factors.to(kind)).sum().backward()
            results.append((output.detach(), [p.grad.clone() for p in model.parameters()]))
        (output, gradients), (exact, exacts) = results
        rounding = max(float((a.double() - b).abs().max()) for a, b in zip(gradients, exacts))
        cases.append({
            "side": side, "conv": channels, "samples": samples,
            "output": bits(output), "outputRounding": repr(float((output.double() - exact).abs().max())),
            "gradients": "".join(bits(g) for g in gradients), "rounding": repr(rounding),
        })
    return {"seed": SEED, "cases": cases}


if __name__ == "__main__":
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_vectors.json")
    with open(path, "w") as f:
        json.dump({"torch": torch.__version__, "updates": updates(), "runs": runs(), "stems": stems()}, f, indent=1)
        f.write("\n")
