"""Statistics of evidence: conclusions from two series, or from one over time.

Pure functions on arrays; docs/findings.md says which question each test answers. Import the modules
where they are needed, because they load SciPy.
"""
