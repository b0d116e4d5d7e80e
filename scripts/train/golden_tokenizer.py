"""Writes what Hugging Face's tokenizers make of a list of awkward texts, one JSON line each.

The texts are written for this purpose. Characters that an editor could change or hide are
given as escapes, and the output is plain ASCII.
"""

import argparse
import json
from pathlib import Path

from tokenizers import Tokenizer

SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "It was nearly noon when the two of them came down from the attic.",
    "Nobody had opened the window since the spring, and the room smelled of dust.",
    "She counted the steps twice: forty-one going up, forty-two coming down.",
    'He asked, "Is this the road to the harbour?" and nobody answered.',
    "A noise floor is what remains when the signal has been taken away.",
    "the same words without a capital",
    "THE SAME WORDS IN CAPITALS",
    "tHe SaMe WoRdS iN bOtH",
    "Unquestionably, antidisestablishmentarianism is a long word.",
    "Rain, rain; rain - rain... rain!",
    "One sentence. Another one! A third? Yes.",
    "A very long line " * 12,
    "a",
    "A",
    " a",
    "a ",
    "I",
    " ",
    "",
]

CONTRACTIONS = [
    "I'm sure they're here, but we've seen that he'd go and she'll stay.",
    "It's John's; don't, can't, won't, isn't.",
    "I'M SURE THEY'RE HERE, WE'VE, HE'D, SHE'LL, DON'T",
    "'s't're've'm'll'd",
    " 's 't 're 've 'm 'll 'd",
    "o'clock, ma'am, rock'n'roll, the '90s",
    "It\u2019s a curly apostrophe, and they\u2019re \u2018quoted\u2019.",
    "''s ''t",
    "dogs' bones",
]

PUNCTUATION = [
    "!!!",
    "?!?!?!",
    "...",
    "....",
    "\u2026",
    "Wait... what?!",
    "-- and --- and ----",
    "em\u2014dash and en\u2013dash",
    "#$%&*+/<=>@\\^_`{|}~",
    "(((nested)))",
    "[a][b][c]",
    "a,b;c:d.e",
    "_italic_ and __bold__ and *stars*",
    "# Heading\n\n## Another\n\n- item\n- item\n",
    "https://example.org/path?query=1&other=two#part",
    "someone@example.org",
    "f(x) = x**2 + 3*x - 1;",
    "if (a < b && c >= d) { return a[i]->next; }",
    "\"\"\" ''' ```",
    "\u00abguillemets\u00bb \u201elow\u201c \u201chigh\u201d",
    "\u00a1Hola! \u00bfQu\u00e9 tal?",
    " .",
    ". ",
    " ,word",
    "word ,",
]

# White space that the pre-tokenizer knows, and code points that only look like it.
WHITE_SPACE = [
    "  ",
    "   ",
    "two  spaces",
    "three   spaces",
    "  leading",
    "trailing  ",
    "\t",
    "\ttab",
    "tab\tbetween",
    "tabs\t\tbetween",
    " \tspace and tab",
    "\t tab and space",
    "\n",
    "\n\n",
    "\n\n\n",
    "line\nbreak",
    "paragraph\n\nbreak",
    "three\n\n\nbreaks",
    "space before \nbreak",
    "space after\n break",
    "spaces after\n   break",
    "dos\r\nbreak",
    "old\rbreak",
    "\r\n\r\n",
    "vertical\u000btab",
    "form\u000cfeed",
    "file\u001cseparator unit\u001fseparator",
    "next\u0085line",
    "\u0085",
    "no\u00a0break",
    "no\u00a0\u00a0break twice",
    " \u00a0mixed\u00a0 ",
    "ogham\u1680space",
    "mongolian\u180evowel separator",
    "\u180e",
    "en\u2002space em\u2003space",
    "\u2003\u2003leading em spaces",
    "thin\u2009space hair\u200aspace",
    "zero\u200bwidth space",
    "zero\u200cwidth non-joiner zero\u200dwidth joiner",
    "line\u2028separator paragraph\u2029separator",
    "narrow\u202fno-break",
    "mathematical\u205fspace",
    "word\u2060joiner",
    "ideographic\u3000space",
    "\u3000\u3000\u4e2d\u6587",
    "\ufeffbyte order mark",
    "end with all \t\n\u00a0\u2003\u3000",
]

