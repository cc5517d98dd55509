"""A whole Transformer as one ONNX graph, made of ONNX's own operators.

Attention, LayerNormalization, MatMul, Relu, Gather and Add: the graph knows
nothing of nlpnotes but the weights.
"""

import numpy as np
import onnxruntime
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from nlpnotes.transformer import (
    Attention,
    FeedForward,
    Norm,
    Transformer,
)

OPSET = 24


class Graph:
    """Nodes in the order in which they are added; an edge is its name."""

    def __init__(self) -> None:
        self.nodes, self.weights = [], []

    def add(self, operator: str, *inputs: str, **attributes: object) -> str:
        output = f"edge{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, inputs, [output], **attributes)
        )
        return output

    def weight(self, array: np.ndarray) -> str:
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def attention(
        self, X_q: str, X_kv: str, weights: Attention, h: int, mask: str
    ) -> str:
        Q, K, V = (
            self.add("MatMul", X, self.weight(W))
            for X, W in zip((X_q, X_kv, X_kv), weights[:3], strict=True)
        )
        # The edge of the mask is (B, 1, n, m): one for all heads.
        heads = self.add(
            "Attention", Q, K, V, mask, q_num_heads=h, kv_num_heads=h
        )
        return self.add("MatMul", heads, self.weight(weights.W_O))

    def feed_forward(self, X: str, weights: FeedForward) -> str:
        W_1, b_1, W_2, b_2 = (self.weight(array) for array in weights)
        inner = self.add("Add", self.add("MatMul", X, W_1), b_1)
        inner = self.add("Relu", inner)
        return self.add("Add", self.add("MatMul", inner, W_2), b_2)

    def add_norm(self, X: str, change: str, norm: Norm) -> str:
        total = self.add("Add", X, change)
        gain, bias = (self.weight(array) for array in norm)
        return self.add("LayerNormalization", total, gain, bias, axis=-1)


def positions(n: int, d_model: int) -> np.ndarray:
    """Section 3.5, entry by entry."""
    table = np.empty((n, d_model))
    for p in range(n):
        for column in range(d_model):
            angle = p / 10_000 ** (2 * (column // 2) / d_model)
            table[p, column] = np.cos(angle) if column % 2 else np.sin(angle)
    return table


def onnx_logits(
    model: Transformer,
    source: np.ndarray,
    target: np.ndarray,
    source_mask: np.ndarray,
    *,
    reference: bool = False,
) -> np.ndarray:
    """Return the logits (B, n, |V|) for source (B, m) and target (B, n).

    source_mask (B, 1, m). onnxruntime computes them, or the reference
    evaluator of onnx.
    """
    B, m = source.shape
    n = target.shape[1]
    d_model = model.embedding.shape[1]
    dtype = model.embedding.dtype
    graph = Graph()
    table = graph.weight(model.embedding)
    scale = graph.weight(np.array(np.sqrt(d_model), dtype))

    def embed(tokens: str, length: int) -> str:
        vectors = graph.add("Gather", table, tokens, axis=0)
        return graph.add(
            "Add",
            graph.add("Mul", vectors, scale),
            graph.weight(positions(length, d_model).astype(dtype)),
        )

    X, Y = embed("source", m), embed("target", n)
    for layer in model.encoder:
        change = graph.attention(X, X, layer.own, model.h, "source_mask")
        X = graph.add_norm(X, change, layer.own_norm)
        change = graph.feed_forward(X, layer.feed_forward)
        X = graph.add_norm(X, change, layer.feed_forward_norm)
    for layer in model.decoder:
        change = graph.attention(Y, Y, layer.own, model.h, "target_mask")
        Y = graph.add_norm(Y, change, layer.own_norm)
        change = graph.attention(Y, X, layer.cross, model.h, "cross_mask")
        Y = graph.add_norm(Y, change, layer.cross_norm)
        change = graph.feed_forward(Y, layer.feed_forward)
        Y = graph.add_norm(Y, change, layer.feed_forward_norm)
    columns = graph.weight(np.ascontiguousarray(model.embedding.T))
    logits = graph.add("MatMul", Y, columns)

    past = np.arange(n)[:, None] >= np.arange(n)
    feeds = {
        "source": source,
        "target": target,
        "source_mask": np.repeat(source_mask[:, None], m, axis=2),
        "target_mask": np.tile(past, (B, 1, 1, 1)),
        "cross_mask": np.repeat(source_mask[:, None], n, axis=2),
    }
    inputs = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for name, array in feeds.items()
    ]
    output = helper.make_tensor_value_info(
        logits, helper.np_dtype_to_tensor_dtype(dtype), None
    )
    proto = helper.make_model(
        helper.make_graph(
            graph.nodes, "transformer", inputs, [output], graph.weights
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=11,
    )
    if reference:
        return ReferenceEvaluator(proto).run(None, feeds)[0]
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)[0]
