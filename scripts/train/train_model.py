"""Trains one nano model for a given time and writes it as a float16 checkpoint with training.json."""

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import safetensors
import tokenizers
import torch
import torch.nn.functional as F
import transformers

from checkpoint import llama_fields, load_checkpoint, new_model, opt_fields, write_checkpoint, write_json
from evaluation import mean_nll

LOG_EVERY = 200  # steps


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=["opt", "llama"], required=True)
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    parser.add_argument("--train", type=Path, required=True, help=".npz of encode_corpus.py")
    parser.add_argument("--valid", type=Path, required=True, help=".npz of encode_corpus.py")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--seconds", type=float, required=True, help="training time")
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--kv-heads", type=int, default=2, help="llama only")
    parser.add_argument("--ffn", type=int, required=True, help="width of the feed-forward part")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--vocab-size", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=64, help="windows per step")
    parser.add_argument("--lr", type=float, default=1e-3, help="peak learning rate")
    parser.add_argument("--warmup", type=float, default=0.02, help="fraction of the time with a rising rate")
    parser.add_argument("--weight-decay", type=float, default=0.1, help="on matrices only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compile", action="store_true", help="use torch.compile")
    return parser.parse_args()


def config_fields(args: argparse.Namespace) -> dict:
    shape = (args.vocab_size, args.context, args.hidden, args.layers, args.heads)
    if args.family == "opt":
        return opt_fields(*shape, args.ffn)
    return llama_fields(*shape, args.kv_heads, args.ffn)


def training_batches(ids: torch.Tensor, context: int, batch: int) -> Iterator[torch.Tensor]:
    """Endless blocks [batch, context + 1]; one pass over the text is an epoch.

    Each epoch cuts the text at other places and takes the windows in another order.
    """
    positions = torch.arange(context + 1, device=ids.device)
    while True:
        offset = int(torch.randint(context, ()))
        count = (len(ids) - 1 - offset) // context
        starts = offset + context * torch.randperm(count).to(ids.device)
        for chosen in starts.split(batch):
            if len(chosen) == batch:
                yield ids[chosen[:, None] + positions].long()


def make_optimizer(model: torch.nn.Module, lr: float, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW that decays matrices, but neither biases nor the weights of norms."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), fused=True)


def lr_factor(fraction: float, warmup: float) -> float:
    """Linear warm-up, then a cosine down to 0, over the fraction of the time that has passed."""
    if fraction < warmup:
        return fraction / warmup
    rest = min(1.0, (fraction - warmup) / (1.0 - warmup))
    return 0.5 * (1.0 + math.cos(math.pi * rest))


def training_loss(model: torch.nn.Module, block: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cuda", torch.bfloat16):
        logits = model(input_ids=block[:, :-1], use_cache=False).logits
        return F.cross_entropy(logits.flatten(0, 1), block[:, 1:].flatten())


def train(model: torch.nn.Module, ids: torch.Tensor, args: argparse.Namespace) -> int:
    """Trains in place for args.seconds; returns the number of steps."""
    optimizer = make_optimizer(model, args.lr, args.weight_decay)
    batches = training_batches(ids, args.context, args.batch)
    loss_function = torch.compile(training_loss) if args.compile else training_loss
    # The first call may compile; that time is not part of the schedule.
    loss_function(model, next(batches)).backward()

    start = time.monotonic()
    step = 0
    while (fraction := (time.monotonic() - start) / args.seconds) < 1.0:
        for group in optimizer.param_groups:
            group["lr"] = args.lr * lr_factor(fraction, args.warmup)
        optimizer.zero_grad(set_to_none=True)
        loss = loss_function(model, next(batches))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        if step % LOG_EVERY == 0:
            tokens = step * args.batch * args.context
            rate = tokens / (time.monotonic() - start)
            print(f"{args.family}: step {step}, loss {loss.item():.4f}, {rate:,.0f} tokens/s", flush=True)
    return step


def main() -> None:
    args = parse_arguments()
    torch.manual_seed(args.seed)
    train_set, valid_set = np.load(args.train), np.load(args.valid)
    train_ids = torch.from_numpy(train_set["ids"]).cuda()
    valid_ids = torch.from_numpy(valid_set["ids"]).cuda()

    fields = config_fields(args)
    model = new_model(fields).cuda().train()
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{args.family}: {parameters:,} parameters", flush=True)
    steps = train(model, train_ids, args)
    write_checkpoint(model, fields, args.tokenizer, args.out)

    # What counts is the model as written, rounded to float16.
    nll = mean_nll(load_checkpoint(args.out).cuda(), valid_ids, args.context, batch=16)
    tokens = steps * args.batch * args.context
    bytes_per_token = int(valid_set["text_bytes"]) / len(valid_ids)
    record = {
        "parameters": parameters,
        "steps": steps,
        "tokens": tokens,
        "epochs": tokens / len(train_ids),
        "train_books": int(train_set["books"]),
        "train_bytes": int(train_set["text_bytes"]),
        "train_tokens": len(train_ids),
        "valid_books": int(valid_set["books"]),
        "valid_bytes": int(valid_set["text_bytes"]),
        "valid_tokens": len(valid_ids),
        "valid_nll": nll,
        "valid_ppl": math.exp(nll),
        "valid_bits_per_byte": nll / math.log(2) / bytes_per_token,
        "args": {
            name: value.name if isinstance(value, Path) else value for name, value in vars(args).items()
        },
        "versions": {
            module.__name__: module.__version__
            for module in (torch, transformers, tokenizers, safetensors)
        },
        "gpu": torch.cuda.get_device_name(),
    }
    write_json(record, args.out / "training.json")
    print(f"{args.family}: {steps} steps, nll {nll:.4f}, ppl {math.exp(nll):.3f}", flush=True)


if __name__ == "__main__":
    main()
