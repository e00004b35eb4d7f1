"""What the library costs in RAM and time, measured in simulated time.

    python3 -m bench            all figures: a table, and bench/results.json
    python3 -m bench cost ram   some of them
    python3 -m bench --profile  where the time goes; --profile native: with that engine
    python3 -m bench --document puts bench/results.json into docs/performance.md and the README

`jobs` says what is measured, `budgets` what it may cost. An emulated Pico (`rig`) with a module
model on its UART (`model`) runs `device`; the 32-bit unix port runs `figures`, for RAM.
"""
