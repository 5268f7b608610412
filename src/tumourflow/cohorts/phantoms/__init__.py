"""The embedded cohort: synthetic brain slices with tumours, written as a public cohort is laid out."""

from tumourflow.cohorts.phantoms.ensure import ensure_phantoms
from tumourflow.cohorts.phantoms.patient import PhantomPatient, PhantomSlice, draw_patient, draw_slices
from tumourflow.cohorts.phantoms.write import write_phantoms

__all__ = ["PhantomPatient", "PhantomSlice", "draw_patient", "draw_slices", "ensure_phantoms", "write_phantoms"]
