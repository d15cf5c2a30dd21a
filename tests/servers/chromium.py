"""Fixtures: chromium. (placeholder until its owner writes it)"""
