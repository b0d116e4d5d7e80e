#!/usr/bin/python3
"""Seconds that the authors' own code takes for matrices that gptq_bench times: GPTQ.fasterquant of a
checkout of https://github.com/IST-DASLab/gptq on the CPU, the second moment given.

usage: OPENBLAS_NUM_THREADS=1 gptq_authors.py CHECKOUT [--group 64] [--rounds 3] OUT IN [OUT IN ...]
needs: python3-torch, libopenblas0 (Debian). --group -1: a scale a row."""
import argparse
import contextlib
import io
import sys
import time
import types

import torch

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("checkout")
parser.add_argument("sizes", type=int, nargs="+")
parser.add_argument("--group", type=int, default=64)
parser.add_argument("--rounds", type=int, default=3)
arguments = parser.parse_args()

torch.set_num_threads(1)
# The checkout takes one class of transformers, and waits for a GPU that is not there.
sys.modules["transformers"] = types.SimpleNamespace(Conv1D=type("Conv1D", (), {}))
torch.cuda.synchronize = torch.cuda.empty_cache = lambda *_: None
sys.path.insert(0, arguments.checkout)
with contextlib.redirect_stdout(io.StringIO()):
    from gptq import GPTQ
    from quant import Quantizer


def second_moment(features):
    """Of correlated inputs of unlike sizes, as gptq_bench has them."""
    x = torch.randn(features + 512, features)
    for c in range(1, features):
        x[:, c] = (0.5 * x[:, c - 1] + x[:, c]) * (5.0 if c % 50 == 0 else 1.0)
    return x.t() @ x * (2 / 32)


def seconds(out, features, moment):
    gptq = GPTQ(torch.nn.Linear(features, out, bias=False))
    gptq.quantizer = Quantizer()
    gptq.quantizer.configure(4, perchannel=True, sym=False, mse=False)
    gptq.H, gptq.nsamples = moment.clone(), 1
    start = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()):
        gptq.fasterquant(blocksize=128, percdamp=0.01, groupsize=arguments.group)
    return time.monotonic() - start


torch.manual_seed(0)
print(f"torch {torch.__version__}, 1 thread; best of {arguments.rounds} rounds\n")
print("| out x in | authors' code, s |\n|---|---|")
for out, features in zip(arguments.sizes[::2], arguments.sizes[1::2]):
    moment = second_moment(features)
    best = min(seconds(out, features, moment) for _ in range(arguments.rounds))
    print(f"| {out} x {features} | {best:.3f} |", flush=True)
