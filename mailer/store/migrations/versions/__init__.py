"""One file per step, named after its revision; ``mailer.store.migrations.REVISIONS`` lists them in order."""
