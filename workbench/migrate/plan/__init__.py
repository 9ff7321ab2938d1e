"""Runs a plan in phases on real engines while an application reads and writes, and goes back when it must."""
