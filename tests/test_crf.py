"""The CRF, held to all paths one by one and to CRFsuite."""

from itertools import pairwise, product

import numpy as np
import pycrfsuite
import pytest

from finite_differences import derivative
from nlpnotes.crf import (
    backward,
    bio_allowed,
    crf_parameter_count,
    forward,
    gradients,
    logsumexp,
    marginals,
    memm_log_probability,
    negative_log_likelihood,
    path_score,
    viterbi,
)

# T positions, K labels; also one position, one label, and both.
SIZES = [
    (1, 1),
    (1, 4),
    (5, 1),
    (2, 2),
    (2, 5),
    (3, 3),
    (4, 2),
    (5, 3),
    (6, 4),
]


def case(T, K, seed=0, scale=2.0):
    """E, A, start, end, random."""
    rng = np.random.default_rng([T, K, seed])
    return [scale * rng.normal(size=n) for n in ((T, K), (K, K), (K,), (K,))]


def every_path(T, K):
    return [np.array(y) for y in product(range(K), repeat=T)]


def score_by_hand(y, E, A, start, end):
    """The score of a path, one addition at a time."""
    score = start[y[0]]
    for t, label in enumerate(y):
        score += E[t, label]
        if t > 0:
            score += A[y[t - 1], label]
    return score + end[y[-1]]


def probabilities(T, K, *scores):
    """Every path and its probability, by definition."""
    paths = every_path(T, K)
    weights = np.exp([score_by_hand(y, *scores) for y in paths])
    return paths, weights / weights.sum()


@pytest.fixture(params=SIZES, ids=str)
def size(request):
    return request.param


@pytest.fixture(params=range(3))
def scores(request, size):
    return case(*size, request.param)


# -- Held to all paths -------------------------------------------------------


def test_the_score_of_a_path_is_the_sum_of_its_parts(size, scores):
    for y in every_path(*size):
        expected = score_by_hand(y, *scores)
        assert path_score(y, *scores) == pytest.approx(expected, abs=1e-12)


def test_log_z_is_the_sum_over_all_paths(size, scores):
    weights = [np.exp(score_by_hand(y, *scores)) for y in every_path(*size)]
    log_Z = forward(*scores)[1]
    assert log_Z == pytest.approx(np.log(sum(weights)), abs=1e-10)


def test_alpha_sums_the_beginnings_and_beta_the_continuations(size, scores):
    T, K = size
    E, A, start, end = scores
    alpha, beta = forward(*scores)[0], backward(*scores)
    nothing = np.zeros(K)
    for t in range(T):
        for label in range(K):
            beginnings = sum(
                np.exp(score_by_hand([*y, label], E, A, start, nothing))
                for y in every_path(t, K)
            )
            continuations = sum(
                np.exp(
                    score_by_hand([label, *y], E[t:], A, nothing, end)
                    - E[t, label]
                )
                for y in every_path(T - 1 - t, K)
            )
            assert alpha[t, label] == pytest.approx(np.log(beginnings))
            assert beta[t, label] == pytest.approx(np.log(continuations))


def test_the_marginals_are_those_of_all_paths(size, scores):
    T, K = size
    nodes, edges = np.zeros((T, K)), np.zeros((T - 1, K, K))
    for y, p in zip(*probabilities(T, K, *scores), strict=True):
        nodes[np.arange(T), y] += p
        edges[np.arange(T - 1), y[:-1], y[1:]] += p
    found = marginals(*scores)
    np.testing.assert_allclose(found[0], nodes, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found[1], edges, rtol=0, atol=1e-12)


