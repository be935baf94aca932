"""What work will take, before it is done: files, time, money; and what other settings would lose.

costs.py        what a file, a megabyte and a day cost, measured once; corrected by the runs that were
estimate.py     work to an estimate
waiting.py      what the next run finds
differences.py  two lake.toml side by side
simulate.py     a day's raw objects under both
"""
