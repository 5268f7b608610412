"""Both pages in headless Chromium, that of the system: nothing is fetched for it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tumourflow.reports.inference_page import render_inference
from tumourflow.reports.training_page import render_training

NAMES = ("chromium", "chromium-browser", "google-chrome")
LONG = "<script>alert('name')</script>" + "a" * 300 + "/" + "b c " * 60 + ".png"
WIDTHS = (400, 1400)
SEEN = ".slice:not([hidden]) img"


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("there is no Chromium here: `apt-get install chromium` brings one")
    with sync_playwright() as driver:
        # As root, as in containers, Chromium runs only without its sandbox.
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path):
    """Open a page, and when the test is over make sure that nothing was asked of a network and nothing went wrong."""
    complaints: list[str] = []
    contexts = []

    def open_page(text: str, width: int = 1400, **options) -> Page:
        path = tmp_path / "page.html"
        path.write_text(text)
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(45_000)  # a machine may have other things to do
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: request.url.startswith(("data:", path.as_uri())) or complaints.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def long_page(findings) -> str:
    """The page of an inference whose names are as long, and as wicked, as names can be."""
    rows = findings.assign(source=[f"{place}{LONG}" for place in range(len(findings))], patient=findings["patient"] + LONG, reason=LONG)
    tumour = np.ones((8, 300), bool)
    return render_inference(rows, lambda _: np.zeros((8, 300), np.uint8), lambda source: tumour if source[0] == "1" else None)


def test_the_slider_moves_through_the_slices_by_keyboard_and_says_where_it_is(show, inference_page):
    page = show(inference_page)
    slider = page.get_by_role("slider", name="Slice")
    viewer = page.locator(".viewer").first
    told = viewer.get_by_role("status")
    seen = viewer.locator(SEEN)
    # The slice with the tumour is seen at first.
    assert (slider.input_value(), told.text_content()) == ("2", "Slice 2 of 3: tumour of 12 mm²")
    assert seen.count() == 1
    first = seen.get_attribute("src")
    slider.press("ArrowRight")
    assert told.text_content() == slider.get_attribute("aria-valuetext") == "Slice 3 of 3: no tumour found"
    assert seen.count() == 1
    assert seen.get_attribute("src") != first
    slider.press("Home")
    assert told.text_content().startswith("Slice 1 of 3")
    assert seen.is_visible()
    assert seen.get_attribute("alt") == "ann, Slice 1 of 3: no tumour found"


def test_the_slider_moves_by_mouse_too(show, inference_page):
    page = show(inference_page)
    slider = page.get_by_role("slider")
    slider.click(position={"x": slider.bounding_box()["width"] - 3, "y": 10})
    assert slider.input_value() == "3"
    assert page.locator(".viewer").first.locator(SEEN).get_attribute("alt").startswith("ann, Slice 3")


def test_outline_and_mask_can_be_switched(show, inference_page):
    page = show(inference_page)
    path = page.locator(".slice:not([hidden]) path")
    style = "path => [getComputedStyle(path).stroke, getComputedStyle(path).fill]"
    blue = "rgb(30, 144, 255)"
    assert path.evaluate(style) == [blue, "none"]
    for button in ("Outline", "Mask"):
        page.locator(".viewer").first.get_by_role("button", name=button).press("Enter")
    assert path.evaluate(style) == ["none", blue]
    pressed = [button.get_attribute("aria-pressed") for button in page.locator(".viewer").first.get_by_role("button").all()]
    assert pressed == ["false", "true"]


def test_the_outline_lies_where_the_mask_is(show, inference_page):
    page = show(inference_page)
    image = page.locator(SEEN).first.bounding_box()
    outline = page.locator(".slice:not([hidden]) path").evaluate("""path => {
        const box = path.getBBox(), scale = path.getScreenCTM();
        return [scale.e + scale.a * box.x, scale.f + scale.d * box.y, scale.a * box.width, scale.d * box.height];
    }""")
    scale = image["width"] / 40
    assert outline == pytest.approx([image["x"] + 9 * scale, image["y"] + 8 * scale, 8 * scale, 6 * scale], abs=1)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_of_the_page_of_an_inference(show, inference_page, long_page, width):
    for text in (inference_page, long_page):
        page = show(text, width)
        page.get_by_text("Images 1 to 6 of 6").click()
        assert page.locator("#findings ~ details table").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_of_the_page_of_a_training(show, training, width):
    leaky = training["leakage_report"] | {"protocol": "slice", "leaky": True, "leaks": {"patient": {"count": 3}}}
    page = show(render_training(**training | {"leakage_report": leaky}), width)
    page.get_by_text("that the model carries with it").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    alarm = page.get_by_role("alert")
    assert alarm.is_visible()
    assert alarm.bounding_box()["y"] < 300
    assert all(image.evaluate("image => image.naturalWidth") > 0 for image in page.locator("img").all())


def test_the_keyboard_reaches_the_content_first_and_every_control(show, inference_page):
    page = show(inference_page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        reached.append(page.evaluate("document.activeElement.type || document.activeElement.tagName"))
        if reached[-1] == "SUMMARY":
            break
    assert [name for name in reached if name != "DIV"] == ["range", "button", "button", "SUMMARY"]  # bob has no mask to show


def test_without_scripts_all_slices_are_seen(show, inference_page):
    page = show(inference_page, java_script_enabled=False)
    assert page.locator(".slice img:visible").count() == 4
    assert page.locator(".controls:visible").count() == 0


def test_controls_are_not_printed(show, inference_page):
    page = show(inference_page)
    page.emulate_media(media="print")
    assert page.locator(".controls:visible").count() == 0
    assert page.locator(".slice img:visible").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(show, inference_page, scheme):
    """4.5 to 1, as WCAG 2.2 has it for text (success criterion 1.4.3)."""
    page = show(inference_page, color_scheme=scheme)
    pairs = page.evaluate("""() => [...document.querySelectorAll("main *, header *")].filter(
        (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && each.checkVisibility()
    ).map((each) => {
        let behind = each;
        while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
        return [each.textContent.trim(), getComputedStyle(each).color, getComputedStyle(behind).backgroundColor];
    })""")
    assert len(pairs) > 30
    low = [(text, colour, behind) for text, colour, behind in pairs if contrast(colour, behind) < 4.5]
    assert low == []


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted(map(luminance, (first, second)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    shares = [int(value) / 255 for value in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
