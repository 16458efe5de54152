"""One check, or a family of checks that share a connection, per file; ``mailer.doctor.registry`` names all."""
