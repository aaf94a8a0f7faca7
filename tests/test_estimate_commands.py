"""`stance estimate`, `sensitivity` and `fit` on a small result, and what they say to bad input."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from commands import run

import stance

CALM = ("Both sides agreed on a ceasefire and more talks.", "The negotiations and the truce held.")
OTHER = ("It rained all day in the town.", "The markets closed higher.")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a result of 40 articles, a gold sample of 240 sentences, and the outlets."""
    folder = tmp_path_factory.mktemp("estimate")
    generator = np.random.default_rng(0)
    with (folder / "in.jsonl").open("w") as file:
        for k in range(40):
            chosen = [(CALM if generator.random() < 0.3 else OTHER)[k % 2] for _ in range(10)]
            file.write(json.dumps({"id": f"a{k}", "text": "\n\n".join(["Day", *chosen])}) + "\n")
    stance.analyze(folder / "in.jsonl", model="lexical").save(folder / "r", report=False)
    rows = pq.read_table(folder / "r" / "sentences.parquet").to_pylist()
    drawn = generator.choice(len(rows), 240, replace=False)
    write(folder / "gold.csv", gold_rows([rows[k] for k in sorted(drawn)], generator))
    outlets = [{"article_id": f"a{k}", "outlet": "AB"[k % 2]} for k in range(40)]
    days = [f"2024-0{1 + k % 2}-11" for k in range(40)]
    write(folder / "articles.csv", [o | {"date": d} for o, d in zip(outlets, days, strict=True)])
    return folder


def gold_rows(
    drawn: list[Mapping[str, object]], generator: np.random.Generator
) -> Iterator[dict[str, object]]:
    for row in drawn:
        right = generator.random() < 0.85
        yield {
            "article_id": row["article_id"],
            "sentence_id": row["sentence_id"],
            "inclusion_probability": 0.5,
            "restraint": int(bool(row["tag_restraint"]) == right),
            "deterrence": 0,
        }


def write(path: Path, rows: object) -> None:
    listed = list(rows)  # type: ignore[call-overload]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)


def table(output: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(output.decode())))


def refused(*arguments: str, cwd: Path) -> str:
    done = run(*arguments, cwd=cwd)
    message = done.stderr.decode()
    assert (done.returncode, done.stdout, message.count("\n")) == (1, b"", 1), message
    return message.removeprefix("stance: ").removesuffix("\n")


def test_estimates_stand_side_by_side(made: Path) -> None:
    done = run("estimate", "r", "gold.csv", "--format", "csv", cwd=made)
    assert done.returncode == 0, done.stderr
    rows = table(done.stdout)
    assert [(row["frame"], row["method"]) for row in rows] == [
        (frame, method)
        for frame in ("deterrence", "restraint")
        for method in ("raw", "design-based", "prediction-powered")
    ]
    powered = rows[-1]
    assert float(powered["low"]) < float(powered["estimate"]) < float(powered["high"])
    assert (powered["n"], powered["articles"]) == ("240", "40")
    assert float(powered["gain"]) > 1
    assert float(rows[0]["high"]) == float(rows[1]["high"]) == 1 - 0.025 ** (1 / 40)


def test_groups_are_compared_and_periods_cut(made: Path) -> None:
    options = ("--frame", "restraint", "--articles", "articles.csv", "--format", "csv")
    rows = table(run("estimate", "r", "gold.csv", "--group", "outlet", *options, cwd=made).stdout)
    assert [(row["group"], row["minus"]) for row in rows[::3]] == [
        ("all", ""),
        ("A", ""),
        ("B", ""),
        ("B", "A"),
    ]
    cut = ("--group", "date", "--period", "month")
    rows = table(run("estimate", "r", "gold.csv", *cut, *options, cwd=made).stdout)
    assert [row["group"] for row in rows[::3]] == ["all", "2024-01", "2024-02", "2024-02"]
    cut = ("--group", "date", "--period", "week")
    rows = table(run("estimate", "r", "gold.csv", *cut, *options, cwd=made).stdout)
    assert all(re.fullmatch(r"all|2024-W\d\d", row["group"]) for row in rows)


