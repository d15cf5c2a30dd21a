"""Run by alembic; connection, transaction and lock come from `storage.index.migrate`."""

from alembic import context

from storage.index.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
