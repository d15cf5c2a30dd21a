"""One machine, nothing to configure: the roles and their servers as child processes of one command.

What belongs here: starting, restarting and stopping processes, the data directory, the
demonstration. What does not: what a role does. Each process has one task, in `Household.keep`.
"""