def test_the_plan_of_labels_is_printed(made: Path) -> None:
    done = run("estimate", "r", "gold.csv", "--frame", "restraint", "--power", "0.04", cwd=made)
    head, _, design, powered = done.stdout.decode().splitlines()
    assert head.split("  ")[-1].strip() == "labels for ± 4"
    assert int(design.split()[-1]) > int(powered.split()[-1]) > 0


def test_a_file_without_chances_is_noted(made: Path, tmp_path: Path) -> None:
    rows = table((made / "gold.csv").read_bytes())
    write(tmp_path / "g.csv", [{k: v for k, v in r.items() if k[:3] != "inc"} for r in rows])
    done = run("estimate", str(made / "r"), "g.csv", cwd=tmp_path)
    assert done.stderr.decode().startswith("note: g.csv has no inclusion_probability; the labels")


def test_chances_without_strata_are_noted_and_a_design_credits_them(
    made: Path, tmp_path: Path
) -> None:
    sheet = run("sample", made / "r", "--n", "120", "--by", "score", cwd=tmp_path)
    assert sheet.returncode == 0, sheet.stderr
    rows = table((tmp_path / "gold.csv").read_bytes())
    tags = {
        (row["article_id"], str(row["sentence_id"])): int(row["tag_restraint"])
        for row in pq.read_table(made / "r" / "sentences.parquet").to_pylist()
    }
    for place, row in enumerate(rows):
        tag = tags[row["article_id"], row["sentence_id"]]
        row["restraint"] = str(tag if place % 7 else 1 - tag)
    write(tmp_path / "gold.csv", rows)
    line = ("estimate", made / "r", "gold.csv", "--frame", "restraint", "--format", "csv")
    known = run(*line, cwd=tmp_path)
    assert known.stderr == b""
    design = table((tmp_path / "gold.design.csv").read_bytes())
    drawn = [row for row in design if row["drawn"] == "1"]
    assert (len(design), len(drawn)) == (440, 120)
    write(tmp_path / "gold.design.csv", drawn)
    unknown = run(*line, cwd=tmp_path)
    assert b"does not say in which stratum the sentences lie that were not drawn" in unknown.stderr
    first, second = (
        next(row for row in table(done.stdout) if row["method"] == "design-based")
        for done in (known, unknown)
    )
    assert float(first["estimate"]) == pytest.approx(float(second["estimate"]))
    widths = [float(row["high"]) - float(row["low"]) for row in (first, second)]
    assert widths[0] < widths[1]


def test_a_group_column_that_is_nowhere(made: Path) -> None:
    assert refused("estimate", "r", "gold.csv", "--group", "outlet", cwd=made) == (
        "article 'a0': has no outlet; give every article one"
    )
    assert refused("estimate", "r", "gold.csv", "--group", "town", cwd=made) == (
        "r/articles.parquet: needs the columns article_id and town; it has article_id, title, "
        "outlet, date, url, path, metadata"
    )
    wrong = ("--group", "town", "--articles", "articles.csv")
    assert refused("estimate", "r", "gold.csv", *wrong, cwd=made) == (
        "articles.csv: needs the columns article_id and town; it has article_id, outlet, date"
    )


def test_an_article_without_a_group(made: Path, tmp_path: Path) -> None:
    write(tmp_path / "some.csv", table((made / "articles.csv").read_bytes())[1:])
    options = ("--group", "outlet", "--articles", str(tmp_path / "some.csv"))
    message = refused("estimate", "r", "gold.csv", *options, cwd=made)
    assert message == "article 'a0': has no outlet; give every article one"


def test_too_few_labels(made: Path, tmp_path: Path) -> None:
    write(tmp_path / "g.csv", table((made / "gold.csv").read_bytes())[:29])
    message = refused("estimate", str(made / "r"), "g.csv", "--frame", "restraint", cwd=tmp_path)
    assert message.startswith("g.csv: restraint: 29 labels in ")
    message = refused("fit", str(made / "r"), "g.csv", "--frame", "restraint", cwd=tmp_path)
    assert message == "g.csv: restraint: 29 labels; a head needs at least 50"


