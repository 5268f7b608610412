import pytest

from tumourflow.errors import UserError
from tumourflow.options import RouterOptions, parse_parameters

UNION = {"reader": "union", "cohorts": {"lgg": {"modality": "brain", "lead_channel": 1}, "busi": {"modality": "breast"}}}


def test_cohorts_to_leave_out_are_a_list_also_on_the_command_line():
    assert RouterOptions(unseen="lgg+figshare").unseen == RouterOptions(unseen=["lgg", "figshare"]).unseen == ("lgg", "figshare")


def test_a_union_names_its_cohorts_with_their_modality():
    ingestion = parse_parameters({"raw_root": "data", "ingestion": UNION}).ingestion
    assert {name: (member.modality, member.lead_channel) for name, member in ingestion.cohorts.items()} == {
        "lgg": ("brain", 1),
        "busi": ("breast", 0),
    }


@pytest.mark.parametrize(
    ("member", "sentence"),
    [
        ({"modalty": "brain"}, r"Unknown parameter `ingestion.cohorts.x.modalty` .* Did you mean `ingestion.cohorts.x.modality`"),
        ({}, r"Parameter `ingestion.cohorts.x.modality` is missing"),
    ],
)
def test_a_mistake_in_a_member_is_named_with_its_cohort(member, sentence):
    with pytest.raises(UserError, match=sentence):
        parse_parameters({"raw_root": "data", "ingestion": {"reader": "union", "cohorts": {"x": member}}})
