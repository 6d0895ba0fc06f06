"""Prompt text, kept as data and never edited after release."""
