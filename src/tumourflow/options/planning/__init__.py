"""What a cohort and a machine give cause to change of the default parameters."""

from tumourflow.options.planning.cohort import Cohort
from tumourflow.options.planning.costs import Machine
from tumourflow.options.planning.rules import make_plan

__all__ = ["Cohort", "Machine", "make_plan"]
