"""Any encoder of transformers as sentence embeddings: the mean of its last layer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from stance.errors import MissingExtraError, ScorerError
from stance.scorers.embedding import Encoder, unit
from stance.scorers.progress_bars import no_progress_bars

MOST = 512
"""Most tokens that are read of a text, markers included; fewer where the model reads fewer."""
_POOLING = "1_Pooling/config.json"
_AT_ONCE = 32


def open_encoder(model: str, *, threads: int = 0) -> Encoder:
    """Return an encoder; only safetensors, never code that came with it.

    Args:
        model: A local folder, ``ORG/NAME`` or ``ORG/NAME@REVISION``; the layout of
            sentence-transformers is understood if it pools by the mean.
        threads: Threads of torch; 0 leaves them as they are.

    Raises:
        ScorerError: It cannot be loaded, or pools in another way than by the mean.
        MissingExtraError: torch or transformers is not installed.
    """
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtraError(f"the encoder {model}", "hf") from error
    place, _, revision = (model, "", "") if Path(model).is_dir() else model.partition("@")
    _check_pooling(place, revision or None)
    options: dict[str, Any] = {"revision": revision or None, "trust_remote_code": False}
    try:
        with no_progress_bars():
            tokenizer = transformers.AutoTokenizer.from_pretrained(place, **options)
            network = transformers.AutoModel.from_pretrained(
                place, **options, use_safetensors=True, dtype=torch.float32
            )
    except Exception as error:  # transformers raises whatever its parts do
        reason = " ".join(str(error).split())[:200]
        raise ScorerError(
            f"{model}: cannot be loaded as an encoder with safetensors weights: {reason}"
        ) from error
    reader = _Reader(network.eval(), tokenizer, threads)
    return Encoder(reader.encode, reader.truncated, _name_of(network, tokenizer))


def _check_pooling(place: str, revision: str | None) -> None:
    from transformers.utils.hub import cached_file

    try:
        found = cached_file(
            place,
            _POOLING,
            revision=revision,
            _raise_exceptions_for_missing_entries=False,
            _raise_exceptions_for_connection_errors=False,
        )
    except OSError:  # there is no such model: loading it says so better
        return
    if found is None:
        return
    pooling = json.loads(Path(found).read_text(encoding="utf-8"))
    modes = [name for name, on in pooling.items() if name.startswith("pooling_mode") and on is True]
    if modes not in ([], ["pooling_mode_mean_tokens"]):
        raise ScorerError(
            f"{place}: pools by {', '.join(modes)}; stance pools by the mean of the tokens, name "
            "an encoder that was trained so"
        )


def _name_of(network: Any, tokenizer: Any) -> str:
    """Return a digest of weights and tokenizer."""
    digest = blake2b(digest_size=16)
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    digest.update(tokenizer.backend_tokenizer.to_str().encode())
    return f"transformers:{digest.hexdigest()}"


@final
class _Reader:
    """Encodes texts of equal length together, so that nothing is padded."""

    def __init__(self, network: Any, tokenizer: Any, threads: int) -> None:
        self._network, self._tokenizer, self._threads = network, tokenizer, threads
        positions = getattr(network.config, "max_position_embeddings", MOST)
        offset = getattr(network.config, "pad_token_id", None) or 0
        within = positions - offset - 1 if "roberta" in network.config.model_type else positions
        self._most = min(MOST, within, tokenizer.model_max_length)

    def encode(self, texts: Sequence[str]) -> Float64[np.ndarray, "text width"]:
        """Return embeddings of length 1."""
        import torch

        width: int = self._network.config.hidden_size
        rows = np.zeros((len(texts), width))
        before = torch.get_num_threads()
        torch.set_num_threads(self._threads or before)
        try:
            for places, ids in self._alike(texts):
                with torch.inference_mode():
                    hidden = self._network(torch.tensor(ids)).last_hidden_state
                rows[places] = hidden.mean(dim=1).double().numpy()
        finally:
            torch.set_num_threads(before)
        return unit(rows)

    def truncated(self, texts: Sequence[str]) -> int:
        """Return how many texts lose their end."""
        return sum(len(ids) > self._most for ids in self._ids(texts))

    def _alike(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[list[int]]]]:
        cut = [_cut(ids, self._most) for ids in self._ids(texts)]
        by_length: dict[int, list[int]] = {}
        for place, ids in enumerate(cut):
            by_length.setdefault(len(ids), []).append(place)
        for same in by_length.values():
            for start in range(0, len(same), _AT_ONCE):
                places = same[start : start + _AT_ONCE]
                yield places, [cut[place] for place in places]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        backend = self._tokenizer.backend_tokenizer
        backend.no_padding()
        backend.no_truncation()
        return [encoding.ids for encoding in backend.encode_batch(list(texts))]


def _cut(ids: list[int], most: int) -> list[int]:
    return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]
