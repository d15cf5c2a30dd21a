"""Who asks, and whether they may: passwords, sessions, login back-off, policy.

What belongs here: decisions about people. What does not: HTTP (`vms.api`) and the tables
(`storage.index`). Nothing here owns a task. See docs/design/api.md.
"""