def test_unknown_sentences_and_labels(made: Path, tmp_path: Path) -> None:
    rows = table((made / "gold.csv").read_bytes())
    write(tmp_path / "g.csv", [{**rows[0], "article_id": "zz"}, *rows[1:]])
    message = refused("estimate", str(made / "r"), "g.csv", cwd=tmp_path)
    assert message.startswith("g.csv: row 1: article 'zz' is not in ")
    write(tmp_path / "g.csv", [{**row, "restrant": 1} for row in rows])
    for command in ("estimate", "fit"):
        message = refused(command, str(made / "r"), "g.csv", cwd=tmp_path)
        assert message.startswith("g.csv: column 'restrant' is not a frame (did you mean restra")
    write(tmp_path / "g.csv", [*rows[:2], {**rows[2], "restraint": "2"}])
    message = refused("estimate", str(made / "r"), "g.csv", "--frame", "restraint", cwd=tmp_path)
    assert message == "g.csv: row 3: restraint is '2'; write 1, 0 or NA"
    write(tmp_path / "g.csv", [{"article_id": "a0", "sentence_id": 1, "mood": 1}])
    message = refused("estimate", str(made / "r"), "g.csv", cwd=tmp_path)
    assert message == (
        "g.csv: column 'mood' is not a frame (the frames are solidarity, deterrence, restraint, "
        "humanitarian); rename or remove it"
    )


def test_what_is_no_result(made: Path) -> None:
    message = refused("sensitivity", "nowhere", cwd=made)
    assert message.startswith("nowhere: is not a result of stance analyze (")
    assert refused("sensitivity", "r", "--frame", "calm", cwd=made) == (
        "--frame calm: the result has the frames solidarity, deterrence, restraint, humanitarian"
    )


def test_sensitivity_prints_and_draws(made: Path) -> None:
    done = run("sensitivity", "r", "--frame", "restraint", "--out", "curves", cwd=made)
    assert (done.returncode, done.stderr) == (0, b"curves in curves\n")
    head, columns, *lines = done.stdout.decode().splitlines()
    assert head.startswith("restraint: alpha between 4 wordings 1.00; contested 0.0 % of 440")
    assert columns.split() == ["asked", "share,", "%", "95", "%", "interval", "alpha", "wording"]
    assert lines[0].startswith("all ")
    assert (made / "curves" / "wordings-restraint.svg").read_text().startswith("<?xml")
    rows = table(run("sensitivity", "r", "--format", "csv", cwd=made).stdout)
    assert len(rows) == 4 * 9
    assert rows[1]["wordings"] == "2 3 4"
    whole = json.loads(run("sensitivity", "r", "--format", "json", cwd=made).stdout)
    assert [one["frame"] for one in whole] == [*stance.load_codebook("diplomacy").frames]


def test_fit_then_analyze_with_the_head(made: Path) -> None:
    done = run("fit", "r", "gold.csv", "--out", "h.json", "--format", "csv", cwd=made)
    assert done.returncode == 0, done.stderr
    assert done.stderr.decode().splitlines() == [
        "note: left out: deterrence: 0 of 240 labels are positive; a head needs at least 5 of each "
        "kind",
        "head of restraint in h.json",
    ]
    assert [row["labels"] for row in table(done.stdout)] == ["0", "25", "50", "100", "192"]
    options = ("--model", "lexical", "--quiet", "--out", "headed", "--head", "h.json")
    assert run("analyze", "in.jsonl", *options, cwd=made).returncode == 0
    before, after = (
        pq.read_table(made / name / "sentences.parquet").to_pydict() for name in ("r", "headed")
    )
    assert after["p_restraint"] != before["p_restraint"]
    assert after["p_deterrence"] == before["p_deterrence"]
    manifest = json.loads((made / "headed" / "manifest.json").read_text())
    assert manifest["head"]["frames"] == ["restraint"]
    message = refused("estimate", "headed", "gold.csv", cwd=made)
    assert message.startswith("gold.csv: the head of headed was trained on these labels, which")
    assert refused("fit", "headed", "gold.csv", cwd=made) == (
        "headed: was made with a head, so there is no zero-shot to compare with; fit on a result "
        "without one"
    )
