"""``clamshell plugins``: list the policies of other packages."""

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """List installed policies of other packages.

    A scenario uses one by its name, such as routing = "acme:newest"; its options stand in the table
    [plugins."acme:newest"]. clamshell help plugins says how to write one.
    """
    from clamshell_tui.plugins import installed
    from clamshell_tui.report.aligned import aligned
    from clamshell_tui.text import show

    found = list(installed())
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    if not found:
        click.echo("No policy of another package is installed: clamshell help plugins.", err=True)
        return
    rows = [["kind", "name", "package"]]
    rows += [[one.kind, show(one.name), show(f"{one.distribution} {one.version}")] for one in found]
    click.echo("\n".join(aligned(rows, names=3)))
