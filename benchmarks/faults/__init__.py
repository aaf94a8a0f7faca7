"""Faults: what is left after a command was killed, starved or disturbed, and what a repeat gives.

    python -m benchmarks.faults --kills 120 --seed 1 --out faults

`corpora` makes what goes in, `cases` says which commands are tried, `children` starts and kills
them, `checks` looks at what lies there. One module a fault: `kills`, `disk`, `unreadable`,
`broken_cache`, `clock`, `twice`. `counts` adds up.
"""