def test_scores_may_be_integers():
    whole = [np.round(part).astype(int) for part in case(4, 3)]
    floats = [part.astype(float) for part in whole]
    assert forward(*whole)[1] == forward(*floats)[1]
    np.testing.assert_array_equal(backward(*whole), backward(*floats))
    for ours, theirs in zip(
        marginals(*whole), marginals(*floats), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_viterbi_finds_the_best_of_all_paths(size, scores):
    paths = every_path(*size)
    best = max(paths, key=lambda y: score_by_hand(y, *scores))
    y, score = viterbi(*scores)
    np.testing.assert_array_equal(y, best)
    assert score == pytest.approx(score_by_hand(best, *scores), abs=1e-12)


def test_among_equals_the_smallest_labels_win_from_the_end():
    T, K, tied = 5, 3, 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        # Small integers: many paths have the very same score.
        scores = [
            rng.integers(0, 2, n).astype(float) for n in ((T, K), (K, K), K, K)
        ]
        paths = every_path(T, K)
        values = [score_by_hand(y, *scores) for y in paths]
        best = [
            y for y, v in zip(paths, values, strict=True) if v == max(values)
        ]
        tied += len(best) > 1
        first = min(best, key=lambda y: tuple(y[::-1]))
        np.testing.assert_array_equal(viterbi(*scores)[0], first)
    assert tied > 10


def test_the_likelihoods_of_all_paths_sum_to_one(size, scores):
    total = sum(
        np.exp(-negative_log_likelihood(y, *scores)) for y in every_path(*size)
    )
    assert total == pytest.approx(1, abs=1e-12)


# -- Gradients ---------------------------------------------------------------


@pytest.mark.parametrize("which", range(4), ids=["E", "A", "start", "end"])
def test_the_gradients_are_the_differences(size, scores, which):
    T, K = size
    y = np.random.default_rng(T).integers(K, size=T)

    def loss(value):
        changed = [*scores[:which], value, *scores[which + 1 :]]
        return np.array(negative_log_likelihood(y, *changed))

    found = gradients(y, *scores)[which]
    expected = derivative(loss, scores[which])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_a_pair_of_labels_counts_as_often_as_it_occurs():
    T, K = 6, 2
    y, zeros = np.zeros(T, dtype=int), np.zeros((K, K))
    dE, dA, _, _ = gradients(y, np.zeros((T, K)), zeros, zeros[0], zeros[0])
    # Five pairs, each expected in a quarter of the uniform paths.
    np.testing.assert_allclose(dA, [[5 / 4 - 5, 5 / 4], [5 / 4, 5 / 4]])
    np.testing.assert_allclose(dE, np.tile([-0.5, 0.5], (T, 1)))


def test_the_gradients_may_be_changed_one_at_a_time():
    results = gradients(np.array([0, 1, 1]), *case(3, 2))
    before = [g.copy() for g in results]
    results[2][:] = results[3][:] = 100
    np.testing.assert_array_equal(results[0], before[0])


# -- Numbers that are large, small or forbidden ------------------------------


def test_large_scores_neither_overflow_nor_vanish():
    E, A, start, end = case(50, 3)
    for shift in (1e4, -1e4):
        alpha, log_Z = forward(E + shift, A, start, end)
        assert np.isfinite(alpha).all()
        unshifted = forward(E, A, start, end)[1]
        assert log_Z == pytest.approx(unshifted + 50 * shift)
        nodes, edges = marginals(E + shift, A, start, end)
        np.testing.assert_allclose(nodes.sum(axis=1), 1)
        np.testing.assert_allclose(edges.sum(axis=(1, 2)), 1)


def test_logsumexp_of_nothing_allowed_is_minus_infinity():
    x = np.array([[-np.inf, -np.inf], [0.0, -np.inf], [1000.0, 1000.0]])
    expected = [-np.inf, 0, 1000 + np.log(2)]
    np.testing.assert_allclose(logsumexp(x, axis=1), expected)
    np.testing.assert_allclose(logsumexp(x.T, axis=0), expected)


@pytest.mark.parametrize("seed", range(5))
def test_a_forbidden_transition_is_never_taken(seed):
    T, K = 5, 3
    E, A, start, end = case(T, K, seed)
    allowed, beginning = bio_allowed(["B-人", "I-人", "O"])
    A, start = (
        np.where(allowed, A, -np.inf),
        np.where(beginning, start, -np.inf),
    )
    legal = [
        y for y in every_path(T, K) if y[0] != 1 and (2, 1) not in pairwise(y)
    ]
    assert 0 < len(legal) < K**T
    weights = [np.exp(score_by_hand(y, E, A, start, end)) for y in legal]
    assert forward(E, A, start, end)[1] == pytest.approx(np.log(sum(weights)))
    nodes, edges = marginals(E, A, start, end)
    np.testing.assert_array_equal(edges[:, 2, 1], 0)
    assert nodes[0, 1] == 0
    np.testing.assert_allclose(nodes.sum(axis=1), 1)
    best = max(legal, key=lambda y: score_by_hand(y, E, A, start, end))
    np.testing.assert_array_equal(viterbi(E, A, start, end)[0], best)
    dE, dA, dstart, dend = gradients(best, E, A, start, end)
    assert dA[2, 1] == dstart[1] == 0
    assert all(np.isfinite(g).all() for g in (dE, dA, dstart, dend))


def test_bio_allows_an_inside_only_after_its_own_type():
    labels = ["O", "B-人", "I-人", "B-地", "I-地"]
    allowed, beginning = bio_allowed(labels)
    pairs = {
        (labels[i], labels[j])
        for i, j in product(range(5), repeat=2)
        if not allowed[i, j]
    }
    assert pairs == {
        ("O", "I-人"),
        ("O", "I-地"),
        ("B-人", "I-地"),
        ("I-人", "I-地"),
        ("B-地", "I-人"),
        ("I-地", "I-人"),
    }
    assert beginning.tolist() == [True, True, False, True, False]


@pytest.mark.parametrize("label", ["", "X", "E-人", "B", "I人", "I-"])
def test_a_label_outside_bio_is_named(label):
    with pytest.raises(ValueError, match=r"^labels: .*B-X.*" + repr(label)):
        bio_allowed(["O", "B-人", label])


# -- The hidden Markov model is a special case -------------------------------


def hmm(seed, K=3, words=4):
    """Initial, transition and emission probabilities, random."""
    rng = np.random.default_rng(seed)
    return [
        rng.dirichlet(np.ones(n), m) for n, m in ((K, 1), (K, K), (words, K))
    ]


@pytest.mark.parametrize("seed", range(3))
def test_logarithms_of_an_hmm_give_its_joint_and_its_likelihood(seed):
    (pi,), P, B = hmm(seed)
    x = [3, 0, 1, 1]
    scores = np.log(B[:, x]).T, np.log(P), np.log(pi), np.zeros(3)
    total = 0
    for y in every_path(4, 3):
        joint = pi[y[0]] * B[y[0], x[0]]
        for t in range(1, 4):
            joint *= P[y[t - 1], y[t]] * B[y[t], x[t]]
        assert path_score(y, *scores) == pytest.approx(np.log(joint))
        total += joint
    assert forward(*scores)[1] == pytest.approx(np.log(total))


# -- Label bias: rib and rob -------------------------------------------------

# Lafferty et al. 2001, Figure 1: states 1, 2 spell ri, states 4, 5 ro, and
# both end in 3.
STATES, LETTERS = [1, 2, 4, 5, 3], "riob"
PATHS = {"rib": np.array([0, 1, 4]), "rob": np.array([2, 3, 4])}


def automaton(W):
    """The scores of a word as a function: E from W (K, letters), A, start."""
    A, start = np.full((5, 5), -np.inf), np.full(5, -np.inf)
    A[0, 1] = A[2, 3] = A[1, 4] = A[3, 4] = 0
    start[0] = start[2] = 0
    return lambda word: (W[:, [LETTERS.index(c) for c in word]].T, A, start)


@pytest.mark.parametrize("seed", range(5))
def test_no_weights_let_a_memm_see_the_letter_after_the_branch(seed):
    scores = automaton(np.random.default_rng(seed).normal(size=(5, 4)))
    for path in PATHS.values():
        rib, rob = (
            memm_log_probability(path, *scores(w)) for w in ("rib", "rob")
        )
        assert rib == rob
        E, _, start = scores("rob")
        first = memm_log_probability(path[:1], E[:1], np.zeros((5, 5)), start)
        assert rob == pytest.approx(first)


def test_a_trained_crf_tells_rib_from_rob():
    W = np.zeros((5, 4))
    for _ in range(50):
        scores = automaton(W)
        for word in ["rib", "rib", "rib", "rob", "rob"]:
            dE = gradients(PATHS[word], *scores(word), np.zeros(5))[0]
            columns = [LETTERS.index(c) for c in word]
            np.add.at(W.T, columns, -0.2 * dE)
    for word, path in PATHS.items():
        scores = (*automaton(W)(word), np.zeros(5))
        np.testing.assert_array_equal(viterbi(*scores)[0], path)
        assert np.exp(-negative_log_likelihood(path, *scores)) > 0.9


def test_a_memm_is_normalised_step_by_step(size, scores):
    E, A, start, _ = scores
    total = 0
    for y in every_path(*size):
        first, *rest = zip(y, E, strict=True)
        weights = np.exp(start + first[1])
        expected, before = weights[first[0]] / weights.sum(), first[0]
        for label, emission in rest:
            weights = np.exp(A[before] + emission)
            expected *= weights[label] / weights.sum()
            before = label
        found = np.exp(memm_log_probability(y, E, A, start))
        assert found == pytest.approx(expected)
        total += found
    assert total == pytest.approx(1)


# -- CRFsuite ----------------------------------------------------------------

CORPUS = [
    ("王 小 明 在 北 京", "B-人 I-人 I-人 O B-地 I-地"),
    ("小 明 爱 北 京", "B-人 I-人 O B-地 I-地"),
    ("在 上 海 见 王 明", "O B-地 I-地 O B-人 I-人"),
    ("北 海 在 上 海 北", "B-地 I-地 O B-地 I-地 O"),
    ("王 京 见 小 海", "B-人 I-人 O B-人 I-人"),
    ("明", "O"),
]


def attributes(sentence):
    """What CRFsuite sees at each position: the character, its neighbour."""
    marked = ["<s>", *sentence, "</s>"]
    return [
        {f"here={c}": 1.0, f"left={left}": 0.5, f"right={right}": 1.5}
        for left, c, right in zip(marked, sentence, marked[2:], strict=False)
    ]


@pytest.fixture(scope="module", params=[0.01, 1.0], ids="c2={}".format)
def tagger(request, tmp_path_factory):
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {"c1": 0, "c2": request.param, "feature.possible_transitions": True}
    )
    for sentence, labels in CORPUS:
        trainer.append(attributes(sentence.split()), labels.split())
    path = str(tmp_path_factory.mktemp("crfsuite") / "model")
    trainer.train(path)
    tagger = pycrfsuite.Tagger()
    tagger.open(path)
    return tagger


