from tumourflow.curation.turns import deal_turns
from tumourflow.options import SplittingOptions


def test_published_folds_leak_in_the_turns_that_tear_somebody_apart_and_in_no_other(make_cases):
    cases = make_cases({f"p{n:02}": [n + 1, 0] for n in range(12)})
    cases["official_fold"] = cases["patient"].str[1:].astype(int) % 3
    cases.loc[cases["patient"] == "p02", ["family", "group"]] = "p01"
    dealt = deal_turns(cases, SplittingOptions(validation=0.2), 0, None, range(3), "official")
    assert dealt.groupby("turn")["leaky"].first().tolist() == [False, True, True]


def test_whole_patients_leak_in_no_turn(make_cases):
    dealt = deal_turns(make_cases({f"p{n:02}": [n + 1, 0] for n in range(12)}), SplittingOptions(validation=0.2), 0, 3, range(3))
    assert not dealt["leaky"].any()


def test_published_folds_that_are_not_at_hand_have_no_turn(make_cases):
    """As where a cohort's files of folds 1 and 3 were not downloaded: turns are counted without a gap."""
    cases = make_cases({f"p{n:02}": [n + 1, 0] for n in range(12)})
    cases["official_fold"] = 2 * (cases["patient"].str[1:].astype(int) % 3)
    dealt = deal_turns(cases, SplittingOptions(validation=0.2), 0, None, [0, 2, 4], "official")
    tested = dealt[dealt["split"] == "test"].merge(cases[["case_id", "official_fold"]], on="case_id")
    assert tested.groupby("turn")["official_fold"].unique().map(list).to_dict() == {0: [0], 1: [2], 2: [4]}
