import pytest
import yaml

from tumourflow.curation.findings import RULES
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, parse_parameters


def parse_options(values):
    return parse_parameters({"raw_root": "x", "ingestion": {"reader": "paired"}, "curation": values}).curation


def parse(**curation):
    return parse_options(curation)


def test_rules_are_switched_off_by_name():
    assert CurationOptions(off="marks+near_duplicate").off == ("marks", "near_duplicate")


def test_every_rule_can_be_switched_off_and_is_either_silent_or_strict():
    rules = set(RULES) - {"decision"}
    options = CurationOptions(off="+".join(sorted(rules)))
    assert set(options.silent) | set(options.strict) == rules
    assert not set(options.silent) & set(options.strict)
    assert {RULES[name].action for name in options.strict} == {"excluded"}


def test_yaml_may_spell_off_and_numbers_as_it_likes():
    """Without quotes YAML reads `off` as false and the case `12` as a number; `--params` gives text, and goes first."""
    values = yaml.safe_load("{off: [marks], decisions: {'12': 'kept: seen'}}")
    assert parse_options(values) == CurationOptions(off=("marks",), decisions={"12": "kept: seen"})
    assert parse_options(values | {"off": "near_black"}).off == ("near_black",)
    assert parse_options(values | {"off": []}).off == ("marks",)
    assert parse_options({False: "marks+alpha_trap"}).off == ("marks", "alpha_trap")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"off": ["near_blak"]}, r"Parameter `curation.off` names `near_blak`, which is no rule. Did you mean `near_black`\?"),
        ({"off": ["zzz"]}, "which is no rule. Rules are alpha_trap, "),
        (
            {"decisions": {"benign (4)": "maybe"}},
            "Parameter `curation.decisions` says 'maybe' about `benign .4.`, allowed is: `kept: <reason>`",
        ),
        ({"decisions": {"benign (4)": "kept:"}}, "says 'kept:' about"),
        ({"decisions": {"benign (4)": "dropped: blurred"}}, "says 'dropped: blurred' about"),
        ({"decisions": {"anna": "with: one person"}}, r"says 'with: one person' .* `apart: <reason>` or `with <other>: <reason>`"),
        ({"decisions": {"anna": "with bert"}}, "says 'with bert' about"),
    ],
)
def test_what_is_wrong_with_rules_and_decisions_is_said_before_a_run(given, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        parse(**given)
    assert "\n" not in str(caught.value)


def test_a_reason_may_hold_colons():
    assert parse(decisions={"a": "kept: seen: twice"}).decisions == {"a": "kept: seen: twice"}


@pytest.mark.parametrize("name", ["1_2", "012", "12", "1.10", "yes", "10:30"])
def test_a_name_that_yaml_may_have_changed_has_to_be_quoted(name):
    with pytest.raises(UserError, match=r'`curation.decisions` names .*Write the name in quotes: "1_2"'):
        parse_options(yaml.safe_load(f"decisions: {{{name}: 'kept: seen'}}"))
    assert list(parse_options(yaml.safe_load(f"decisions: {{'{name}': 'kept: seen'}}")).decisions) == [name]
