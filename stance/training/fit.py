"""The training loop: checkpoints on disk, resumed where it stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast, final

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from stance.scorers.packing import Packed, Packer
from stance.scorers.torch_network import OnePassNetwork
from stance.training.distillation import Taught
from stance.training.labels import UNLABELLED
from stance.training.mixture import Group, Mixture
from stance.training.optimiser import adam_w, averaged
from stance.training.packing import Batch, shuffled, to_batch

Judge = Callable[[OnePassNetwork], dict[str, float]]
"""Returns development figures; the one called ``mean`` decides which checkpoint is best."""


@final
@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run depends on besides its data.

    ``start`` names the weights it began with: the SHA-256 of their file, or nothing for the base.
    ``replay``, ``roles`` and ``typos`` are those of the `Mixture`.
    ``bfloat16`` computes matrix products in bfloat16; weights and their updates stay float32.
    ``smoothing`` is the share of the loss that goes to equal probabilities (label smoothing),
    ``layer_decay`` what the rate is multiplied by from layer to layer downwards, ``average`` the
    decay of an exponential moving average of the weights, which is then what is judged and kept.
    ``teachers`` names the weights of an ensemble as ``start`` does; its answers make a share
    ``soft`` of the loss of a labelled pair. ``device`` is where torch computed.
    """

    pairs: int = 400_000
    rate: float = 1.2e-4
    warm_up: int = 60
    tokens: int = 2_600
    decay: float = 0.01
    clip: float = 1.0
    dropout: float = 0.1
    seed: int = 7
    bfloat16: bool = True
    start: str = ""
    replay: float = 1.0
    roles: int = 0
    typos: float = 0.0
    smoothing: float = 0.0
    layer_decay: float = 1.0
    average: float = 0.0
    teachers: tuple[str, ...] = ()
    soft: float = 0.0
    minutes_between: float = 16.0
    device: str = "cpu"


@final
@dataclass(slots=True)
class Progress:
    """How far a run is."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    pairs: int = 0
    seconds: float = 0.0
    best: float = float("-inf")


def pair_loss(
    logits: Tensor,
    labels: Tensor,
    weights: Tensor,
    *,
    smoothing: float = 0.0,
    taught: Tensor | None = None,
    soft: float = 0.0,
) -> Tensor:
    """Return the weighted mean of the cross entropy.

    The label ``not_entailment`` costs ``-log(1 - p(entailment))``. With ``smoothing`` that share of
    every label is spread over the three answers (Szegedy et al. 2016). A share ``soft`` of the loss
    of a labelled pair, and the whole of an unlabelled one, is the cross entropy with the
    probabilities ``taught`` (pair, 3).
    """
    log_p = F.log_softmax(logits, dim=-1)
    rest = torch.logsumexp(log_p[:, 1:], dim=-1)
    columns = torch.cat([log_p, rest[:, None], torch.zeros_like(rest[:, None])], dim=-1)
    assert columns.shape[1] == UNLABELLED + 1
    loss = -columns.gather(1, labels[:, None]).squeeze(1)
    loss = (1 - smoothing) * loss - smoothing * log_p.mean(dim=-1)
    if taught is not None:
        share = torch.where(labels == UNLABELLED, 1.0, soft)
        loss = (1 - share) * loss - share * (taught * log_p).sum(dim=-1)
    return (loss * weights).sum() / weights.sum()


@final
@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The answers a batch should have, in its order; ``taught`` (pair, 3) where teachers spoke."""

    labels: Tensor
    weights: Tensor
    taught: Tensor | None

    @classmethod
    def of(cls, batch: Sequence[Packed], groups: Sequence[Group]) -> Wanted:
        """Gather what the sequences of a batch ask of the groups."""
        places = [(groups[s.question], slice(s.first, s.first + len(s.block.ends))) for s in batch]
        answers = [answer for group, own in places for answer in group.answers[own]]
        taught = [group.taught[own] for group, own in places if group.taught is not None]
        return cls(
            torch.tensor([label for _, label, _ in answers]),
            torch.tensor([weight for _, _, weight in answers]),
            torch.from_numpy(np.concatenate(taught)) if taught else None,
        )

    def to(self, device: str) -> Wanted:
        """Return the same on a device."""
        taught = None if self.taught is None else self.taught.to(device)
        return Wanted(self.labels.to(device), self.weights.to(device), taught)


