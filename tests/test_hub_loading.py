"""Where checkpoints are found, and those that are refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import MOST, THREE, tiny_tokenizer, write_tiny

from stance.errors import ConfigError, MissingExtraError, ScorerError
from stance.scorers import load_scorer
from stance.scorers.hub_loading import find_source
from stance.scorers.models import file_name, located, model_key, parse_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("whole"), "bert", THREE)


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "checkpoint"
    copy.mkdir()
    for path in whole.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub's client, which is not to use the network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "cache"


def changed(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **values}))


def refused(model: object, **options: object) -> str:
    with pytest.raises((ScorerError, ConfigError), match=r"\w") as caught:
        load_scorer("transformers", model=str(model), **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_labels_that_do_not_match_are_listed_with_the_option(folder: Path) -> None:
    write_tiny(folder, "bert", ("favor", "against", "none"))
    said = refused(folder)
    assert "its labels are favor, against, none, which is not entailment, neutral" in said
    assert "--labels entailment,neutral,contradiction, or labels: in a config" in said
    assert "names 2 columns (x, y), but the model has 3" in refused(folder, labels=("x", "y"))


def test_heads_that_are_no_classifiers(folder: Path) -> None:
    write_tiny(folder, "bert", ("score",))
    assert "has one output, a regression head" in refused(folder)
    write_tiny(folder, "bert", THREE)
    changed(folder, problem_type="multi_label_classification")
    assert "its head is for multi label classification" in refused(folder)


def test_weights_that_are_not_there_would_be_random(folder: Path) -> None:
    kept = {k: v for k, v in load_file(folder / "model.safetensors").items() if "classif" not in k}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    assert "has no weights for classifier.bias (and 1 more)" in refused(folder)


def test_pickle_is_refused_with_the_way_to_convert(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    said = refused(folder)
    assert "only as pickle (pytorch_model.bin), which can run code when read" in said
    assert "save_pretrained('converted')" in said
    (folder / "pytorch_model.bin").unlink()
    assert "has no model.safetensors" in refused(folder)


def test_a_folder_without_config_or_with_broken_files(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "has no config.json, so it is no checkpoint" in refused(tmp_path / "empty")
    (folder / "model.safetensors").write_bytes(b"nothing")
    assert "the checkpoint cannot be loaded" in refused(folder)
    (folder / "config.json").write_text("{")
    assert "the checkpoint cannot be loaded" in refused(folder)


def test_code_of_a_checkpoint_never_runs(folder: Path) -> None:
    changed(folder, model_type="mine", auto_map={"AutoConfig": "mine.Mine"}, architectures=["M"])
    (folder / "mine.py").write_text("raise SystemExit('ran')\n")
    assert "needs Python code of its own, which stance never runs" in refused(folder)


def test_a_hypothesis_that_leaves_no_room(folder: Path) -> None:
    from stance.records import Question

    scorer = load_scorer("transformers", model=str(folder))
    with pytest.raises(ScorerError, match="has 256 tokens and leaves none of 253 to the premise"):
        scorer.score([Question("Peace.", ("war " * 256,))])


def test_without_the_libraries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    message = r"^the transformers scorer needs an optional library: pip install 'stance\[hf\]'$"
    with pytest.raises(MissingExtraError, match=message):
        load_scorer("transformers", model=str(folder))
    with pytest.raises(MissingExtraError, match="the shipped model on torch needs an optional"):
        load_scorer("bundled_torch", device="cuda")


def test_a_local_folder_is_known_by_its_files(folder: Path) -> None:
    before = find_source(str(folder)).identity
    (folder / "README.md").write_text("a card\n")
    assert find_source(str(folder)).identity == before
    assert model_key(str(folder)) == ["transformers", before]
    changed(folder, note="x")
    assert find_source(str(folder)).identity != before


def cached(cache: Path, whole: Path, name: str) -> Path:
    root = cache / f"models--{name.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(COMMIT)
    snapshot = root / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for path in whole.iterdir():
        (snapshot / path.name).write_bytes(path.read_bytes())
    return snapshot


def test_what_is_in_the_cache_is_used_without_a_network(cache: Path, whole: Path) -> None:
    snapshot = cached(cache, whole, "org/nli")
    for name in ("org/nli", f"org/nli@{COMMIT}", "org/nli@main"):
        source = find_source(name)
        assert (source.folder, source.identity) == (snapshot, f"org/nli@{COMMIT}")
    scorer = load_scorer("transformers", model="org/nli")
    assert scorer.fingerprint == f"transformers:org/nli@{COMMIT}:columns=012:tokens={MOST}"
    assert model_key("org/nli") == ["transformers", f"org/nli@{COMMIT}"]


def test_offline_and_not_cached_says_how_to_fetch_it_once(cache: Path, whole: Path) -> None:
    assert refused("org/nli@v2").endswith("hf download org/nli --revision v2")
    (cached(cache, whole, "org/nli") / "tokenizer.json").unlink()
    said = refused("org/nli")
    assert said.startswith("org/nli: is not on this machine and the hub cannot be reached (Offl")
    assert said.endswith("fetch it once where there is a network: hf download org/nli")


class _Hub(BaseHTTPRequestHandler):
    """Answers as a hub does: one model, another that is only pickle, and no others."""

    files: ClassVar[dict[str, bytes]] = {}

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if "/gone" in path:
            self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif path.endswith(("/revision/v9", "/revision%2Fv9")):
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        elif path.startswith("/api/models/org/pickle"):
            self._info("org/pickle", ["config.json", "pytorch_model.bin"])
        elif "/tree/" in path:
            rows = [
                {"type": "file", "path": n, "size": len(c), "oid": "0" * 40}
                for n, c in self.files.items()
            ]
            self._send(200, json.dumps(rows).encode(), {})
        elif path.startswith("/api/models/"):
            self._info("org/nli", list(self.files))
        else:
            name = path.rpartition("/")[2]
            marks = {"ETag": f'"{name}"', "X-Repo-Commit": COMMIT}
            self._send(200, self.files[name], marks)

    def _info(self, name: str, files: list[str]) -> None:
        info = {"id": name, "sha": COMMIT, "siblings": [{"rfilename": file} for file in files]}
        self._send(200, json.dumps(info).encode(), {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


@pytest.fixture
def hub(cache: Path, whole: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from huggingface_hub import constants

    _Hub.files = {path.name: path.read_bytes() for path in whole.iterdir()}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    place = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", place)
    template = place + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    from huggingface_hub import hf_api

    monkeypatch.setattr(hf_api.api, "endpoint", place)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_model_is_fetched_once_and_its_commit_recorded(
    hub: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_source("org/nli").identity == f"org/nli@{COMMIT}"
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert load_scorer("transformers", model="org/nli").fingerprint.startswith(
        f"transformers:org/nli@{COMMIT}:"
    )


def test_what_the_hub_does_not_have(hub: None) -> None:
    assert "no such folder here and no such public model at the hub" in refused("org/gone")
    assert "org/nli: has no revision 'v9' at the hub" in refused("org/nli@v9")
    assert "org/pickle: has its weights only as pickle (pytorch_model.bin)" in refused("org/pickle")


def test_names_of_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m" / "nli").mkdir(parents=True)
    assert located("m/nli", tmp_path) == str(tmp_path / "m" / "nli")
    assert located("org/nli", tmp_path) == "org/nli"
    assert located("mini", tmp_path) == "mini"
    assert located("embedding:m/nli", tmp_path) == f"embedding:{tmp_path / 'm' / 'nli'}"
    fused = f"fusion:mini+0.2*{tmp_path / 'm' / 'nli'}"
    assert located("fusion:mini+0.2*m/nli", tmp_path) == fused
    assert file_name("../m/nli@v1.0") == "m-nli-v1.0"
    for text in ("./m/none", "/m/none", "org/a/b"):
        with pytest.raises(ConfigError, match=r"unknown model .* a folder that is there, ORG/NAME"):
            parse_model(text)


def test_a_tokenizer_that_cannot_be_read(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    assert "the checkpoint cannot be loaded" in refused(folder)
    assert tiny_tokenizer("bert").model_max_length == MOST
