"""Turns a corpus of books into one row of token ids, each book followed by the end-of-text token."""

import argparse
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from corpus import END_OF_TEXT, paragraph_chunks, read_public_domain_books


def encode(tokenizer: Tokenizer, text: str) -> np.ndarray:
    """The ids of a text, as int16: the vocabulary has 4096 entries."""
    pieces = tokenizer.encode_batch_fast(paragraph_chunks(text), add_special_tokens=False)
    return np.concatenate([np.array(piece.ids, dtype=np.int16) for piece in pieces])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="books, .txt or .xz")
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    parser.add_argument("--out", type=Path, required=True, help=".npz to write: ids, text_bytes, books")
    args = parser.parse_args()

    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    end_of_text = np.array([tokenizer.token_to_id(END_OF_TEXT)], dtype=np.int16)
    books = read_public_domain_books(args.corpus)
    rows = []
    for book in books:
        rows += [encode(tokenizer, book.text), end_of_text]
    ids = np.concatenate(rows)
    text_bytes = sum(book.byte_count() for book in books)
    np.savez(args.out, ids=ids, text_bytes=text_bytes, books=len(books))
    print(f"{args.out}: {len(ids):,} tokens, {text_bytes / len(ids):.3f} bytes per token")


if __name__ == "__main__":
    main()
