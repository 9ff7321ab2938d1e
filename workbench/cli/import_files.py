"""`workbench import-files`: writes the files of an import from S3, and the request that imports them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.migrate.import_files import ImportFiles


@click.command("import-files")
@click.argument("case")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--postgres-url", help="The source; by default an embedded server with drawn rows.")
@click.option("--users", default=1000, show_default=True, type=click.IntRange(1), help="Population.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Chooses the rows.")
@click.option("--region", default="us-east-1", show_default=True, help="AWS region whose quotas hold.")
def import_files(  # noqa: PLR0913, PLR0917 - one option each
    case: str, folder: Path, postgres_url: str | None, users: int, seed: int, region: str
) -> None:
    """Write the rows of CASE to FOLDER as DynamoDB's import from S3 reads them.

    With --postgres-url the rows that the source has are written, and a run that was cut off goes on when the
    same command is run again. FOLDER/import.json holds the ImportTable request of each table.
    """
    from workbench.engines import open_postgres  # noqa: PLC0415 - heavy
    from workbench.migrate.import_files import write_import  # noqa: PLC0415 - heavy
    from workbench.migrate.source import load_source  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    loaded = load_case(case)
    with open_postgres(postgres_url) as postgres:
        if postgres_url is None:
            load_source(loaded, postgres, users, seed)
        for files in write_import(loaded, postgres, folder, region):
            click.echo(_line(files))


def _line(files: ImportFiles) -> str:
    return (
        f"{files.table}: {files.items:,} items in {files.objects:,} files, "
        f"{files.size_bytes / 1e6:,.1f} MB, billed as {files.text_bytes / 2**30:,.3f} GB"
    )
