"""BPE and WordPiece of the notes are those of Hugging Face tokenizers."""

import random
from collections import Counter
from itertools import combinations, pairwise
from math import exp, log

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from nlpnotes import tokenization
from nlpnotes.tokenization import (
    byte_letters,
    encode_bpe,
    encode_unigram,
    encode_wordpiece,
    expected_counts,
    merge,
    split,
    to_byte_letters,
    train_bpe,
    train_unigram,
    unigram_em_step,
)

CORPORA = {
    "sennrich": {"low": 5, "lower": 2, "newest": 6, "widest": 3},
    "ties": {"ab": 2, "ba": 2, "abab": 1, "baba": 1, "cc": 3},
    "repeats": {"aaaa": 3, "aaab": 2, "baaa": 1},
    # Overlapping pairs count twice, 12 against 11.
    "overlaps": {"aaa": 6, "bc": 11},
    "chinese": {"注意力": 5, "注意": 3, "注意力机制": 2, "机制": 4, "力": 1},
    "mixed": {"GPT模型": 2, "模型": 5, "BERT模型": 3, "GPT": 1, "语言": 2},
}


def text_of(words: dict[str, int]) -> str:
    return " ".join(" ".join([word] * count) for word, count in words.items())


def peer_bpe(words: dict[str, int], size: int) -> Tokenizer:
    peer = Tokenizer(models.BPE())
    peer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False)
    peer.train_from_iterator([text_of(words)], trainer)
    return peer


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("merges", [0, 1, 3, 8, 50])
def test_the_merges_are_those_of_the_peer(name: str, merges: int):
    words = CORPORA[name]
    vocabulary, made = train_bpe(words, merges)
    peer = peer_bpe(words, len(vocabulary))
    assert peer.get_vocab() == {v: i for i, v in enumerate(vocabulary)}
    for word in [*words, "lowest", "abba", "意力", "型语"]:
        letters = [letter for letter in word if letter in vocabulary]
        known = "".join(letters)
        if known:
            assert encode_bpe(known, made) == peer.encode(known).tokens


@pytest.mark.parametrize("seed", range(20))
def test_random_corpora_full_of_ties_give_the_same_merges(seed: int):
    draw = random.Random(seed)
    words = Counter(
        "".join(draw.choices("abcd", k=draw.randint(1, 6))) for _ in range(30)
    )
    vocabulary, made = train_bpe(words, 12)
    peer = peer_bpe(words, len(vocabulary))
    assert peer.get_vocab() == {v: i for i, v in enumerate(vocabulary)}
    for _ in range(30):
        word = "".join(draw.choices(sorted(set("".join(words))), k=7))
        assert encode_bpe(word, made) == peer.encode(word).tokens


def test_the_peer_drops_a_letter_it_has_never_seen():
    words = CORPORA["sennrich"]
    vocabulary, _ = train_bpe(words, 6)
    peer = peer_bpe(words, len(vocabulary))
    assert peer.encode("lowland").tokens == ["low", "l", "n", "d"]


def test_the_program_of_the_paper_takes_the_first_pair_it_meets():
    words = CORPORA["sennrich"]
    texts, made = {word: split(word) for word in words}, []
    for _ in range(5):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, text in texts.items():
            for pair in pairwise(text):
                pairs[pair] += words[word]
        made.append(max(pairs, key=pairs.__getitem__))
        texts = {word: merge(text, made[-1]) for word, text in texts.items()}
    ours = train_bpe(words, 5)[1]
    assert made[:4] == ours[:4]
    assert (made[4], ours[4]) == (("n", "e"), ("e", "w"))


def test_training_ends_when_no_pair_is_left():
    vocabulary, made = train_bpe({"ab": 1}, 10)
    assert (vocabulary, made) == (["a", "b", "ab"], [("a", "b")])
    assert train_bpe({}, 3) == ([], [])


def test_training_makes_as_many_merges_as_asked():
    words = CORPORA["sennrich"]
    for merges in range(9):
        vocabulary, made = train_bpe(words, merges)
        assert len(made) == merges
        assert len(vocabulary) == 10 + merges


@pytest.mark.parametrize("count", [0, -2])
def test_a_count_must_be_positive(count: int):
    with pytest.raises(ValueError, match="positive"):
        train_bpe({"ab": count}, 1)


