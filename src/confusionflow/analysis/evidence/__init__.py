"""Statistics of evidence: conclusions from two series, or from one over time.

Pure functions on arrays. DESIGN.md, section 10, says which of them answers which question; modules
are imported by those who need them, since they load SciPy.
"""
