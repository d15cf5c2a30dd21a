"""Benchmarks: ratios against a named baseline run side by side in the same call, never bare times.

One module a benchmark, `record_cpu_ratio.py` for `record-cpu-ratio`; each runs alone as
`python -m tests.bench.<module>`, prints what it compares and calls `tests.bench.result.write`.
`make bench` runs all of them, `make bench ONLY=name[,name]` some.
"""