def test_a_merge_goes_from_left_to_right():
    assert merge(list("aaa"), ("a", "a")) == ["aa", "a"]


# Hugging Face's order of equally frequent pairs is not fixed here: it
# numbers the ## symbols as a hash table happens to give the words.
@pytest.mark.parametrize("merges", [1, 2, 3])
def test_wordpiece_of_the_peer_is_trained_by_the_merges_of_bpe(merges: int):
    words = {"hugging": 10, "hugs": 7, "bugs": 4}
    vocabulary, _ = train_bpe(words, merges, "##")
    peer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    peer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=len(vocabulary), show_progress=False
    )
    peer.train_from_iterator([text_of(words)], trainer)
    assert set(peer.get_vocab()) == set(vocabulary)
    assert "##ug" in peer.get_vocab()
    assert "hu" not in peer.get_vocab()


def test_the_likelihood_would_choose_another_pair_first():
    def likelihood(texts: list[tuple[list[str], int]]) -> float:
        counts: Counter[str] = Counter()
        for text, n in texts:
            counts.update({s: n * c for s, c in Counter(text).items()})
        return sum(n * log(n / counts.total()) for n in counts.values())

    words = {"hugging": 10, "hugs": 7, "bugs": 4}
    texts = [(split(word, "##"), n) for word, n in words.items()]
    gain = {
        pair: likelihood([(merge(text, pair, "##"), n) for text, n in texts])
        - likelihood(texts)
        for text, _ in texts
        for pair in pairwise(text)
    }
    assert max(gain, key=gain.__getitem__) == ("h", "##u")


@pytest.mark.parametrize("seed", range(10))
def test_words_are_cut_as_the_peer_cuts_them(seed: int):
    draw = random.Random(seed)

    def word(length: int) -> str:
        return "".join(draw.choices("abc", k=length))

    pieces = {"a", "##b", "b", "##a", "##c"}
    pieces |= {word(draw.randint(1, 4)) for _ in range(6)}
    pieces |= {f"##{word(draw.randint(1, 4))}" for _ in range(6)}
    vocab = {piece: i for i, piece in enumerate(["[UNK]", *sorted(pieces)])}
    peer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    for _ in range(50):
        text = word(draw.randint(1, 9))
        assert encode_wordpiece(text, pieces) == peer.encode(text).tokens


def test_a_word_without_a_piece_is_unknown_as_a_whole():
    assert encode_wordpiece("abx", {"ab", "##b"}) == ["[UNK]"]
    assert encode_wordpiece("", {"a"}) == []


def test_a_long_word_is_unknown():
    vocab = {"[UNK]": 0, "a": 1, "##a": 2}
    peer = Tokenizer(
        models.WordPiece(
            vocab, unk_token="[UNK]", max_input_chars_per_word=100
        )
    )
    for length in (99, 100, 101):
        found = encode_wordpiece("a" * length, {"a", "##a"})
        assert found == peer.encode("a" * length).tokens


def test_the_letters_of_bytes_are_those_of_the_peer():
    assert set(byte_letters()) == set(pre_tokenizers.ByteLevel.alphabet())
    cut = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    for text in ("abc", "注意力", "naïve 🙂", "\n\t\x00\u00ad"):
        ((found, _),) = cut.pre_tokenize_str(text)
        assert to_byte_letters(text) == found


@pytest.mark.parametrize(
    ("alphabet", "size", "expected"),
    [
        ([], 38, ["å", "¤", "æ¨¡å", "ŀĭ"]),
        (
            pre_tokenizers.ByteLevel.alphabet(),
            276,
            ["å", "¤", "§", "æ¨¡å", "ŀĭ"],
        ),
    ],
)
def test_the_peer_drops_a_byte_unless_all_are_in_the_vocabulary(
    alphabet: list[str], size: int, expected: list[str]
):
    peer = Tokenizer(models.BPE())
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, show_progress=False
    )
    texts = ["自然语言处理", "自然语言", "语言模型", "语言处理"]
    peer.train_from_iterator(texts, trainer)
    assert peer.get_vocab_size() == size
    assert peer.encode("大模型").tokens == expected


