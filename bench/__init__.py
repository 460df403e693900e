"""Speed, measured as ratios against a limit measured in the same run. `python -m bench`; see docs/performance.md."""
