"""Configs of runs: what is read, and every fault of one told at once with its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from stance.config import Checks, RunConfig, load_config, parse_config
from stance.errors import ConfigError
from stance.records import TargetName
from stance.runner.cells import cells_of
from stance.runner.plan import make_plan
from stance.scorers.models import parse_model
from stance.targets.written import read_targets

SMALL = "name: small\ninputs: articles\n"


def _model_fault(name: str) -> str | None:
    try:
        parse_model(name)
    except ConfigError as error:
        return str(error)
    return None


CHECKS = Checks(model=_model_fault)


def read(text: str, *settings: str) -> RunConfig:
    return parse_config(text, "x.yaml", settings, checks=CHECKS)


def told(text: str, *settings: str) -> str:
    with pytest.raises(ConfigError, match=r"^(x\.yaml|--set)") as caught:
        read(text, *settings)
    return str(caught.value)


def test_defaults() -> None:
    config = read(SMALL)
    assert config == RunConfig(name="small", inputs=("articles",))
    assert (config.model, config.codebook, config.wordings) == ("mini", "diplomacy", "all")
    assert (config.threshold, config.part, config.report, config.seed) == (None, 512, True, 0)


def test_numbers_are_read_by_the_rules_of_yaml_1_2() -> None:
    text = SMALL + "threshold: 1e-5\nseed: 017\ngrid: {wordings: [all, 1, [1, 3]]}\n"
    config = read(text)
    assert (config.threshold, config.seed) == (1e-5, 17)
    assert config.grid.wordings == ("all", (1,), (1, 3))
    assert read("name: 2024-01-01\ninputs: [a, b]").name == "2024-01-01"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("skip_bad: yes", "skip_bad: 'yes' is text, not a truth value; write true or false"),
        ("report: off", "report: 'off' is text, not a truth value; write true or false"),
        ("seed: 1e-5", "seed: Input should be a valid integer"),
        ("seed: '3'", "seed: '3' is not a number"),
        ("threshold: true", "threshold: True is not a number"),
        ("threshold: 1", "threshold: Input should be less than 1"),
        ("limit: 0", "limit: Input should be greater than or equal to 1"),
        ("model: mimi", "model: unknown model 'mimi' (did you mean mini?)"),
        ("period: hour", "period: Input should be 'year', 'month', 'week' or 'day'"),
        ("thresold: 0.5", "thresold: unknown key (did you mean threshold?)"),
        ("grid: {threshold: 1}", "grid.threshold: unknown key (did you mean thresholds?)"),
        ("grid: {models: [mini, mini]}", "grid.models: a value is there twice"),
        (
            "wordings: each",
            "wordings: 'each' is not a choice of wordings; write all, a number from 1 or a list "
            "of numbers",
        ),
        (
            "grid: {wordings: [0]}",
            "grid.wordings: 0 is not a choice of wordings; write all, a number from 1 or a list of "
            "numbers",
        ),
        (
            "model: mini\ngrid: {models: [mini]}",
            "config: model and grid.models are both there; write one of them",
        ),
        ("grid:\n\tmodels: [mini]", "line 4: a tab stands where only spaces may; mend the YAML"),
        ("seed: &n 3", "line 3: the anchor or alias 'n' is not read; write the value out; mend"),
        ("seed: *n", "line 3: the anchor or alias 'n' is not read; write the value out; mend"),
        ("<<: {seed: 3}", "<<: unknown key"),
        ("name: b", "line 3: the key 'name' is there twice, in lines 1 and 3; mend the YAML"),
        ("? [a]\n: b", "line 3: a key must be text; mend"),
        ("---\na: b", "line 3: expected a single document"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, message: str) -> None:
    assert told(SMALL + text).startswith(f"x.yaml: {message}")


def test_every_fault_is_told_at_once() -> None:
    text = "nam: a\ninputs: []\nskip_bad: yes\nmodel: lexicl\ngrid: {treshold: [2]}\n"
    assert told(text) == (
        "x.yaml: name: Field required; "
        "inputs: Tuple should have at least 1 item after validation, not 0; "
        "skip_bad: 'yes' is text, not a truth value; write true or false; "
        "model: unknown model 'lexicl' (did you mean lexical?); "
        "grid.treshold: unknown key (did you mean thresholds?); "
        "nam: unknown key (did you mean name?)"
    )


@pytest.mark.parametrize("text", ["", "- a", "words"])
def test_something_else_than_a_mapping_is_refused(text: str) -> None:
    assert told(text) == "x.yaml: a config is a YAML mapping with the keys name and inputs"


def test_settings_change_the_config() -> None:
    config = read(SMALL, "grid.thresholds=[0.3, 1e-2]", "seed=3", "name=other")
    assert (config.grid.thresholds, config.seed, config.name) == ((0.3, 0.01), 3, "other")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seed", "--set seed: write it as --set a.b=value"),
        ("a..b=1", "--set a..b=1: write it as --set a.b=value"),
        ("name.x=1", "--set name.x=1: name is a value, not a mapping, and holds no key"),
        ("seed=[", "--set seed=[: line 1: "),
        ("sed=1", "x.yaml: sed: unknown key (did you mean seed?)"),
    ],
)
def test_settings_that_cannot_be_used(setting: str, message: str) -> None:
    assert told(SMALL, setting).startswith(message)


def test_the_digest_changes_with_what_can_change_a_figure() -> None:
    first = read(SMALL)
    assert first.digest() == read(SMALL, "threads=2").digest()
    assert (
        len({first.digest(), read(SMALL, "seed=1").digest(), read(SMALL, "part=9").digest()}) == 3
    )


TARGETS = (TargetName("Israel", ("IDF", "Israeli")), TargetName("Hamas"))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("null", None),
        ("Israel=IDF,Israeli; Hamas", TARGETS),
        ("[{name: Israel, aliases: [IDF, Israeli]}, {name: Hamas}]", TARGETS),
    ],
)
def test_targets_are_a_word_or_a_text_or_a_list(written: str, expected: object) -> None:
    config = read(SMALL + f"targets: {written}")
    assert config.targets == expected
    assert read_targets(config.model_dump(mode="json")["targets"]) == expected
    assert read(SMALL, f"targets={written}") == config
    assert (config.digest() == read(SMALL).digest()) == (expected is None)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("[Hamas]", "'Hamas' is no target; write auto, none, \"Israel=IDF; Hamas\" or a list of"),
        ("[]", "[] names no targets; write auto"),
        ("7", "7 names no targets; write auto"),
        ("[{name: A, alias: [b]}]", "target 1 has the unknown key 'alias' (did you mean alia"),
        ("[{aliases: [b]}]", "target 1 has no name that is text"),
        ("[{name: A, aliases: b}]", "the aliases of target 1 are no list of texts"),
        ("[{name: A}, {name: a}]", "the target 'A' is there twice; keep one"),
        ("A=B; C=B", "the targets 'A' and 'C' share the name 'B'; give it to one of them"),
    ],
)
def test_targets_that_cannot_be_used(written: str, message: str) -> None:
    assert told(SMALL + f"targets: {written}").startswith(f"x.yaml: targets: {message}")


def test_a_calibration_is_of_one_model_and_codebook(tmp_path: Path) -> None:
    text = SMALL + "calibration: cal.json\ngrid: {models: [mini, lexical]}"
    assert told(text) == (
        "x.yaml: config: calibration is of one model and codebook; vary neither beside it"
    )
    (tmp_path / "cal.json").write_text("{")
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text("Words.")
    (tmp_path / "c.yaml").write_text(SMALL + "calibration: cal.json\n")
    with pytest.raises(ConfigError, match=r"c.yaml: calibration: .*cal.json: is not a calibration"):
        make_plan(tmp_path / "c.yaml")


def test_a_config_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: there is no such config; check the path"):
        load_config(tmp_path / "absent.yaml", checks=CHECKS)
    (tmp_path / "latin.yaml").write_bytes("name: café".encode("cp1252"))
    with pytest.raises(ConfigError, match=r"latin\.yaml: cannot be read as a config: .*utf-8"):
        load_config(tmp_path / "latin.yaml", checks=CHECKS)


def test_what_a_config_names_is_found_or_told_with_the_rest(tmp_path: Path) -> None:
    (tmp_path / "book.yaml").write_text("name: x\nframs: {}\n")
    text = "name: a\ninputs: [absent, '-']\nseed: x\ngrid: {codebooks: [diplomcy, book.yaml]}\n"
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"c\.yaml: ") as caught:
        make_plan(tmp_path / "c.yaml")
    for fault in (
        "absent: there is no such file or folder; check the path",
        "inputs.1: standard input cannot be read again; name a file or a folder",
        "seed: 'x' is not a number",
        "grid.codebooks.0: unknown codebook 'diplomcy'",
        "book.yaml: frames: Field required; frams: unknown key (did you mean frames?)",
    ):
        assert fault in str(caught.value)


def test_a_grid_is_every_combination() -> None:
    text = SMALL + "grid: {models: [mini, lexical], wordings: each, thresholds: [0.3, 0.5]}"
    cells = cells_of(read(text), lambda _: 2)
    assert len(cells) == 2 * 3 * 2
    assert [cell.name for cell in cells[:3]] == [
        "mini_diplomacy_all_t0.3",
        "mini_diplomacy_all_t0.5",
        "mini_diplomacy_w1_t0.3",
    ]


def test_wordings_that_a_codebook_lacks_and_names_that_clash() -> None:
    with pytest.raises(ConfigError, match="no wording 5 in every frame of diplomacy; name 1 to 4"):
        cells_of(read(SMALL + "wordings: [1, 5]"), lambda _: 4)
    with pytest.raises(ConfigError, match=r"two cells would be called 'mini_b_all_own'; rename"):
        cells_of(read(SMALL + "grid: {codebooks: [a/b.yaml, c/b.yaml]}"), lambda _: 4)


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.parent.glob("configs/*.yaml")))
def test_every_config_that_ships_can_be_planned(path: Path) -> None:
    assert make_plan(path).cells
