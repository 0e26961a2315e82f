"""The record of a run, as lines of JSON and as a page. Imported if an option asks for it."""
