"""The HTTP side: one table of routes, who may call each, and what is said in JSON.

What belongs here: HTTP, and turning it into calls of the rooms. What does not: decisions about
rights (`vms.auth`), video (`player`), tables (`storage`). `vms.api.server.serve` owns the tasks.
See docs/design/api.md.
"""