NUMBERS = [
    "0",
    "7",
    "42",
    "1234567890",
    "3.14159",
    "-1.5e-10",
    "1,000,000",
    "12:34:56",
    "2001-02-03",
    "room101 is 4u",
    "x86-64",
    "50% of $20 is $10",
    "1st 2nd 3rd 4th",
    "\u00bd \u00be \u2153",
    "x\u00b2 + y\u00b3",
    "\u2160 \u2164 \u2169",
    "\u0660\u0661\u0662\u0663",
    "\u0967\u0968\u0969",
    "\uff11\uff12\uff13",
    "\u2460\u2461",
]

LETTERS = [
    "caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u00fcber \u00e5ngstr\u00f6m",
    "cafe\u0301 with a combining accent",
    "\u0301alone",
    "a\u0300\u0301\u0302\u0303",
    "Z\u0351\u036b\u0343\u036aalgo",
    "\u00df \u1e9e \u0130 \u0131",
    "\u0141\u00f3d\u017a, \u010cesk\u00e9 Bud\u011bjovice, Kj\u00f8benhavn",
    "\ufb01ligature \ufb00",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
    "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03ba\u03cc\u03c3\u03bc\u03b5",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u0627\u0644\u0633\u064e\u0651\u0644\u0627\u0645\u064f",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002",
    "\u3053\u3093\u306b\u3061\u306f\u3001\u30ab\u30bf\u30ab\u30ca",
    "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "mixed\u4e2d\u6587and English",
    "\U00020000\U0002a6d6 rare characters",
    "\U0001d400\U0001d41a\U0001d7d8 mathematical letters",
    "\U00010330\U00010348 Gothic",
    "\u02b0 \u02bc \u00aa \u00ba",
]

SYMBOLS = [
    "\U0001f600",
    "\U0001f600\U0001f601 faces",
    "a\U0001f600b",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family",
    "\U0001f44d\U0001f3fd thumbs",
    "\u2764\ufe0f heart",
    "\U0001f1e9\U0001f1ea flag",
    "1\ufe0f\u20e3 keycap",
    "\u20ac \u00a3 \u00a5 \u00a9 \u00ae \u2122 \u00b0",
    "\u2200x \u2208 \u211d: \u221ax \u2260 \u221e",
    "\u2192 \u21d2 \u2022 \u25a0",
]

CONTROLS = [
    "\u0000",
    "nul\u0000inside",
    "\u0001\u0002\u0003",
    "bell\u0007back\u0008space",
    "\u001b[31mred\u001b[0m",
    "\u007fdelete",
    "\u0080\u009f",
    "soft\u00adhyphen",
    "right\u200fto\u200eleft",
    "\u202eoverride\u202c",
    "\ufffd replacement",
    "\ufffe\uffff noncharacters",
    "\ue000 private \U0010ffff last",
    "unassigned \u0378 \U000e0001",
]

SPECIAL = [
    "<|endoftext|>",
    "before<|endoftext|>after",
    "before <|endoftext|> after",
    "<|endoftext|><|endoftext|>",
    "\n<|endoftext|>\n",
    "'<|endoftext|>'s",
    "<|endoftext|",
    "|endoftext|>",
    "<|ENDOFTEXT|>",
    "<|endof text|>",
    "<<|endoftext|>>",
    "<s></s><unk><pad>",
]

TEXTS = (
    SENTENCES
    + CONTRACTIONS
    + PUNCTUATION
    + WHITE_SPACE
    + NUMBERS
    + LETTERS
    + SYMBOLS
    + CONTROLS
    + SPECIAL
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True, help="tokenizer.json")
    parser.add_argument("--out", type=Path, required=True, help=".jsonl to write")
    args = parser.parse_args()

    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("w", encoding="ascii") as file:
        for text in TEXTS:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            file.write(json.dumps({"text": text, "ids": ids}, separators=(",", ":")) + "\n")
    print(f"{args.out}: {len(TEXTS)} texts")


if __name__ == "__main__":
    main()
