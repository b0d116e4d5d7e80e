"""Trains the byte-level BPE that both nano models share and writes it as tokenizer.json."""

import argparse
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from corpus import END_OF_TEXT, paragraph_chunks, read_public_domain_books


def train(texts: list[str], vocab_size: int) -> Tokenizer:
    """A GPT-2 style tokenizer: no normalizer, no prefix space; END_OF_TEXT has id 0."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[END_OF_TEXT],
        # All 256 bytes, so that every text can be tokenized.
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    chunks = (chunk for text in texts for chunk in paragraph_chunks(text))
    tokenizer.train_from_iterator(chunks, trainer)
    if tokenizer.get_vocab_size() != vocab_size or tokenizer.token_to_id(END_OF_TEXT) != 0:
        raise RuntimeError(f"unexpected vocabulary of {tokenizer.get_vocab_size()} entries")
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="books, .txt or .xz")
    parser.add_argument("--vocab-size", type=int, default=4096)
    parser.add_argument("--out", type=Path, required=True, help="tokenizer.json to write")
    args = parser.parse_args()

    texts = [book.text for book in read_public_domain_books(args.corpus)]
    tokenizer = train(texts, args.vocab_size)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(args.out))
    print(f"{args.out}: {tokenizer.get_vocab_size()} entries")


if __name__ == "__main__":
    main()
