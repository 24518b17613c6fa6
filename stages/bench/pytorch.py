"""Times PyTorch on the work that `mage bench` times sparsel on.

The first line of input names the core and the data, each further line is a case; each is answered with one line
of JSON.

The opponent is treated well: tensors in memory, batches by index, gradients set to None, metrics vectorised, and
on the one core that both sides have, one thread, which is its fastest setting there. What it computes is what
sparsel does: epochs of training and after each a pass over the test set with accuracy, Hoyer sparsity and CCMAS
selectivity.
"""
import json
import os
import sys
import time

request = json.loads(sys.stdin.readline())
if request["core"] >= 0 and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {request["core"]})

import torch  # noqa: E402  (after the affinity, so that thread pools see one core)

torch.set_num_threads(1)


def load(path, offset):
    with open(path, "rb") as file:
        data = bytearray(file.read()[offset:])
    if hasattr(torch, "frombuffer"):
        return torch.frombuffer(data, dtype=torch.uint8)
    return torch.tensor(list(data), dtype=torch.uint8)  # before 1.10


def images(path):
    return load(path, 16).reshape(-1, 784).to(torch.float32) / 255


train_x, train_y = images(request["train_images"]), load(request["train_labels"], 8).long()
test_x, test_y = images(request["test_images"]), load(request["test_labels"], 8).long()


def optimizer(case, parameters):
    o = case["optimizer"]
    decay = o["WeightDecay"]
    if o["Name"] == "SGD":
        return fastest(torch.optim.SGD, parameters, lr=o["LR"], momentum=o["Momentum"], weight_decay=decay)
    if o["Name"] == "Adagrad":
        return fastest(torch.optim.Adagrad, parameters, lr=o["LR"], eps=o["Eps"], weight_decay=decay)
    if o["Name"] == "Adadelta":
        return torch.optim.Adadelta(parameters, lr=o["LR"], rho=o["Rho"], eps=o["Eps"], weight_decay=decay)
    return fastest(torch.optim.Adam, parameters, lr=o["LR"], betas=(o["Beta1"], o["Beta2"]), eps=o["Eps"], weight_decay=decay)


def fastest(kind, parameters, **constants):
    """The fused update where this version has one for processors."""
    parameters = list(parameters)
    try:
        return kind(parameters, fused=True, **constants)
    except (TypeError, RuntimeError):
        return kind(parameters, **constants)


def measure(model, hidden, test_x, test_y):
    """Accuracy, sparsity and selectivity, layers averaged."""
    with torch.no_grad():
        correct, kept = 0, [[] for _ in hidden]
        for start in range(0, len(test_x), 1000):
            a = test_x[start:start + 1000]
            layer = 0
            for module in model:
                a = module(a)
                if isinstance(module, torch.nn.Sigmoid):
                    kept[layer].append(a)
                    layer += 1
            correct += int((a.argmax(1) == test_y[start:start + 1000]).sum())
        sparsity = selectivity = 0.0
        counts = torch.bincount(test_y, minlength=10).double()
        for parts in kept:
            a = torch.cat(parts)
            root = a.shape[1] ** 0.5
            sparsity += float(((root - a.sum(1) / a.square().sum(1).sqrt()) / (root - 1)).mean())
            means = torch.zeros(10, a.shape[1], dtype=torch.float64).index_add_(0, test_y, a.double()) / counts[:, None]
            top = means.max(0).values
            rest = (means.sum(0) - top) / 9
            selectivity += float(((top - rest) / (top + rest)).mean())
    return correct / len(test_y), sparsity / len(kept), selectivity / len(kept)


def run(case):
    torch.manual_seed(1)
    modules, width = [], 784
    if case["conv"]:
        side, channels = 28, 1
        modules.append(torch.nn.Unflatten(1, (1, side, side)))
        for out in case["conv"]:
            modules += [torch.nn.Conv2d(channels, out, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
            channels, side = out, side // 2
        modules.append(torch.nn.Flatten())
        width = channels * side * side
    for units in case["hidden"]:
        modules += [torch.nn.Linear(width, units), torch.nn.Sigmoid()]
        width = units
    model = torch.nn.Sequential(*modules, torch.nn.Linear(width, 10))
    train, test = case["train"], case["test"]
    x, y = train_x[:train], train_y[:train]
    opt, loss_of, batch = optimizer(case, model.parameters()), torch.nn.CrossEntropyLoss(), case["batch"]
    wall, cpu = [], []
    for _ in range(case["epochs"]):
        begin = time.perf_counter(), time.process_time()
        order = torch.randperm(len(x))
        for start in range(0, len(x), batch):
            index = order[start:start + batch]
            opt.zero_grad(set_to_none=True)
            loss = loss_of(model(x[index]), y[index])
            loss.backward()
            opt.step()
        accuracy, _, _ = measure(model, case["hidden"], test_x[:test], test_y[:test])
        wall.append(time.perf_counter() - begin[0])
        cpu.append(time.process_time() - begin[1])
    return {"wall": wall, "cpu": cpu, "accuracy": accuracy}


def blas():
    """The BLAS in use: libraries that are mapped into this process, and what PyTorch says was built into it."""
    names = set()
    try:
        with open("/proc/self/maps") as maps:
            for line in maps:
                name = os.path.basename(os.path.realpath(line.split()[-1]))
                if "libtorch" not in name and any(word in name.lower() for word in ("blas", "mkl", "blis")):
                    names.add(name)
    except OSError:
        pass
    built = torch.__config__.show() if hasattr(torch, "__config__") else ""
    for mark, name in (("Math Kernel Library", "MKL, built in"), ("BLAS_INFO=mkl", "MKL, built in"), ("BLAS_INFO=open", "OpenBLAS, built in")):
        if mark in built:
            names.add(name)
    return sorted(names)


torch.mm(torch.ones(64, 64), torch.ones(64, 64))
print(json.dumps({"version": torch.__version__, "blas": blas()}), flush=True)
for line in sys.stdin:
    try:
        answer = run(json.loads(line))
    except Exception as error:
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer), flush=True)
