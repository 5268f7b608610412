"""Integrity, the ledger, splits and the gate against leakage."""