def test_gpt2_cuts_text_into_classes_first():
    cut = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def parts(text: str) -> list[str]:
        spans = (span for _, span in cut.pre_tokenize_str(text))
        return [text[start:end] for start, end in spans]

    assert parts("it's 3 dogs!") == ["it", "'s", " 3", " dogs", "!"]
    assert parts("用NLP，写2019年") == ["用NLP", "，", "写", "2019", "年"]


# -- Unigram -----------------------------------------------------------------


def random_scores(draw: random.Random) -> dict[str, float]:
    pieces = {*"abc"} | {
        "".join(draw.choices("abc", k=draw.randint(2, 4))) for _ in range(8)
    }
    weights = {piece: draw.random() + 0.1 for piece in sorted(pieces)}
    total = sum(weights.values())
    return {piece: log(w / total) for piece, w in weights.items()}


def ways(word: str, scores: dict[str, float]) -> list[list[str]]:
    """Every way to cut a word into known pieces."""
    found = []
    for count in range(len(word)):
        for cuts in combinations(range(1, len(word)), count):
            edges = [0, *cuts, len(word)]
            pieces = [word[a:b] for a, b in pairwise(edges)]
            if all(piece in scores for piece in pieces):
                found.append(pieces)
    return found


@pytest.mark.parametrize("seed", range(10))
def test_unigram_cuts_words_as_the_peer_does(seed: int):
    draw = random.Random(seed)
    scores = random_scores(draw)
    peer = Tokenizer(models.Unigram([("?", -50.0), *scores.items()], 0))
    for _ in range(40):
        word = "".join(draw.choices("abc", k=draw.randint(1, 9)))
        assert encode_unigram(word, scores) == peer.encode(word).tokens


@pytest.mark.parametrize("seed", range(10))
def test_expected_counts_are_those_of_all_the_ways(seed: int):
    draw = random.Random(seed)
    scores = random_scores(draw)
    word = "".join(draw.choices("abc", k=7))
    chance = {
        tuple(way): exp(sum(scores[piece] for piece in way))
        for way in ways(word, scores)
    }
    total = sum(chance.values())
    counts: Counter[str] = Counter()
    for way, p in chance.items():
        for piece in way:
            counts[piece] += p / total
    likelihood, found = expected_counts(word, scores)
    assert likelihood == pytest.approx(log(total))
    assert found == pytest.approx(dict(counts))
    best = max(chance, key=chance.__getitem__)
    assert encode_unigram(word, scores) == list(best)


def test_the_peer_takes_two_steps_of_em_and_keeps_three_quarters():
    settings = repr(trainers.UnigramTrainer(show_progress=False))
    assert "n_sub_iterations=2, shrinking_factor=0.75" in settings
    assert "max_piece_length=16" in settings


def test_a_step_of_em_never_lowers_the_likelihood():
    words = CORPORA["sennrich"]
    seed = {w[a:b] for w in words for a in range(6) for b in range(a + 1, 7)}
    scores = dict.fromkeys(sorted(seed - {""}), -3.0)
    before = float("-inf")
    for _ in range(8):
        likelihood, scores = unigram_em_step(words, scores)
        assert likelihood >= before - 1e-9
        assert sum(map(exp, scores.values())) == pytest.approx(1)
        before = likelihood


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ({"ab": 0.6, "ba": 0.3, "abab": 0.1}, {"ab": 2 / 3, "ba": 1 / 3}),
        ({"ab": 0.3, "ba": 0.3, "abab": 0.4}, {"abab": 1 / 2, "ba": 1 / 2}),
    ],
)
def test_where_em_ends_depends_on_where_it_starts(
    start: dict[str, float], end: dict[str, float]
):
    scores = {piece: log(p) for piece, p in start.items()}
    for _ in range(400):
        likelihood, scores = unigram_em_step({"abab": 1, "ba": 1}, scores)
    assert {
        piece: exp(score) for piece, score in scores.items()
    } == pytest.approx(end, abs=1e-6)
    reached = -1.386 if "abab" in end else -1.910
    assert likelihood == pytest.approx(reached, abs=1e-3)


