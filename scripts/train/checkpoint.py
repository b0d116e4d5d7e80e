"""Makes the models and writes them in the plain Hugging Face layout."""

import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, OPTConfig
from transformers.utils import logging

logging.disable_progress_bar()

TOKENIZER_IDS = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None}


def opt_fields(vocab_size: int, context: int, hidden: int, layers: int, heads: int, ffn: int) -> dict:
    """config.json of an OPT decoder: LayerNorm before each part, ReLU, learned positions, biases."""
    return {
        "architectures": ["OPTForCausalLM"],
        "model_type": "opt",
        "vocab_size": vocab_size,
        "hidden_size": hidden,
        "word_embed_proj_dim": hidden,
        "ffn_dim": ffn,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "max_position_embeddings": context,
        "activation_function": "relu",
        "do_layer_norm_before": True,
        "layer_norm_elementwise_affine": True,
        "enable_bias": True,
        "tie_word_embeddings": True,
        "dropout": 0.0,
        "attention_dropout": 0.0,
        "layerdrop": 0.0,
        "init_std": 0.02,
        **TOKENIZER_IDS,
    }


def llama_fields(
    vocab_size: int, context: int, hidden: int, layers: int, heads: int, kv_heads: int, ffn: int
) -> dict:
    """config.json of a Llama decoder: RMSNorm, gated SiLU, rotary positions, grouped queries."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocab_size,
        "hidden_size": hidden,
        "intermediate_size": ffn,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": hidden // heads,
        "max_position_embeddings": context,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "tie_word_embeddings": True,
        "initializer_range": 0.02,
        **TOKENIZER_IDS,
    }


def new_model(fields: dict) -> torch.nn.Module:
    """A model with random weights in float32."""
    config_class = {"opt": OPTConfig, "llama": LlamaConfig}[fields["model_type"]]
    return AutoModelForCausalLM.from_config(config_class(**fields), dtype=torch.float32)


def write_checkpoint(model: torch.nn.Module, fields: dict, tokenizer: Path, folder: Path) -> None:
    """Writes config.json, model.safetensors (float16) and tokenizer.json."""
    folder.mkdir(parents=True, exist_ok=True)
    # The output layer shares the token embedding, so it isn't stored a second time.
    weights = {
        name: tensor.detach().to("cpu", torch.float16).contiguous()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise FloatingPointError(f"{name} does not fit into float16")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = {**fields, "torch_dtype": "float16", "transformers_version": transformers.__version__}
    write_json(config, folder / "config.json")
    shutil.copyfile(tokenizer, folder / "tokenizer.json")


def load_checkpoint(folder: Path) -> torch.nn.Module:
    """The written model, computing in float32 with the plain (eager) attention."""
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    return model.eval()


def write_json(value: dict, path: Path) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
