"""Statistics of evidence: what two series, or one over time, let us conclude.

Pure functions on arrays. DESIGN.md, section 10, says which of them answers which question; modules
are imported by those who need them, since they load SciPy.
"""
