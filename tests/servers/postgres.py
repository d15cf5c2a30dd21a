"""Fixtures: postgres. (placeholder until its owner writes it)"""
