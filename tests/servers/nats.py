"""Fixtures: nats. (placeholder until its owner writes it)"""
