"""Writes the reference figures of one model on one text, computed by transformers in float32 on the CPU.

noisefloor's tests compare themselves with these: the tokens, the log-likelihood of every
window, and what two ways of rounding the weights to 4 bits cost.
"""

import argparse
import copy
import hashlib
import math
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer

from checkpoint import load_checkpoint, write_json
from evaluation import log_probabilities, split_windows, token_nll

SMALLEST_SCALE = 1e-10  # keeps a row of zeros from dividing by zero


def round_asymmetric(weight: torch.Tensor, bits: int = 4, group: int = 64) -> torch.Tensor:
    """Rounds groups of `group` inputs to 2^bits levels between their own least and greatest value.

    The range is not extended to contain 0. torch.round rounds half to even.
    """
    levels = 2**bits - 1
    x = weight.view(weight.shape[0], -1, group)
    least, greatest = x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
    scale = ((greatest - least) / levels).clamp(min=SMALLEST_SCALE)
    zero = (-torch.round(least / scale)).clamp(0, levels)
    rounded = ((torch.round(x / scale) + zero).clamp(0, levels) - zero) * scale
    return rounded.view_as(weight)


def round_cube_root(weight: torch.Tensor, bits: int = 4) -> torch.Tensor:
    """Rounds the cube roots of each output row to 2^bits - 1 levels that lie evenly around 0."""
    largest = 2 ** (bits - 1) - 1
    y = torch.sign(weight) * weight.abs().pow(1 / 3)
    scale = (y.abs().amax(-1, keepdim=True) / largest).clamp(min=SMALLEST_SCALE)
    return (torch.round(y / scale).clamp(-largest, largest) * scale) ** 3


VARIANTS = {"w4 asym group 64": round_asymmetric, "w4 cube-root channel": round_cube_root}


def with_rounded_weights(model: torch.nn.Module, rounding) -> torch.nn.Module:
    """A copy whose linear layers in the decoder blocks have rounded weights; biases stay."""
    variant = copy.deepcopy(model)
    for name, module in variant.named_modules():
        # The output layer shares the token embedding and is no part of a block.
        if isinstance(module, torch.nn.Linear) and name != "lm_head":
            module.weight.data = rounding(module.weight.data)
    return variant


def compare(model: torch.nn.Module, windows: torch.Tensor) -> dict:
    """Log-likelihoods of the model, and of each variant together with its distance from the model."""
    variants = {name: with_rounded_weights(model, rounding) for name, rounding in VARIANTS.items()}
    window_nll = []
    sums = {name: {"nll": 0.0, "kl": 0.0, "top1": 0.0} for name in variants}
    for window in windows.split(1):
        base = log_probabilities(model, window)
        window_nll.append(token_nll(base, window).sum().item())
        for name, variant in variants.items():
            other = log_probabilities(variant, window)
            sums[name]["nll"] += token_nll(other, window).sum().item()
            sums[name]["kl"] += (base.exp() * (base - other)).sum().item()
            sums[name]["top1"] += (base.argmax(-1) == other.argmax(-1)).sum().item()

    scored = windows.shape[0] * (windows.shape[1] - 1)
    total = math.fsum(window_nll)
    result = {
        "tokens_scored": scored,
        "window_nll": window_nll,
        "total_nll": total,
        "nll": total / scored,
        "ppl": math.exp(total / scored),
    }
    for name, sum_of in sums.items():
        means = {metric: value / scored for metric, value in sum_of.items()}
        result[name] = {"nll": means["nll"], "ppl": math.exp(means["nll"]), **means}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--text", type=Path, required=True, help="UTF-8 text")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--out", type=Path, required=True, help=".json to write")
    args = parser.parse_args()

    data = args.text.read_bytes()
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    ids = tokenizer.encode(data.decode("utf-8"), add_special_tokens=False).ids
    windows = split_windows(torch.tensor(ids), args.context)
    result = {
        "model": args.model.name,
        "text": args.text.name,
        "text_sha256": hashlib.sha256(data).hexdigest(),
        "text_bytes": len(data),
        "tokens": len(ids),
        "first_ids": ids[:16],
        "context": args.context,
        "windows": len(windows),
        **compare(load_checkpoint(args.model), windows),
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_json(result, args.out)
    rows = ", ".join(f"{name}: kl {result[name]['kl']:.5f}" for name in VARIANTS)
    print(f"{args.out}: {len(windows)} windows, ppl {result['ppl']:.3f}, {rows}")


if __name__ == "__main__":
    main()
