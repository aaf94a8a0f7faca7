"""DeBERTa-v2 and v3 classifiers without the waste: the same numbers, on the checkpoint's weights.

Four things are saved (He et al. 2021 for the attention itself). Tokens of all pairs stand in one
row, padded only inside the attention. The projections of relative positions are made once, and
only for distances that occur, laid out so that a strided view takes the place of a gather. The
first layer's projections are made once for every distinct token. The last layer computes the first
token alone, which is all the classifier reads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional
from transformers.models.deberta_v2 import modeling_deberta_v2 as family


def packed_deberta(network: Any) -> PackedDeberta | None:
    """Return the fast form of a classifier, or None if it is no DeBERTa of the usual make."""
    if not isinstance(network, family.DebertaV2ForSequenceClassification):
        return None
    inner: Any = network.deberta
    attention = inner.encoder.layer[0].attention.self
    usual = (
        attention.relative_attention
        and set(attention.pos_att_type) == {"c2p", "p2c"}
        and inner.encoder.conv is None
        and inner.embeddings.position_embeddings is None
        and inner.embeddings.token_type_embeddings is None
        and inner.z_steps == 0
    )
    return PackedDeberta(network) if usual else None


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Where the tokens of pairs stand: ``kept`` in the padded row, ``spread`` back, ``first``.

    ``buckets`` are those of the distances -(length - 1) to length - 1; ``there`` (pair, token) is
    false for padding, None without any.
    """

    pairs: int
    length: int
    kept: Tensor
    spread: Tensor
    first: Tensor
    there: Tensor | None
    buckets: Tensor


