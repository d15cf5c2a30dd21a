"""Fuzzing of everything that reads what a camera sends: `python -m tests.fuzz --minutes 10`.

`targets` are the readers with what must hold of them, `mutate` spoils good input, `runner` counts,
times and tells. A short run with fixed seeds is part of the unit tests.
"""
