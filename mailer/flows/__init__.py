"""The trips: one file for each thing that a person comes here to do."""
