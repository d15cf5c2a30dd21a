"""Fixtures: s3. (placeholder until its owner writes it)"""
