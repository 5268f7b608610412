"""Options of the router room."""

from pydantic import Field

from tumourflow.options.base import Listed, Options


class RouterOptions(Options):
    """How the network that tells modalities apart, and refuses what is none of them, is taught and judged.

    Attributes:
        images: Images of each cohort that are trained on, at most, so that a large cohort does not rule; whole patients' in turn.
        acceptance: Share of the genuine validation images that the threshold lets pass.
        intruders: Pictures drawn of each kind that is to be refused.
        unseen: Cohorts that are left out in turn: each time a network is trained without one and tested on it.
    """

    images: int = Field(default=300, ge=1)
    acceptance: float = Field(default=0.99, gt=0.5, lt=1)
    intruders: int = Field(default=40, ge=1, le=10_000)
    unseen: Listed[str] = ()
