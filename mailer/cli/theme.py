"""``mailer theme``: which templates make the look of a mail, and a copy of one to change."""

from __future__ import annotations

import click

from mailer.cli.frame import Installation, newsletter_for, pass_installation, say


@click.group()
def theme() -> None:
    """Change how mail looks, one file at a time."""


@theme.command("list")
@pass_installation
def list_themes(installation: Installation) -> None:
    """Name the themes and their files; those of your own are marked."""
    from mailer.flows.theme import all_themes, files_of
    from mailer.resources import template_folders

    settings = installation.settings_or_default
    folders = template_folders(settings.templates)
    users = {newsletter.theme: key for key, newsletter in settings.newsletters.items()}
    for name in all_themes(folders):
        say(f"{name}  (newsletter {users[name]})" if name in users else name)
        for file in files_of(name, folders):
            say(f"  {file.name}{'  your own' if file.is_own else ''}")


@theme.command(
    epilog="""\b
Examples:
  mailer theme eject footer.mjml                into templates/issue/ beside mailer.toml
  mailer theme eject prose.css --theme plain    as the theme "plain" has it
"""
)
@click.argument("file")
@click.option("--theme", "name", metavar="NAME", help="Whose file; else the newsletter's own theme.")
@click.option("--newsletter", metavar="NAME", help="Which newsletter, when there are several.")
@click.option("--force", is_flag=True, help="Put the shipped file in the place of your copy.")
@pass_installation
def eject(installation: Installation, file: str, name: str | None, newsletter: str | None, force: bool) -> None:
    """Copy the template FILE into `templates/`, where your changes to it win over ours."""
    from mailer.flows.theme import eject as copy_out
    from mailer.resources import template_folders

    settings = installation.settings_or_default
    chosen = name or newsletter_for(installation, newsletter, []).theme
    folders = template_folders(settings.templates)
    target = copy_out(file, chosen, folders, settings.folder / "templates", again=force)
    say(str(target))
    say("It is used from now on: mailer preview shows each change. Delete it to have ours again.", err=True)
