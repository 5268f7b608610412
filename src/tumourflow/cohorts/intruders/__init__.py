"""Pictures that are neither a brain nor a breast: what a router must refuse."""

from tumourflow.cohorts.intruders.kinds import TEST_KINDS, VALIDATION_KINDS, Intruder, list_intruders

__all__ = ["TEST_KINDS", "VALIDATION_KINDS", "Intruder", "list_intruders"]