@final
class PackedDeberta:
    """Computes logits (pair, label) from token ids, on the modules of a loaded checkpoint."""

    def __init__(self, network: Any) -> None:
        self._network, self._inner = network, network.deberta
        attention = self._inner.encoder.layer[0].attention.self
        self._heads, self._span = attention.num_attention_heads, attention.pos_ebd_size
        self._scale = 1 / math.sqrt(attention.attention_head_size * 3)
        self._tables: list[tuple[Tensor, Tensor]] = []

    def logits(self, rows: Sequence[Sequence[int]], device: torch.device) -> Tensor:
        """Return the logits of pairs, each a row of token ids with its markers."""
        batch = self._batch([len(row) for row in rows], device)
        ids = torch.tensor([token for row in rows for token in row], device=device)
        words, places = torch.unique(ids, return_inverse=True)
        distinct = self._embed(words)
        layers = self._inner.encoder.layer
        hidden, projected = distinct[places], self._project(layers[0], distinct, places)
        for k, layer in enumerate(layers[:-1]):
            context = self._attend(batch, projected, self._positions[k])
            hidden = _feed(layer, context, hidden)
            if k + 2 < len(layers):
                projected = self._project(layers[k + 1], hidden, None)
        return self._last(batch, hidden)

    def _embed(self, words: Tensor) -> Tensor:
        embeddings = self._inner.embeddings
        found: Tensor = embeddings.word_embeddings(words)
        if embeddings.embed_proj is not None:
            found = embeddings.embed_proj(found)
        return embeddings.LayerNorm(found)  # type: ignore[no-any-return]

    def _batch(self, lengths: Sequence[int], device: torch.device) -> _Batch:
        longest = max(lengths)
        there = torch.arange(longest, device=device) < torch.tensor(lengths, device=device)[:, None]
        flat = there.view(-1)
        spread = (flat.cumsum(0) - 1).clamp(min=0)
        config = self._inner.encoder
        probe = torch.empty(longest, 1, device=device)
        relative = family.build_relative_position(
            probe, probe, config.position_buckets, config.max_relative_positions
        )[0]
        return _Batch(
            len(lengths),
            longest,
            flat.nonzero().squeeze(1),
            spread,
            spread[::longest],
            None if min(lengths) == longest else there,
            torch.cat([relative[0].flip(0), relative[1:, 0]]),
        )

    @property
    def _positions(self) -> list[tuple[Tensor, Tensor]]:
        """The scaled keys and queries of every bucket, (bucket, head, size), for every layer."""
        if not self._tables:
            encoder = self._inner.encoder
            known = encoder.get_rel_embedding()[: 2 * self._span]
            for layer in encoder.layer:
                own = layer.attention.self
                shared = own.share_att_key
                key = (own.key_proj if shared else own.pos_key_proj)(known)
                query = (own.query_proj if shared else own.pos_query_proj)(known)
                shape = (len(known), self._heads, -1)
                self._tables.append(
                    (key.view(shape) * self._scale, query.view(shape) * self._scale)
                )
        return self._tables

    def _project(self, layer: Any, rows: Tensor, places: Tensor | None) -> tuple[Tensor, ...]:
        own = layer.attention.self
        made = (own.query_proj(rows), own.key_proj(rows), own.value_proj(rows))
        return made if places is None else tuple(each[places] for each in made)

    def _heads_of(self, batch: _Batch, rows: Tensor) -> Tensor:
        """Return (pair, head, token, size) of the rows of all tokens."""
        padded = rows if batch.there is None else rows[batch.spread]
        return padded.view(batch.pairs, batch.length, self._heads, -1).transpose(1, 2)

    def _attend(
        self, batch: _Batch, projected: tuple[Tensor, ...], positions: tuple[Tensor, Tensor]
    ) -> Tensor:
        query, key, value = (self._heads_of(batch, rows) for rows in projected)
        keys, queries = self._rows_of(batch.buckets.flip(0), positions)
        bias = _by_distance(query, keys) + _by_distance(key, queries).transpose(-1, -2)
        context = self._mix(batch, query, key, value, bias)
        flat = context.transpose(1, 2).reshape(batch.pairs * batch.length, -1)
        return flat if batch.there is None else flat[batch.kept]

    def _rows_of(self, buckets: Tensor, positions: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return keys and queries of distances, each (head, size, distance)."""
        most = 2 * self._span - 1
        keys = positions[0][(buckets + self._span).clamp(0, most)]
        queries = positions[1][(self._span - buckets).clamp(0, most)]
        return keys.permute(1, 2, 0), queries.permute(1, 2, 0)

    def _mix(
        self, batch: _Batch, query: Tensor, key: Tensor, value: Tensor, bias: Tensor
    ) -> Tensor:
        if batch.there is not None:
            bias = bias.masked_fill(~batch.there[:, None, None, :], -torch.inf)
        return functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias, scale=self._scale
        )

    def _last(self, batch: _Batch, hidden: Tensor) -> Tensor:
        """Return the logits: the last layer, of the first token of every pair only."""
        layer, positions = self._inner.encoder.layer[-1], self._positions[-1]
        own, first = layer.attention.self, hidden[batch.first]
        query = own.query_proj(first).view(batch.pairs, self._heads, 1, -1)
        key = self._heads_of(batch, own.key_proj(hidden))
        value = self._heads_of(batch, own.value_proj(hidden))
        back = batch.buckets[: batch.length].flip(0)
        keys, _ = self._rows_of(back, positions)
        _, queries = self._rows_of(batch.buckets[batch.length - 1 :], positions)
        bias = query @ keys + (key * queries.transpose(-1, -2)).sum(-1)[:, :, None, :]
        context = self._mix(batch, query, key, value, bias).reshape(batch.pairs, -1)
        pooled = self._network.pooler(_feed(layer, context, first)[:, None])
        return self._network.classifier(pooled)  # type: ignore[no-any-return]


def _feed(layer: Any, context: Tensor, hidden: Tensor) -> Tensor:
    attended = layer.attention.output(context, hidden)
    return layer.output(layer.intermediate(attended), attended)  # type: ignore[no-any-return]


def _by_distance(rows: Tensor, table: Tensor) -> Tensor:
    """Return products (…, i, j) of row i with the column of ``table`` for the distance i - j.

    The columns of ``table`` run from the greatest distance to the least, so that row i of what is
    wanted begins one column to the left of row i - 1: a view with a stride one less.
    """
    pairs, heads, length, size = rows.shape
    made = torch.bmm(rows.permute(1, 0, 2, 3).reshape(heads, pairs * length, size), table)
    width = table.shape[-1]
    strides = (length * width, pairs * length * width, width - 1, 1)
    return made.as_strided((pairs, heads, length, length), strides, length - 1)
