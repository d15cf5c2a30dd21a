"""Fixtures: cameras. (placeholder until its owner writes it)"""
