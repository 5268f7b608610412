import base64
import re

import cv2
import numpy as np
import pandas as pd
import pytest

from tumourflow.reports.drawings import embed_figures
from tumourflow.reports.training_page import render_training

LEAKY = {"protocol": "slice", "leaky": True, "leaks": {"patient": {"count": 3}}}


def test_protocol_split_and_verdict_are_told(training):
    page = render_training(**training)
    assert "<strong>Patient protocol.</strong>" in page
    assert "<strong>No leak.</strong>" in page
    assert '<tr><th scope="row">validation</th><td class="n">3</td><td class="n">31</td><td class="n">11</td></tr>' in page
    assert "2 patients belong together with others" in page
    assert "5 files: 2 images, 2 masks, 1 excluded. They are 2 cases of 1 patient." in page
    assert "Not for clinical use." in page


def test_a_leaky_split_heads_the_page_and_a_clean_one_does_not(training):
    assert 'class="alarm"' not in render_training(**training)
    page = render_training(**training | {"leakage_report": training["leakage_report"] | LEAKY})
    head = page.partition("<main")[0]
    assert 'class="alarm" role="alert"><p>LEAKY: slice protocol (on two sides of the split: 3 patients).' in head
    assert "<caption>Measures, leaky</caption>" in page


def test_measures_stand_with_interval_and_number_and_few_are_marked(training):
    page = render_training(**training)
    columns = re.findall(r'<th scope="col">(\w+)</th>', page.partition("<caption>Measures")[2].partition("</thead>")[0])
    assert columns == ["Measure", "Test", "Validation", "Train"]
    cells = page.partition("Volume Dice of a patient&#39;s tumour</th>")[2].partition("</tr>")[0].split("<td")[1:]
    assert ">–<" in cells[0]
    assert [re.sub(r"<[^>]+>", " ", cell).split()[2:] for cell in cells[1:]] == [
        ["*", "0.12", "to", "1.00", "3", "patients"],
        ["0.40", "to", "0.62", "12", "patients"],
    ]


def test_of_several_seeds_the_spread_stands_beside_the_interval(training):
    spread = {"values": [0.7, 0.8, 0.75], "standard_deviation": 0.05}
    metrics = training["metrics"] | {"between_seeds": {"validation": {"volume_dice": spread}}}
    page = render_training(**training | {"metrics": metrics})
    assert "0.12 to 1.00<br>3 patients<br>± 0.050 between 3 seeds</span>" in page
    assert page.count("between 3 seeds") == 1
    assert "± is the standard deviation between the networks" in re.sub(r"<[^>]+>", "", page)
    judged = {name: training["metrics"][name] for name in ("train", "validation")}
    headed = render_training(**training | {"metrics": judged | {"between_seeds": metrics["between_seeds"]}})
    assert "<small>0.12 to 1.00; 3 patients; ± 0.050 between 3 seeds</small>" in headed
    assert "±" not in render_training(**training)


def test_the_card_counts_the_slices_that_the_network_sees_on_each_side(training):
    assert "of 1 slice on each side" in render_training(**training)
    bundle = training["bundle"] | {"layout": training["bundle"]["layout"] | {"context": 2}}
    assert "of 2 slices on each side" in render_training(**training | {"bundle": bundle})


def test_the_card_names_what_the_network_was_built_with_also_in_bundles_of_an_earlier_version(training):
    assert "unet, width 16, depth 4" in render_training(**training)
    network = {"name": "deeplabv3", "width": 16, "output_stride": 8}
    assert "deeplabv3, width 16, output stride 8<" in render_training(**training | {"bundle": training["bundle"] | {"network": network}})
    published = training["bundle"] | {"network": {"name": "lite0"}}
    assert ">lite0<" in render_training(**training | {"bundle": published})


def test_limits_by_site_stand_in_the_model_card(training):
    card = render_training(**training).partition('id="card"')[2]
    assert "<caption>Validation patients by site</caption>" in card
    assert re.findall(r'<tr><th scope="row">(\w+)</th>', card) == ["CS", "unknown"]
    assert "by tumour size" not in card
    assert "No patient of these sites trained the network: unknown." in card
    assert "brain-flair3" in card


def test_where_no_site_is_known_there_is_no_table_of_sites(training):
    groups = {"validation": {"site": {"unknown": training["groups"]["validation"]["site"]["CS"]}}}
    card = render_training(**training | {"groups": groups}).partition('id="card"')[2]
    assert "by site" not in card


def test_where_nobody_judges_the_page_says_what_is_still_to_be_done(training):
    leakage = training["leakage_report"] | {"protocol": "all"}
    metrics = {"protocol": "all", "note": "Run the folds first."}
    page = render_training(**training | {"leakage_report": leakage, "metrics": metrics, "groups": {"protocol": "all"}})
    assert "nobody is left to judge it" in page
    assert page.count("Run the folds first.") == 2
    assert "<caption>Measures" not in page


