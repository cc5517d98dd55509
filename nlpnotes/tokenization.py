"""Subword tokenization: BPE, WordPiece and Unigram.

Sources: Sennrich et al., "Neural Machine Translation of Rare Words with
Subword Units" (2016, arXiv 1508.07909), section 3.2; Schuster and Nakajima,
"Japanese and Korean Voice Search" (2012), section 3; Wu et al., "Google's
Neural Machine Translation System" (2016, arXiv 1609.08144), section 4.1;
Radford et al., "Language Models are Unsupervised Multitask Learners" (2019),
section 2.2; Kudo, "Subword Regularization" (2018, arXiv 1804.10959), section
3.2.

A word is a string without blanks; how text is cut into words comes before.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

Pair = tuple[str, str]

# A probability that no corpus tells from 0.
NEVER = 1e-30


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
    """Return the symbols of a word: the merges again, in their order.

    Short rather than fast: the merges are numbered anew for each word.
    """
    symbols = split(word)
    order = {pair: place for place, pair in enumerate(merges)}
    while True:
        pairs = [p for p in itertools.pairwise(symbols) if p in order]
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
    longest, is unknown as a whole, as in BERT. The default length is Hugging
    Face's; BERT's own code has 200.
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


def pieces_ending(
    word: str, end: int, scores: Mapping[str, float]
) -> Iterable[tuple[int, str]]:
    """Go through the pieces that may end there, with where they start."""
    for start in range(end):
        if word[start:end] in scores:
            yield start, word[start:end]


def encode_unigram(word: str, scores: Mapping[str, float]) -> list[str]:
    """Return the most probable pieces of a word.

    scores maps a piece to the logarithm of its probability; the pieces are
    drawn independently (Kudo, section 3.2), and the best way is found by
    Viterbi's algorithm. Raises ValueError when no pieces make the word.
    """
    best = [0.0] + [-np.inf] * len(word)
    last = [""] * (len(word) + 1)
    for end in range(1, len(word) + 1):
        for start, piece in pieces_ending(word, end, scores):
            score = best[start] + scores[piece]
            if score > best[end]:
                best[end], last[end] = score, piece
    pieces, end = [], len(word)
    while end:
        if not last[end]:
            raise ValueError(f"no pieces make {word}")
        pieces.append(last[end])
        end -= len(last[end])
    return pieces[::-1]


def expected_counts(
    word: str, scores: Mapping[str, float]
) -> tuple[float, Counter[str]]:
    """Return log p(word), and how often each piece occurs on average.

    Both go over all ways to cut the word, forwards and backwards, as in a
    hidden Markov model. Raises ValueError when no pieces make the word.
    """
    n = len(word)
    forward = np.full(n + 1, -np.inf)
    backward = np.full(n + 1, -np.inf)
    forward[0] = backward[n] = 0
    edges = [
        (start, end, piece)
        for end in range(1, n + 1)
        for start, piece in pieces_ending(word, end, scores)
    ]
    for start, end, piece in edges:
        forward[end] = np.logaddexp(
            forward[end], forward[start] + scores[piece]
        )
    for start, end, piece in sorted(edges, key=lambda edge: -edge[0]):
        backward[start] = np.logaddexp(
            backward[start], scores[piece] + backward[end]
        )
    if forward[n] == -np.inf:
        raise ValueError(f"no pieces make {word}")
    counts: Counter[str] = Counter()
    for start, end, piece in edges:
        share = forward[start] + scores[piece] + backward[end] - forward[n]
        counts[piece] += float(np.exp(share))
    return float(forward[n]), counts


def unigram_em_step(
    words: Mapping[str, int], scores: Mapping[str, float]
) -> tuple[float, dict[str, float]]:
    """Return the likelihood under the scores, and better scores.

    The likelihood is the sum of log p(word) over the corpus. New
    probabilities are the expected counts, divided by their sum: a step of
    EM, which never lowers the likelihood. Pieces that are less probable
    than NEVER are left out, which EM itself would not do. Raises ValueError
    when no pieces make a word.
    """
    likelihood, counts = 0.0, Counter()
    for word, times in words.items():
        value, found = expected_counts(word, scores)
        likelihood += times * value
        for piece, count in found.items():
            counts[piece] += times * count
    total = sum(counts.values())
    return likelihood, {
        piece: float(np.log(count / total))
        for piece, count in counts.items()
        if count > NEVER * total
    }


def train_unigram(
    words: Mapping[str, int], pieces: Iterable[str], size: int
) -> dict[str, float]:
    """Return the scores of a vocabulary of about that size.

    pieces is the seed, much too large on purpose; all its pieces are equally
    probable at first. Two steps of EM, then the fifth of the pieces whose
    loss would cost the likelihood least is dropped, and so on. Single
    characters stay, so that every word can be written: Kudo, section 3.2.
    Raises ValueError when no pieces make a word.
    """
    seed = list(pieces)
    scores = dict.fromkeys(seed, -float(np.log(len(seed))))
    unused = {
        letter: float(np.log(NEVER)) for word in words for letter in word
    }
    while True:
        for _ in range(2):
            _, scores = unigram_em_step(words, scores)
            scores = unused | scores
        long = [piece for piece in scores if len(piece) > 1]
        excess = len(scores) - size
        if excess <= 0 or not long:
            return scores
        loss = {
            piece: likelihood_without(words, scores, piece) for piece in long
        }
        drop = min(excess, max(1, len(long) // 5))
        for piece in sorted(long, key=lambda piece: -loss[piece])[:drop]:
            del scores[piece]


def likelihood_without(
    words: Mapping[str, int], scores: Mapping[str, float], piece: str
) -> float:
    """Return the corpus's log-likelihood when one piece is missing."""
    others = {one: score for one, score in scores.items() if one != piece}
    return sum(
        times * expected_counts(word, others)[0]
        for word, times in words.items()
    )
