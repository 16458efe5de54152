"""One reader per form in which a mail comes back; ``mailer.bounce.reader`` holds their order."""