def test_em_by_itself_leaves_out_no_piece(monkeypatch):
    words = CORPORA["sennrich"]
    seed = {w[a:b] for w in words for a in range(6) for b in range(a + 1, 7)}
    equal = dict.fromkeys(sorted(seed - {""}), -log(46))
    for never, pieces in ((tokenization.NEVER, 5), (0, 46)):
        monkeypatch.setattr(tokenization, "NEVER", never)
        scores = equal
        for _ in range(5):
            _, scores = unigram_em_step(words, scores)
        assert len(scores) == pieces
    assert encode_unigram("lowest", scores) == ["low", "est"]


def test_the_likelihood_is_that_of_all_the_ways():
    words, scores = {"ab": 3, "aab": 2}, {"a": -1.0, "b": -1.5, "ab": -0.5}
    expected = sum(
        count
        * log(
            sum(exp(sum(scores[p] for p in way)) for way in ways(word, scores))
        )
        for word, count in words.items()
    )
    assert unigram_em_step(words, scores)[0] == pytest.approx(expected)


def test_each_round_takes_two_steps_of_em_and_drops_a_fifth(monkeypatch):
    words = {"abcdefgh": 1, "abcd": 2}
    letters = set("abcdefgh")
    long = {
        word[a:b]
        for word in words
        for a in range(len(word))
        for b in range(a + 2, len(word) + 1)
    }
    seen: list[set[str]] = []

    def record(words, scores):
        seen.append({piece for piece in scores if len(piece) > 1})
        # As they are, so that only the rounds take pieces away.
        return 0.0, dict(scores)

    monkeypatch.setattr(tokenization, "unigram_em_step", record)
    scores = train_unigram(words, sorted(letters | long), len(letters) + 15)
    sizes = [len(pieces) for pieces in seen]
    # 28, less 5, less 4, less 3; then one, for that is all there is in
    # excess; each size twice.
    assert sizes == [28, 28, 23, 23, 19, 19, 16, 16, 15, 15]
    assert letters < set(scores)
    assert len(scores) == len(letters) + 15


def test_a_round_drops_at_least_one_piece_and_no_more_than_it_must():
    words, pieces = {"abc": 1}, ["a", "b", "c", "ab", "bc", "abc"]
    rounds = []

    def record(words, scores):
        rounds.append(len(scores))
        return 0.0, dict(scores)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenization, "unigram_em_step", record)
        train_unigram(words, pieces, 4)
    assert rounds == [6, 6, 5, 5, 4, 4]


def test_a_seed_that_is_small_enough_stays_whole():
    assert set(train_unigram({"ab": 1}, ["a", "b", "ab"], 9)) == {
        "a",
        "b",
        "ab",
    }


def test_training_ends_when_only_characters_are_left():
    assert set(train_unigram({"ab": 1}, ["a", "b", "ab"], 1)) == {"a", "b"}


def test_the_piece_that_costs_least_goes_first():
    # ab is written often, bc and cd never.
    words = {"ab": 9, "c": 1, "d": 1}
    pieces = ["a", "b", "c", "d", "ab", "bc", "cd"]
    assert "ab" in train_unigram(words, pieces, 5)


def test_training_keeps_characters_and_the_pieces_that_matter_most():
    words = CORPORA["sennrich"]
    seed = {w[a:b] for w in words for a in range(6) for b in range(a + 1, 7)}
    scores = train_unigram(words, seed - {""}, 14)
    assert len(scores) <= 14
    for word in words:
        assert "".join(encode_unigram(word, scores)) == word
    assert encode_unigram("low", scores) == ["low"]
    assert max(map(len, scores)) > 1


def test_a_larger_vocabulary_has_a_piece_that_is_never_used():
    words = {"low": 5, "lower": 2, "lowest": 2, "new": 4, "newer": 3}
    words |= {"newest": 6, "wide": 3, "wider": 2, "widest": 3}
    seed = {w[a:b] for w in words for a in range(6) for b in range(a + 1, 7)}
    scores = train_unigram(words, sorted(seed - {""}), 20)
    assert "est" in scores
    assert all("est" not in encode_unigram(word, scores) for word in words)


def test_a_word_without_pieces_is_an_error():
    with pytest.raises(ValueError, match="abx"):
        encode_unigram("abx", {"a": -1.0, "b": -1.0})
    with pytest.raises(ValueError, match="abx"):
        expected_counts("abx", {"a": -1.0, "b": -1.0})
