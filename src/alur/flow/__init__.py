"""The process: one folder a stage, one file a step, `map.py` the table of all of them."""
