"""What becomes of an event after the 202: its runs, on a virtual clock."""
