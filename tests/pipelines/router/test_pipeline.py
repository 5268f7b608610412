import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from tumourflow.errors import UserError
from tumourflow.imaging.augmentation import record_policy
from tumourflow.imaging.preparation import Preparation
from tumourflow.options import AugmentationOptions, ClassificationOptions, IngestionOptions, RouterOptions, TrainingOptions
from tumourflow.pipelines.router import create_pipeline, nodes
from tumourflow.types import Stream

PREPARATION = Preparation(size=32, crop="none", normalisation="zscore", context=0, lead_channel=0, channels=1, unit="slice")
UNION = IngestionOptions(
    reader="union", cohorts={name: {"modality": "brain"} for name in ("round", "oval")} | {"wide": {"modality": "breast"}}
)


class Rows:
    """Stands in for an array store."""

    def __init__(self, index: pd.DataFrame, images: np.ndarray) -> None:
        self.index, self._images = index, images

    def __getitem__(self, name: str) -> np.ndarray:
        return self._images


class RowsDataset(MemoryDataset):
    """Consumes a stream of chunks, and keeps what it holds."""

    def save(self, data: Stream) -> None:
        chunks = list(data)
        super().save(
            Rows(pd.concat([each.index for each in chunks], ignore_index=True), np.concatenate([c.arrays["images"] for c in chunks]))
        )

    def _release(self) -> None:
        pass


class Kept(MemoryDataset):
    """Is not emptied once its readers have run."""

    def _release(self) -> None:
        pass


