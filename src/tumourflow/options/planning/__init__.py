"""What a cohort, a machine and a budget give cause to change of the default parameters."""

from tumourflow.options.planning.budget import Cohort
from tumourflow.options.planning.costs import Machine
from tumourflow.options.planning.rules import make_plan

__all__ = ["Cohort", "Machine", "make_plan"]