def weights_of(tagger, sentence):
    """Turn CRFsuite's weights into E, A, start, end; it has no ends."""
    info, labels = tagger.info(), tagger.labels()
    K = len(labels)
    A = np.array(
        [[info.transitions.get((i, j), 0.0) for j in labels] for i in labels]
    )
    E = np.array(
        [
            [
                sum(
                    value * info.state_features.get((name, label), 0.0)
                    for name, value in here.items()
                )
                for label in labels
            ]
            for here in attributes(sentence)
        ]
    )
    assert np.abs(A).min() > 0
    return E, A, np.zeros(K), np.zeros(K)


# Seen and unseen, short and long, with characters it does not know.
SENTENCES = [
    *(sentence.split() for sentence, _ in CORPUS),
    list("王"),
    list("海上"),
    list("他爱小北京"),
    list("王小明在北京见上海王京爱明" * 4),
]


@pytest.mark.parametrize("sentence", SENTENCES, ids="".join)
def test_crfsuite_finds_the_same_labels(tagger, sentence):
    y, _ = viterbi(*weights_of(tagger, sentence))
    found = [tagger.labels()[label] for label in y]
    assert found == tagger.tag(attributes(sentence))


@pytest.mark.parametrize("sentence", SENTENCES, ids="".join)
def test_crfsuite_finds_the_same_probabilities(tagger, sentence):
    scores, labels = weights_of(tagger, sentence), tagger.labels()
    K = len(labels)
    tagger.set(attributes(sentence))
    nodes, _ = marginals(*scores)
    theirs = [
        [tagger.marginal(label, t) for label in labels]
        for t in range(len(sentence))
    ]
    # It dumps its weights with six decimals.
    np.testing.assert_allclose(nodes, theirs, rtol=0, atol=1e-5)
    rng = np.random.default_rng(len(sentence))
    for y in [viterbi(*scores)[0], rng.integers(K, size=len(sentence))]:
        ours = np.exp(-negative_log_likelihood(y, *scores))
        assert ours == pytest.approx(
            tagger.probability([labels[label] for label in y]),
            rel=1e-4,
            abs=0,
        )


