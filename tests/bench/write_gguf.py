#!/usr/bin/env python3
"""Writes a Llama checkpoint of random weights as a GGUF file, for programs that read no other: see peers.sh.

write_gguf.py CHECKPOINT OUT.gguf f16|bf16|q8_0

The vocabulary has a token for each byte and no merges, so that a text of N bytes is N tokens and one or two more; what
they are makes no difference to the time.
"""

import json
import pathlib
import struct
import sys

import numpy as np

TYPES = {"f32": 0, "f16": 1, "q8_0": 8, "bf16": 30}
FILE_TYPES = {"f16": 1, "q8_0": 7, "bf16": 32}
ALIGNMENT = 32
U32, I32, F32, STRING, ARRAY = 4, 5, 6, 8, 9


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def field(key, kind, value):
    pack = {U32: "<I", I32: "<i", F32: "<f"}
    if kind == STRING:
        return text(key) + struct.pack("<I", kind) + text(value)
    return text(key) + struct.pack("<I", kind) + struct.pack(pack[kind], value)


def array(key, kind, values):
    head = text(key) + struct.pack("<IIQ", ARRAY, kind, len(values))
    if kind == STRING:
        return head + b"".join(map(text, values))
    return head + np.asarray(values, {F32: "<f4", I32: "<i4"}[kind]).tobytes()


def read_safetensors(directory):
    """Tensors in f32, by name."""
    tensors = {}
    for path in sorted(pathlib.Path(directory).glob("*.safetensors")):
        data = path.read_bytes()
        (size,) = struct.unpack_from("<Q", data)
        for name, info in json.loads(data[8 : 8 + size]).items():
            if name == "__metadata__":
                continue
            first, last = (8 + size + at for at in info["data_offsets"])
            raw = data[first:last]
            if info["dtype"] == "BF16":
                values = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
            else:
                values = np.frombuffer(raw, {"F16": "<f2", "F32": "<f4"}[info["dtype"]]).astype("<f4")
            tensors[name] = values.reshape(info["shape"])
    return tensors


def interleaved(weight, heads):
    """Rows of a rotary projection with the two halves of each head in turn, as GGUF has them."""
    rows, cols = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, cols).swapaxes(1, 2).reshape(rows, cols)


def encode(values, kind):
    if kind == "f32":
        return values.astype("<f4").tobytes()
    if kind == "f16":
        return values.astype("<f2").tobytes()
    if kind == "bf16":
        bits = np.ascontiguousarray(values, "<f4").view("<u4").astype("<u8")
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()
    blocks = values.reshape(-1, 32)
    scales = np.abs(blocks).max(axis=1) / 127
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
    out = np.zeros(len(blocks), [("scale", "<f2"), ("codes", "i1", 32)])
    out["scale"] = scales
    out["codes"] = np.rint(blocks * inverse[:, None])
    return out.tobytes()


def main(directory, out, kind):
    config = json.loads((pathlib.Path(directory) / "config.json").read_text())
    heads = config["num_attention_heads"]
    key_heads = config.get("num_key_value_heads", heads)
    vocabulary = config["vocab_size"]
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    kinds = [2, 3, 3] + [6] * 256
    tokens += [f"never{i}" for i in range(vocabulary - len(tokens))]
    kinds += [5] * (vocabulary - len(kinds))  # unused
    fields = [
        field("general.architecture", STRING, "llama"),
        field("general.name", STRING, "random"),
        field("general.alignment", U32, ALIGNMENT),
        field("general.file_type", U32, FILE_TYPES[kind]),
        field("llama.context_length", U32, config["max_position_embeddings"]),
        field("llama.embedding_length", U32, config["hidden_size"]),
        field("llama.block_count", U32, config["num_hidden_layers"]),
        field("llama.feed_forward_length", U32, config["intermediate_size"]),
        field("llama.attention.head_count", U32, heads),
        field("llama.attention.head_count_kv", U32, key_heads),
        field("llama.attention.layer_norm_rms_epsilon", F32, config.get("rms_norm_eps", 1e-6)),
        field("llama.rope.dimension_count", U32, config["hidden_size"] // heads),
        field("llama.rope.freq_base", F32, config.get("rope_theta", 10000.0)),
        field("llama.vocab_size", U32, vocabulary),
        field("tokenizer.ggml.model", STRING, "llama"),
        array("tokenizer.ggml.tokens", STRING, tokens),
        array("tokenizer.ggml.scores", F32, [0.0] * vocabulary),
        array("tokenizer.ggml.token_type", I32, kinds),
        field("tokenizer.ggml.unknown_token_id", U32, 0),
        field("tokenizer.ggml.bos_token_id", U32, 1),
        field("tokenizer.ggml.eos_token_id", U32, 2),
    ]
    tensors = read_safetensors(directory)
    head = "lm_head.weight" if "lm_head.weight" in tensors else "model.embed_tokens.weight"
    written = {
        "token_embd.weight": tensors["model.embed_tokens.weight"],
        "output_norm.weight": tensors["model.norm.weight"],
        "output.weight": tensors[head],
    }
    for layer in range(config["num_hidden_layers"]):
        of = f"model.layers.{layer}."
        to = f"blk.{layer}."
        written[to + "attn_norm.weight"] = tensors[of + "input_layernorm.weight"]
        written[to + "ffn_norm.weight"] = tensors[of + "post_attention_layernorm.weight"]
        written[to + "attn_q.weight"] = interleaved(tensors[of + "self_attn.q_proj.weight"], heads)
        written[to + "attn_k.weight"] = interleaved(tensors[of + "self_attn.k_proj.weight"], key_heads)
        written[to + "attn_v.weight"] = tensors[of + "self_attn.v_proj.weight"]
        written[to + "attn_output.weight"] = tensors[of + "self_attn.o_proj.weight"]
        for role in ("gate", "up", "down"):
            written[to + f"ffn_{role}.weight"] = tensors[of + f"mlp.{role}_proj.weight"]

    infos, data, offset = [], [], 0
    for name, values in written.items():
        own = "f32" if values.ndim == 1 else kind
        encoded = encode(values, own)
        shape = values.shape[::-1]
        infos.append(
            text(name)
            + struct.pack("<I", len(shape))
            + struct.pack(f"<{len(shape)}Q", *shape)
            + struct.pack("<IQ", TYPES[own], offset)
        )
        encoded += bytes(-len(encoded) % ALIGNMENT)
        data.append(encoded)
        offset += len(encoded)
    header = b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(fields)) + b"".join(fields + infos)
    with open(out, "wb") as file:
        file.write(header + bytes(-len(header) % ALIGNMENT))
        file.writelines(data)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[3] not in FILE_TYPES:
        sys.exit(__doc__)
    main(*sys.argv[1:])
