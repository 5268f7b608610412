"""What lies on disk becomes cases: one module a layout."""
