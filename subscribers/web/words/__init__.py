"""The words of the pages for people, one file for each language."""