# -- What is refused ---------------------------------------------------------

WRONG = {"E": (3,), "A": (3, 1), "start": (1,), "end": (4,)}
FUNCTIONS = {
    "forward": forward,
    "backward": backward,
    "marginals": marginals,
    "viterbi": viterbi,
    "score": lambda *s: path_score(np.zeros(4, int), *s),
    "likelihood": lambda *s: negative_log_likelihood(np.zeros(4, int), *s),
    "gradients": lambda *s: gradients(np.zeros(4, int), *s),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_shape_is_named(function, name):
    arguments = dict(zip(WRONG, case(4, 3), strict=True))
    arguments[name] = np.zeros(WRONG[name])
    with pytest.raises(ValueError, match=f"^{name}: expected the shape"):
        function(*arguments.values())


@pytest.mark.parametrize("name", ["E", "A", "start"])
def test_a_wrong_shape_is_named_by_the_memm(name):
    arguments = dict(zip(WRONG, case(4, 3), strict=True))
    del arguments["end"]
    arguments[name] = np.zeros(WRONG[name])
    with pytest.raises(ValueError, match=f"^{name}: expected the shape"):
        memm_log_probability(np.zeros(4, int), *arguments.values())


TAKES_LABELS = {
    "score": path_score,
    "likelihood": negative_log_likelihood,
    "gradients": gradients,
    "memm": lambda y, E, A, start, _end: memm_log_probability(y, E, A, start),
}


@pytest.mark.parametrize("function", TAKES_LABELS.values(), ids=TAKES_LABELS)
@pytest.mark.parametrize(
    "y", [[0, 1, 3], [0, -1, 1], [0.0, 1.0, 2.0], [True, False, True]], ids=str
)
def test_labels_are_integers_in_range(function, y):
    with pytest.raises(ValueError, match=r"^y: .*from 0 to 2"):
        function(np.array(y), *case(3, 3))


@pytest.mark.parametrize("function", TAKES_LABELS.values(), ids=TAKES_LABELS)
def test_there_are_as_many_labels_as_positions(function):
    with pytest.raises(ValueError, match=r"^y: expected the shape \(3\)"):
        function(np.array([0, 1]), *case(3, 3))


def test_labels_may_be_a_list_and_unsigned():
    scores = case(3, 3)
    expected = score_by_hand([0, 2, 1], *scores)
    for y in ([0, 2, 1], np.array([0, 2, 1], dtype=np.uint8)):
        assert path_score(y, *scores) == pytest.approx(expected)


@pytest.mark.parametrize(
    "y", [[2, 1, 1, 2], [1, 1, 2, 2]], ids=["transition", "beginning"]
)
def test_labels_that_are_forbidden_have_no_gradient(y):
    E, A, start, end = case(4, 3)
    allowed, beginning = bio_allowed(["B-人", "I-人", "O"])
    A, start = (
        np.where(allowed, A, -np.inf),
        np.where(beginning, start, -np.inf),
    )
    assert negative_log_likelihood(y, E, A, start, end) == np.inf
    with pytest.raises(ValueError, match=r"^y: .*forbidden"):
        gradients(y, E, A, start, end)


@pytest.mark.parametrize("function", [forward, viterbi, marginals])
def test_a_lattice_without_a_path_is_refused(function):
    E, A, start, end = case(3, 2)
    with pytest.raises(ValueError, match="they forbid every path"):
        function(E, np.full_like(A, -np.inf), start, end)


def test_the_parameters_are_counted():
    K = 7
    _, A, start, end = case(2, K)
    assert crf_parameter_count(K) == A.size + start.size + end.size


def test_the_peer_trains_by_l_bfgs_unless_told_otherwise():
    # The number of vectors that L-BFGS remembers is a parameter of it alone.
    assert "num_memories" in pycrfsuite.Trainer(verbose=False).params()
    other = pycrfsuite.Trainer("l2sgd", verbose=False)
    assert "num_memories" not in other.params()
