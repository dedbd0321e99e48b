"""Findings: what the counts and predictions of logs show, ranked by evidence."""
