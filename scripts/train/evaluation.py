"""Log-likelihoods over windows of a text, as noisefloor counts them.

A text is cut into non-overlapping windows of `context` tokens. A tail shorter than that is
dropped, no special tokens are added, and the first token of a window is not scored.
"""

import torch
import torch.nn.functional as F


def split_windows(ids: torch.Tensor, context: int) -> torch.Tensor:
    """[tokens] -> [windows, context]"""
    count = len(ids) // context
    return ids[: count * context].view(count, context).long()


def log_probabilities(model, windows: torch.Tensor) -> torch.Tensor:
    """[windows, context] -> [windows, context - 1, vocabulary]: one row per scored token.

    The model runs in its own precision; the softmax is taken in float64, so that sums over
    many tokens carry no error of their own.
    """
    with torch.no_grad():
        logits = model(input_ids=windows, use_cache=False).logits
    if not torch.isfinite(logits).all():
        raise FloatingPointError("the model gives logits that are not finite")
    return F.log_softmax(logits[:, :-1].double(), dim=-1)


def token_nll(log_probs: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
    """[windows, context - 1]: negative log-likelihood of each scored token, in nats."""
    return -log_probs.gather(-1, windows[:, 1:, None]).squeeze(-1)


def mean_nll(model, ids: torch.Tensor, context: int, batch: int) -> float:
    """Mean negative log-likelihood of the scored tokens of a text, in nats."""
    windows = split_windows(ids, context)
    total = sum(
        token_nll(log_probabilities(model, block), block).sum().item() for block in windows.split(batch)
    )
    return total / (len(windows) * (context - 1))
