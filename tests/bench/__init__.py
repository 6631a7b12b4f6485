"""What the service costs on this machine, every figure beside a unit measured in the same run: `make bench`.

data      a team to measure with, small or large, poured into the database in bulk
inside    calls within this process
outside   requests over HTTP, from many clients at once
table     goals, medians, and the page they are written to
"""
