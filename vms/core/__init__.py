"""The floor everything stands on: nouns, time, errors, media syntax, the bus.

What belongs here: what two rooms must agree on. What does not: policy of one room, HTTP, SQL.
"""
