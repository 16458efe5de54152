"""One file per step; see CONTRIBUTING."""
