"""Subword tokenization: BPE and WordPiece, training and encoding.

Sources: Sennrich et al., "Neural Machine Translation of Rare Words with
Subword Units" (2016, arXiv 1508.07909), section 3.2; Schuster and Nakajima,
"Japanese and Korean Voice Search" (2012), section 3; Wu et al., "Google's
Neural Machine Translation System" (2016, arXiv 1609.08144), section 4.1;
Radford et al., "Language Models are Unsupervised Multitask Learners" (2019),
section 2.2.

A word is a string without blanks; how text is cut into words comes before.
"""

import itertools
from collections import Counter
from collections.abc import Mapping

Pair = tuple[str, str]


def split(word: str, prefix: str = "") -> list[str]:
    """Return the characters of a word, all but the first with a prefix."""
    return [word[:1], *(prefix + letter for letter in word[1:])]


def join(pair: Pair, prefix: str = "") -> str:
    """Return the symbol that a pair becomes; the second prefix goes."""
    return pair[0] + pair[1].removeprefix(prefix)


def merge(symbols: list[str], pair: Pair, prefix: str = "") -> list[str]:
    """Return the symbols with each occurrence of a pair made one symbol.

    From left to right: a a a with the pair (a, a) becomes aa a.
    """
    merged: list[str] = []
    place = 0
    while place < len(symbols):
        if tuple(symbols[place : place + 2]) == pair:
            merged.append(join(pair, prefix))
            place += 2
        else:
            merged.append(symbols[place])
            place += 1
    return merged


def train_bpe(
    words: Mapping[str, int], merges: int, prefix: str = ""
) -> tuple[list[str], list[Pair]]:
    """Return the vocabulary, in the order of its making, and the merges.

    words maps each word to how often it occurs. Each round makes the most
    frequent pair of neighbours one symbol; of equally frequent pairs the
    one whose symbols came first, as Hugging Face's trainers do. It ends
    early when no pair is left. Sennrich et al., algorithm 1, without their
    end-of-word sign. Raises ValueError for a count that is not positive.
    """
    if any(count <= 0 for count in words.values()):
        raise ValueError("words: every count must be positive")
    texts = {word: split(word, prefix) for word in words}
    letters = sorted({letter for word in words for letter in word})
    inside = {symbol for text in texts.values() for symbol in text}
    vocabulary = letters + sorted(inside - set(letters))
    rank = {symbol: place for place, symbol in enumerate(vocabulary)}
    made: list[Pair] = []
    while len(made) < merges:
        pairs: Counter[Pair] = Counter()
        for word, text in texts.items():
            for pair in itertools.pairwise(text):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], rank[p[0]], rank[p[1]]))
        made.append(best)
        symbol = join(best, prefix)
        if symbol not in rank:
            rank[symbol] = len(vocabulary)
            vocabulary.append(symbol)
        texts = {
            word: merge(text, best, prefix) for word, text in texts.items()
        }
    return vocabulary, made


def encode_bpe(word: str, merges: list[Pair]) -> list[str]:
    """Return the symbols of a word: the merges again, in their order."""
    symbols = split(word)
    order = {pair: place for place, pair in enumerate(merges)}
    while True:
        pairs = set(itertools.pairwise(symbols)) & set(order)
        if not pairs:
            return symbols
        symbols = merge(symbols, min(pairs, key=order.__getitem__))


def encode_wordpiece(
    word: str,
    vocabulary: set[str],
    prefix: str = "##",
    unknown: str = "[UNK]",
    longest: int = 100,
) -> list[str]:
    """Return the pieces of a word: always the longest that fits.

    A word with a place where no piece fits, or with more characters than
    longest, is unknown as a whole, as in BERT.
    """
    if len(word) > longest:
        return [unknown]
    pieces: list[str] = []
    start = 0
    while start < len(word):
        sign = prefix if start else ""
        for end in range(len(word), start, -1):
            if sign + word[start:end] in vocabulary:
                break
        else:
            return [unknown]
        pieces.append(sign + word[start:end])
        start = end
    return pieces


def byte_letters() -> list[str]:
    """Return a printable letter for each of the 256 bytes.

    GPT-2's table: a byte that is a printable Latin-1 character stands for
    itself, the others follow from U+0100 on.
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    letters, following = [], 256
    for byte in range(256):
        if byte in printable:
            letters.append(chr(byte))
        else:
            letters.append(chr(following))
            following += 1
    return letters


def to_byte_letters(text: str) -> str:
    """Return the UTF-8 bytes of a text, one letter each."""
    letters = byte_letters()
    return "".join(letters[byte] for byte in text.encode())
