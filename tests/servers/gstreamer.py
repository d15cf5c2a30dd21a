"""Fixtures: gstreamer. (placeholder until its owner writes it)"""
