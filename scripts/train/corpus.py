"""Reads the plain-text corpus of books and keeps those in the public domain.

The corpus is one UTF-8 file, plain or .xz. Each book begins with

    # Title: ...

    ## Author: ...

    ## Year: ...

    -------

The year is written as "1851", "170 AD" or "58 BC", and is that of the work, not of a
translation or of an edition. These header lines are not part of a book's text.
"""

import lzma
import re
from dataclasses import dataclass
from pathlib import Path

# Works published in 1928 or earlier are in the public domain in the United States.
LAST_YEAR = 1928

END_OF_TEXT = "<|endoftext|>"

HEADER = re.compile(
    r"^# Title: (?P<title>.*)\n\n## Author: (?P<author>.*)\n\n## Year:(?P<year>.*)\n\n-------\n",
    re.MULTILINE,
)


@dataclass
class Book:
    title: str
    year: int | None  # negative before Christ; None where the header states no year
    text: str

    def byte_count(self) -> int:
        return len(self.text.encode("utf-8"))


def parse_year(text: str) -> int | None:
    """The year as a number, or None if the text is not a year."""
    match = re.fullmatch(r"(\d+)( BC| AD)?", text.strip())
    if match is None:
        return None
    year = int(match.group(1))
    return -year if match.group(2) == " BC" else year


def read_books(path: Path) -> list[Book]:
    """All books of a corpus file, in its order."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        text = file.read()
    headers = list(HEADER.finditer(text))
    ends = [header.start() for header in headers[1:]] + [len(text)]
    return [
        Book(header["title"], parse_year(header["year"]), text[header.end() : end].strip() + "\n")
        for header, end in zip(headers, ends)
    ]


def is_public_domain(book: Book) -> bool:
    """A book that states no year does not count as public domain."""
    return book.year is not None and book.year <= LAST_YEAR


def read_public_domain_books(path: Path) -> list[Book]:
    """The books of LAST_YEAR or earlier; prints what was kept and what was dropped."""
    books = read_books(path)
    kept = [book for book in books if is_public_domain(book)]
    dropped = [book for book in books if not is_public_domain(book)]
    for name, group in (("kept", kept), ("dropped", dropped)):
        size = sum(book.byte_count() for book in group)
        print(f"{path.name}: {name} {len(group)} books, {size:,} bytes")
    for book in dropped:
        print(f"  dropped: {book.title} ({book.year or 'no year'})")
    return kept


def paragraph_chunks(text: str, size: int = 20_000) -> list[str]:
    """Cuts a text into pieces of at least `size` characters, so that pieces can be tokenized in parallel.

    A cut falls behind a blank line and before a character that is no white space. Within a
    piece the pre-tokenizer takes the two line breaks of a blank line apart; at the end of a
    piece it does not. So once in a piece two tokens can become one: 1 token in about 6,000.
    """
    chunks = []
    start = 0
    for match in re.finditer(r"\n\n(?=\S)", text):
        if match.end() - start >= size:
            chunks.append(text[start : match.end()])
            start = match.end()
    chunks.append(text[start:])
    return chunks
