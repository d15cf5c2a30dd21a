"""Handlers, one module per noun. Thin: read the call, ask the rooms, say it in a schema."""
