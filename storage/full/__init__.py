"""A store that fills with video which must not go: room is made, alarms ring, some cameras rest.

What belongs here: `levels` (pure: how full, which alarm, whose recording rests), `relief` (making
room with what may go, oldest first), `stopped` (the word to the recorders), `watch` (all of it in
order, a task of retention's role). What does not: rules by age and quota (`storage.retention`), and
whether something is locked, which `garbage.take` asks. docs/design/retention.md.
"""
