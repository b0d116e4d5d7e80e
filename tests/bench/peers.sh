#!/usr/bin/env bash
# Times the same work in noisefloor and in programs of other people, in turn: perplexity of 8 windows of 512 tokens on one
# thread, wall time of the whole process, best of all rounds.
set -euo pipefail

usage() {
  cat <<'END'
usage: tests/bench/peers.sh [--noisefloor PROGRAM] [--peer NAME=LLAMA_PERPLEXITY]... [--rounds N] [--out DIR]

PROGRAM: build/release/bin/noisefloor, beside which make_random_checkpoint must stand, unless told otherwise.
--peer: the llama-perplexity of a build of llama.cpp, or of a program derived from it, under a name of yours; may be given
several times; its models are written by a Python that has numpy. DIR keeps the model, 0.2 GB, and for peers 0.6 GB more; by
default it is taken away at the end.

The model is a Llama of random weights: hidden 768 x 12 layers, intermediate 2048, vocabulary 32,000.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
program=$root/build/release/bin/noisefloor
peers=()
rounds=5
out=
while (($# > 0)); do
  case $1 in
    --noisefloor) program=$2 ;;
    --peer) peers+=("$2") ;;
    --rounds) rounds=$2 ;;
    --out) out=$2 ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift 2
done
for peer in "${peers[@]}"; do
  if [[ $peer != *=* || ! -x ${peer#*=} ]]; then
    echo "peers: --peer $peer: NAME=PROGRAM is wanted, a program that can be run" >&2
    exit 2
  fi
done
if [ ! -x "$program" ]; then
  echo "peers: $program is not there: scripts/build.sh release noisefloor make_random_checkpoint" >&2
  exit 2
fi

if [ -z "$out" ]; then
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
log=$out/log
if [ ! -f "$out/model/config.json" ]; then
  cat >"$out/config.json" <<'END'
{"model_type": "llama", "hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 12,
 "num_attention_heads": 12, "num_key_value_heads": 12, "max_position_embeddings": 2048, "rms_norm_eps": 1e-5,
 "vocab_size": 32000}
END
  "$(dirname "$program")/make_random_checkpoint" --config "$out/config.json" --out "$out/model" >"$log" 2>&1
fi
python3 - "$out" <<'END'
import array
import random
import struct
import sys

random.seed(1)
ids = array.array("i", (random.randrange(3, 259) for _ in range(4096)))
header = b"{'descr': '<i4', 'fortran_order': False, 'shape': (4096,), }"
header += b" " * (53 - len(header) % 64 + 64 * (len(header) % 64 > 53)) + b"\n"
with open(sys.argv[1] + "/ids.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + ids.tobytes())
with open(sys.argv[1] + "/text.txt", "w") as file:
    file.write("".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(4200)))
END

arms=()
for arithmetic in f32 bf16 w8a8 w8a8+bf16; do
  # A CPU that has not got one refuses it with exit code 2.
  if "$program" perplexity --model "$out/model" --ids "$out/ids.npy" --context 512 --windows 1 --threads 1 \
    --arithmetic "$arithmetic" >"$log" 2>&1; then
    arms+=("noisefloor $arithmetic")
  else
    tail -n 1 "$log" >&2
  fi
done
python=python3
python3 -c "import numpy" 2>"$log" || python=/usr/bin/python3
for peer in "${peers[@]}"; do
  for kind in f16 bf16 q8_0; do
    [ -f "$out/$kind.gguf" ] || "$python" "$root/tests/bench/write_gguf.py" "$out/model" "$out/$kind.gguf" "$kind"
    arms+=("$peer $kind")
  done
done

run_arm() {
  local name=${1% *} kind=${1##* }
  if [ "$name" = noisefloor ]; then
    "$program" perplexity --model "$out/model" --ids "$out/ids.npy" --context 512 --threads 1 --arithmetic "$kind"
  else
    "${name#*=}" -m "$out/$kind.gguf" -f "$out/text.txt" -c 512 -b 512 --chunks 8 -t 1
  fi
}

declare -A best
for ((round = 0; round < rounds; round++)); do
  for arm in "${arms[@]}"; do
    start=$(date +%s%N)
    if ! run_arm "$arm" >"$log" 2>&1; then
      tail -n 5 "$log" >&2
      echo "peers: ${arm%%=*} ${arm##* } failed" >&2
      exit 1
    fi
    took=$((($(date +%s%N) - start) / 1000000))
    if [ -z "${best[$arm]:-}" ] || ((took < best[$arm])); then best[$arm]=$took; fi
  done
done

echo "| program | seconds | against noisefloor f32 |"
echo "|---|---|---|"
for arm in "${arms[@]}"; do
  label=$arm
  [[ $arm != *=* ]] || label="${arm%%=*} ${arm##* }"
  awk -v label="$label" -v ms="${best[$arm]}" -v own="${best[noisefloor f32]}" \
    'BEGIN { printf "| %s | %.2f | %.2f |\n", label, ms / 1000, own / ms }'
done
