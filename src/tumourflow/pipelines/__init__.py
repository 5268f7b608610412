"""The rooms of the corridor, one folder each."""