def test_figures_of_a_cross_validation_go_before_those_of_a_fold(training):
    pooled = {"volume_dice": {"value": 0.875, "low": 0.75, "high": 0.9, "n": 30, "unit": "patient"}}
    page = render_training(**training | {"metrics": training["metrics"] | {"cross_validated": pooled}})
    assert "<dt>Volume Dice of a patient&#39;s tumour, cross-validated</dt><dd>0.88" in page


def test_a_classifier_tells_its_classes_and_what_calibration_changed(training):
    figure = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 70, "unit": "image"}
    metrics = {
        "test": {"accuracy": figure, "recall.glioma": figure, "brier": figure},
        "calibrated": {"test": {"brier": figure}},
        "temperature": 1.1,
    }
    bundle = {name: value for name, value in training["bundle"].items() if name != "postprocessing"}
    bundle |= {"input_kind": None, "channels": [], "classes": ["glioma", "meningioma"], "temperature": 1.1}
    page = render_training(**training | {"task": "classification", "bundle": bundle, "metrics": metrics, "groups": None})
    for name in ("Recall: glioma", "Brier score, calibrated", "glioma, meningioma"):
        assert name in page
    assert "70 images" in page


def test_what_covering_annotations_changed_stands_on_the_page(training):
    figure = {"value": 0.8, "low": 0.7, "high": 0.9, "n": 70, "unit": "image"}
    change = {"difference": -0.125, "difference_low": -0.25, "difference_high": 0.0}
    undefined = dict.fromkeys([*figure, *change]) | {"n": 0, "unit": "image"}
    covered = {"split": "test", "changed": 9, "accuracy": figure | change, "precision.glioma": undefined}
    page = render_training(**training | {"metrics": training["metrics"] | {"covered": covered}})
    table = page.partition("<caption>Annotations covered</caption>")[2].partition("</table>")[0]
    assert re.findall(r"<strong>(.*?)</strong>", table) == ["0.80", "−0.12"]
    assert "−0.25 to 0.00<br>70 images" in table
    assert "precision" not in table.lower()
    assert "on 9 images that have any" in page
    assert "Of the Brier score and the calibration error the higher one is worse." in page
    assert "Annotations covered" not in render_training(**training)


def test_the_window_of_the_ingestion_is_a_setting_of_the_model_where_there_was_one(training):
    window = {"window": "fixed", "window_low": -100.0, "window_high": 200.0, "bits": 8}
    page, pictures = (render_training(**training | {"bundle": training["bundle"] | {"window": noted}}) for noted in (window, None))
    for name, value in (("window", "fixed"), ("window_low", "-100.0"), ("window_high", "200.0"), ("bits", "8")):
        assert f"<dt><code>ingestion.{name}</code></dt><dd>{value}</dd>" in page
    assert "ingestion.window" not in pictures


def test_so_are_the_sequences_that_were_joined(training):
    page, pictures = (render_training(**training | {"bundle": training["bundle"] | {"sequences": each}}) for each in (["t1", "flair"], []))
    assert "<dt><code>ingestion.sequences</code></dt><dd>t1, flair</dd>" in page
    assert "ingestion.sequences" not in pictures


def test_settings_are_folded_away_and_complete(training):
    folded = render_training(**training).partition("<details>")[2]
    told = dict(re.findall(r"<dt><code>(.*?)</code></dt><dd>(.*?)</dd>", folded))
    assert told == {
        "preparation.size": "128",
        "preparation.filters": "none",
        "augmentation.flip": "0.5",
        "postprocessing.threshold": "0.4",
        "postprocessing.crf": "no",
        "training.network": "unet",
        "training.learning_rate": "0.002",
        "prediction.mirrors": "yes",
    }


def test_text_of_the_data_is_escaped(training):
    assert "p/36: &lt;0.05&gt;" in render_training(**training)


def test_a_cohort_without_findings_says_so(training):
    page = render_training(**training | {"curation_findings": pd.DataFrame({"finding": []})})
    assert "Curation found nothing unusual." in page


@pytest.mark.parametrize(("noise", "kind"), [(0, "image/png"), (255, "image/jpeg")])
def test_photographs_become_jpeg_and_drawings_stay_as_they_are(noise, kind):
    pixels = np.random.default_rng(0).integers(0, noise + 1, (300, 400, 3)).astype(np.uint8)
    drawn = embed_figures({"overlays": cv2.imencode(".png", pixels)[1].tobytes()})["overlays"]
    assert drawn.uri.startswith(f"data:{kind};base64,")
    assert (drawn.height, drawn.width) == (300, 400)
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(drawn.uri.partition(",")[2]), np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == pixels.shape