class Silent:
    """A listener that nobody listens to."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.closed = 0

    def __call__(self, event: dict[str, float]) -> None:
        self.steps.append(event["step"])

    def close(self) -> None:
        self.closed += 1


def draw(cohort: str, rng: np.random.Generator) -> np.ndarray:
    """Bright discs or ovals on black, or bands from side to side."""
    rows, columns = np.mgrid[-1:1:40j, -1:1:40j]
    if cohort == "wide":
        return (90 + 60 * np.sin(6 * rows + rng.uniform(0, 6)) + rng.normal(0, 20, rows.shape)).clip(0, 255).astype(np.uint8)
    tall = {"round": 1.0, "oval": 1.4}[cohort]
    inside = np.hypot(rows / tall, columns) < rng.uniform(0.5, 0.7)
    return (inside * rng.normal(150, 12, rows.shape)).clip(0, 255).astype(np.uint8)


def cohorts() -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    rng, rows, store = np.random.default_rng(0), [], {}
    for cohort in ("round", "oval", "wide"):
        for number in range(12):
            name = f"{cohort}/{number:02d}"
            store[name] = draw(cohort, rng)
            rows.append((name, name, cohort, "breast" if cohort == "wide" else "brain"))
    cases = pd.DataFrame(rows, columns=["case_id", "patient", "site", "label"])
    return cases.assign(group=cases["patient"], image=cases["case_id"], mask="", blank=False, slice=0), store


class Store(dict):
    """Stands in for the image store."""

    read = dict.__getitem__


def catalog(**changed) -> DataCatalog:
    cases, store = cohorts()
    place = cases["case_id"].str[-2:].astype(int)
    splits = cases[["case_id", "patient"]].assign(split=np.select([place > 8, place > 6], ["test", "validation"], "train"))
    prepared = np.stack([PREPARATION.prepare([store[name]])[0][0] for name in cases["image"]]).astype(np.float16)
    inputs = {
        "images": Store(store),
        "cases": cases,
        "splits": splits,
        "leakage_report": {"leaky": False, "protocol": "patient"},
        "model_input": Rows(cases[["case_id", "patient", "slice"]].merge(splits[["case_id", "split"]]), prepared),
        "preparation": PREPARATION.to_dict(),
        "augmentation_policy": record_policy(AugmentationOptions(elastic_share=0), PREPARATION.layout),
        "training_listener": Silent(),
        "params:ingestion": UNION,
        "params:classification": ClassificationOptions(task="label"),
        "params:training": TrainingOptions(width=4, steps=20, batch=8, validations=1, coarse=0, learning_rate=0.01),
        "params:router": RouterOptions(images=5, intruders=4, unseen=("oval",)),
        "params:seed": 0,
        "params:scheduler": "threads",
    }
    made = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in (inputs | changed).items()})
    for name in create_pipeline().all_outputs():
        made[name] = RowsDataset(copy_mode="assign") if name == "intruder_input" else Kept(copy_mode="assign")
    return made


@pytest.fixture(scope="module")
def finished() -> DataCatalog:
    made = catalog()
    SequentialRunner().run(create_pipeline(), made)
    return made


def test_every_split_has_its_figures_and_so_has_the_cohort_that_nobody_saw(finished):
    metrics = finished.load("router_metrics")
    assert list(metrics) == ["train", "validation", "test", "unseen_oval"]
    assert metrics["test"]["accuracy"]["value"] == 1
    assert metrics["test"]["recall.breast"]["n"] == 3
    assert metrics["unseen_oval"]["recall.brain"]["n"] == 12
    assert metrics["unseen_oval"]["balanced_accuracy"]["value"] is None
    for split in ("test", "unseen_oval"):
        assert {"acceptance", "refusal_auroc", "refused.noise", "refusal_auroc.photograph", "refused.upside_down"} <= set(metrics[split])
    assert metrics["test"]["refusal_auroc.blank"]["n"] == 4
    assert all({"value", "low", "high", "n", "unit"} <= set(figure) for split in metrics.values() for figure in split.values())


def test_what_is_chosen_is_chosen_on_validation_alone(finished):
    scores, refusal = finished.load("router_scores"), finished.load("router_refusal")["router"]
    own = scores[scores["router"] == "router"]
    genuine = own.query("source == 'genuine' and split == 'validation'")
    assert (refusal["images"], refusal["intruders"]) == (len(genuine), 12) == (6, 12)
    assert refusal["threshold"] == genuine[refusal["score"]].max()
    assert set(own.query("source == 'intruder' and split == 'validation'")["kind"]) == {"stripes", "speckle", "shapes"}


def test_the_unseen_cohort_is_neither_taught_nor_chosen_on(finished):
    scores = finished.load("router_scores")
    other = scores[(scores["router"] == "unseen_oval") & (scores["source"] == "genuine")]
    assert set(other.loc[other["cohort"] == "oval", "split"]) == {"unseen_oval"}
    assert finished.load("router_refusal")["unseen_oval"]["images"] == 4


def test_the_model_and_its_bundle_are_all_that_use_needs(finished):
    router, bundle = finished.load("router"), finished.load("router_bundle")
    assert bundle["classes"] == ["brain", "breast"]
    assert bundle["cohorts"] == {"round": "brain", "oval": "brain", "wide": "breast"}
    image = draw("wide", np.random.default_rng(9))
    prepared = Preparation.from_dict(bundle["preparation"]).prepare([image])[0][0]
    said = router.predict_on_batch(prepared[None].astype(np.float16).astype(np.float32))
    assert bundle["classes"][int(np.argmax(said["logits"]))] == "breast"
    assert set(said) == {"logits", "distance"}
    assert {"score", "threshold"} <= set(bundle["refusal"])


def test_the_listener_hears_of_both_trainings_one_after_the_other(finished):
    listener = finished.load("training_listener")
    assert listener.closed == 2
    assert listener.steps == sorted(listener.steps)
    assert max(listener.steps) == 40


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"params:ingestion": IngestionOptions(reader="busi")}, "`ingestion.reader` is busi: take --env=brain_and_breast"),
        ({"params:router": RouterOptions(unseen=("wide",))}, "without it no image is `breast`"),
        (
            {"params:training": TrainingOptions(seeds=2)},
            "`training.seeds` is 2, but the networks of `router` are not averaged: leave it out",
        ),
        (
            {"params:ingestion": UNION.model_copy(update={"cohorts": UNION.cohorts | {"deep": UNION.cohorts["wide"]}})},
            "`ingestion.cohorts` names deep, but none of its images is left",
        ),
        (
            {
                "splits": cohorts()[0][["case_id", "patient"]].assign(
                    split=["train"] * 11 + ["validation"] + ["test"] * 12 + ["train"] * 11 + ["validation"]
                ),
                "params:router": RouterOptions(unseen=("round",)),
            },
            "names round, but without it, .* no image that is `brain` is left to train on",
        ),
    ],
)
def test_what_cannot_be_routed_is_refused_before_anything_is_drawn_or_trained(changed, sentence):
    with pytest.raises(UserError, match=sentence):
        SequentialRunner().run(create_pipeline().only_nodes("choose_router_images"), catalog(**changed))


def test_scores_refusal_and_record_tell_whether_the_split_leaks(finished):
    assert not finished.load("router_scores")["leaky"].any()
    assert not finished.load("router_record")["leaky"]
    assert not any(chosen["leaky"] for chosen in finished.load("router_refusal").values())
    leaky = {"leakage_report": MemoryDataset({"leaky": True, "protocol": "slice"})}
    anew = {name: Kept(copy_mode="assign") for name in ("router_scores", "router_refusal", "router_record")}
    made = DataCatalog({name: finished[name] for name in finished.keys()} | leaky | anew)  # noqa: SIM118
    SequentialRunner().run(create_pipeline().only_nodes("train_routers", "score_routers", "choose_refusals"), made)
    assert made.load("router_scores")["leaky"].all()
    assert made.load("router_record")["leaky"]
    assert all(chosen["leaky"] for chosen in made.load("router_refusal").values())


def test_no_router_begins_with_a_network_that_has_seen_a_cohort_which_is_left_out(monkeypatch):
    """That it has only seen training images is enough for the router of all, not for the one that is asked about all of that cohort."""
    monkeypatch.setattr(
        nodes, "find_learned", lambda *_: pd.DataFrame({"patient": "of another name", "image": ["oval/00"], "split": "train"})
    )
    with pytest.raises(UserError, match=r"Leak: .* has learned from 1 .* first is oval/00 \(oval/00, test\)"):
        SequentialRunner().run(create_pipeline().to_nodes("train_routers"), catalog())