@final
class Run:
    """One run in a folder: ``last`` and ``best`` weights, optimiser state, progress and a log.

    A run may go on under another recipe; ``recipes.jsonl`` has a line for every start, with the
    number of pairs already seen.
    """

    def __init__(self, folder: Path, network: OnePassNetwork, recipe: Recipe) -> None:
        self.folder, self.network, self.recipe = folder, network.to(recipe.device), recipe
        self.progress = Progress()
        self.optimiser = adam_w(
            network, rate=recipe.rate, decay=recipe.decay, layer_decay=recipe.layer_decay
        )
        self.averaged = averaged(network, recipe.average) if recipe.average else None
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "progress.json").exists():
            self._resume()
        with (folder / "recipes.jsonl").open("a", encoding="utf-8") as legs:
            legs.write(json.dumps({"from": self.progress.pairs, **asdict(recipe)}) + "\n")

    def fit(self, mixture: Mixture | Taught, packer: Packer, judge: Judge) -> None:
        """Train until the recipe's number of pairs is seen; judge and save on the way."""
        started = saved = time.monotonic()
        before = self.progress.seconds
        for batch, wanted in self._batches(mixture, packer):
            self._step(batch, wanted)
            now = time.monotonic()
            self.progress.seconds = before + now - started
            if now - saved > 60 * self.recipe.minutes_between:
                self._checkpoint(judge)
                saved = time.monotonic()
        self._checkpoint(judge)

    def _batches(self, mixture: Mixture | Taught, packer: Packer) -> Iterator[tuple[Batch, Wanted]]:
        while self.progress.pairs < self.recipe.pairs:
            seed = self.recipe.seed * 1_000 + self.progress.epoch
            groups = mixture.epoch(seed)
            sequences = packer.sequences(
                [group.premise for group in groups],
                [tuple(answer[0] for answer in group.answers) for group in groups],
            )
            plan = shuffled(sequences, tokens=self.recipe.tokens, seed=seed)
            torch.manual_seed(seed + self.progress.batch)
            for batch in plan[self.progress.batch :]:
                if self.progress.pairs >= self.recipe.pairs:
                    return
                device = self.recipe.device
                yield to_batch(batch).to(device), Wanted.of(batch, groups).to(device)
            self.progress.epoch, self.progress.batch = self.progress.epoch + 1, 0

    def _step(self, batch: Batch, wanted: Wanted) -> None:
        self.network.train()
        rate = self._rate()
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        device, enabled = self.recipe.device, self.recipe.bfloat16
        with torch.autocast(device, dtype=torch.bfloat16, enabled=enabled):
            logits = self.network(
                batch.input_ids, batch.segment_ids, batch.position_ids, batch.read_out
            )
        answered = logits[batch.answered].float()
        loss = pair_loss(
            answered,
            wanted.labels,
            wanted.weights,
            smoothing=self.recipe.smoothing,
            taught=wanted.taught,
            soft=self.recipe.soft,
        )
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)
        self.progress.batch += 1
        self.progress.step += 1
        self.progress.pairs += len(wanted.labels)
        if self.progress.step % 50 == 0:
            self._log(loss=round(loss.item(), 4), rate=rate)

    def _rate(self) -> float:
        warm = min(1.0, (self.progress.step + 1) / self.recipe.warm_up)
        left = max(0.0, 1 - self.progress.pairs / self.recipe.pairs)
        return self.recipe.rate * warm * left

    def _checkpoint(self, judge: Judge) -> None:
        """Save, then judge: a judge that fails loses no training."""
        self._save_all()
        judged = self.network
        if self.averaged is not None:
            judged = cast("OnePassNetwork", self.averaged.module)
        figures = judge(judged)
        if figures["mean"] > self.progress.best:
            self.progress.best = figures["mean"]
            self._save("best.safetensors", judged.state_dict())
        self._replace("progress.json", json.dumps(asdict(self.progress), indent=2).encode())
        self._log(**figures)

    def _save_all(self) -> None:
        self._save("last.safetensors", self.network.state_dict())
        if self.averaged is not None:
            self._save("averaged.safetensors", self.averaged.state_dict())
        state = self.optimiser.state_dict()["state"]
        self._save(
            "optimiser.safetensors",
            {
                f"{index}.{key}": value
                for index, entry in state.items()
                for key, value in entry.items()
            },
        )
        self._replace("progress.json", json.dumps(asdict(self.progress), indent=2).encode())

    def _resume(self) -> None:
        self.progress = Progress(**json.loads((self.folder / "progress.json").read_text()))
        self.network.load_state_dict(load_file(self.folder / "last.safetensors"))
        if self.averaged is not None:
            self.averaged.load_state_dict(load_file(self.folder / "averaged.safetensors"))
        whole = self.optimiser.state_dict()
        for name, value in load_file(self.folder / "optimiser.safetensors").items():
            index, key = name.split(".", 1)
            whole["state"].setdefault(int(index), {})[key] = value
        self.optimiser.load_state_dict(whole)

    def _save(self, name: str, tensors: dict[str, Tensor]) -> None:
        temporary = self.folder / f".{name}.tmp"
        save_file({key: value.contiguous() for key, value in tensors.items()}, temporary)
        temporary.replace(self.folder / name)

    def _replace(self, name: str, content: bytes) -> None:
        temporary = self.folder / f".{name}.tmp"
        temporary.write_bytes(content)
        temporary.replace(self.folder / name)

    def _log(self, **figures: float) -> None:
        seen = {"step": self.progress.step, "pairs": self.progress.pairs}
        line = {**seen, "seconds": round(self.progress.seconds), **figures}
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
