"""The record of a run, as lines of JSON and as a page. Imported when an option asks for it."""
