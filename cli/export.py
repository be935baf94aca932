"""`loglake export`: a table, a view or a query as files in S3, day by day, and later what changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from cli.athena import Athena, literal
from cli.errors import CODES, NOT_FOUND, Failure
from cli.reach import Reach, reach_options
from export import files, source
from export.books import Chunk, Manifest, read_manifest
from export.files import Form, Unload
from export.place import Place
from export.run import Export, ExportError, key_of, newest, run
from export.source import Source, SourceError
from infra.views import view_definition

_S3 = re.compile(r"s3://([a-z0-9][a-z0-9.-]+)/?(.*)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class CatalogAndBooks:
    """The lake as an export asks it: the Glue catalog for folders, Athena for the books and for counts."""

    glue: Any
    athena: Athena
    database: str

    def definitions(self) -> dict[str, str]:
        """Tables and views by name: a view's SQL, '' for a table. Raw tables, which only the jobs read, are none."""
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.database)
        every = [one for page in pages for one in page["TableList"]]
        return {
            one["Name"]: view_definition(one["ViewOriginalText"])["originalSql"] if _is_view(one) else ""
            for one in every
            if _is_view(one) or "Orc" in one["StorageDescriptor"].get("InputFormat", "")
        }

    def folders(self, tables: Sequence[str], first: str, last: str) -> dict[tuple[str, str], str]:
        """See export.run.Lake."""
        bounds = [f"calendarday >= {literal(first)}"] * bool(first) + [f"calendarday <= {literal(last)}"] * bool(last)
        only = {"Expression": " AND ".join(bounds)} if bounds else {}
        found = {}
        for table in tables:
            pages = self.glue.get_paginator("get_partitions").paginate(
                DatabaseName=self.database, TableName=table, ExcludeColumnSchema=True, **only
            )
            for one in (partition for page in pages for partition in page["Partitions"]):
                found[table, one["Values"][-1]] = one["StorageDescriptor"]["Location"]
        return found

    def generations(self, tables: Sequence[str]) -> dict[tuple[str, str, str], tuple[int, int]]:
        """See export.run.Lake."""
        rows = self.athena.values(
            "SELECT tablename, publishedday, folder, max(generation), max_by(rowsout, generation) FROM lake_generations"
            f" WHERE tablename IN ({', '.join(map(literal, tables))}) GROUP BY tablename, publishedday, folder"
        )
        return {(str(t), str(d), str(f)): (int(g or 0), int(n or 0)) for t, d, f, g, n in rows}

    def count(self, sql: str) -> int:
        """See export.run.Lake."""
        return int(self.athena.values(f"SELECT count(*) FROM (\n{sql}\n)")[0][0] or 0)


def _is_view(table: dict[str, Any]) -> bool:
    return bool(table.get("TableType") == "VIRTUAL_VIEW")


@click.command(epilog=CODES)
@click.option("--table", help="A table: from_cloudtrail_readready, lake_ledger, ...")
@click.option("--view", help="A view: sessions, transcript, ...")
@click.option("--sql", metavar="SQL|FILE", help="A query of your own, with ? where the day stands.")
@click.option("--from", "first", metavar="YYYY-MM-DD", help="The first day. Default: the lake's first.")
@click.option("--to", "to", multiple=True, required=True, metavar="DAY|s3://...", help="The last day, and the target.")
@click.option("--format", "form", type=click.Choice(files.FORMS), default="parquet", show_default=True)
@click.option("--since", metavar="MANIFEST|last", help="Only days that changed since that export.")
@reach_options
def export(
    at: Reach,
    table: str | None,
    view: str | None,
    sql: str | None,
    first: str | None,
    to: tuple[str, ...],
    form: str,
    since: str | None,
) -> None:
    """Export a table, a view or a query to S3, a day at a time, checked.

    \b
      loglake export --table from_cloudtrail_readready --from 2026-03-01 --to 2026-03-31 --to s3://mine/events
      loglake export --view sessions --format csv --to s3://mine/sessions
      loglake export --view sessions --format csv --to s3://mine/sessions --since last
      loglake export --sql "SELECT * FROM sessions WHERE calendarday = ? AND outcome = 'denied'" --to s3://mine/denied

    --to is given for the last day, for the target, or for both. Each day's files lie under calendarday=<day>/; what
    they are, how many rows and which hash is in a manifest, of which the name is printed: that is the bookmark.
    Stopped, the same command makes only the days that are missing. With --since, only days that changed: late
    events, rebuilds and removals included; the manifest says which earlier files each of them replaces. The rows of
    every day are counted against the lake's books. More: docs/export.md.
    """
    last, place = _to(to, at)
    if first and last and first > last:
        raise click.UsageError(f"--from {first} is after --to {last}.")
    lake = CatalogAndBooks(at.glue, at.athena, at.settings.lake.database)
    try:
        wanted = _source(table, view, sql, lake.definitions())
        before = _since(since, place, wanted, cast(Form, form)) if since else None
        aside = Place(place.s3, at.settings.buckets.results, "export/")
        wish = Export(wanted, cast(Form, form), place, aside, _day(first), last, before, since or "")
        manifest = run(wish, lake, unloader(at), datetime.now(UTC), _tell)
    except (SourceError, ExportError) as error:
        raise Failure(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"AWS: {error}") from None
    _report(manifest, place)


def unloader(at: Reach) -> Unload:
    """UNLOAD by awswrangler in the lake's workgroup."""
    import awswrangler as wr  # takes two seconds, and no other command needs it

    def unload(sql: str, folder: str, form: str, compression: str) -> None:
        try:
            wr.athena.unload(
                sql,
                folder,
                at.settings.lake.database,
                form,
                compression,
                workgroup=at.athena.workgroup,
                boto3_session=at.session,
                athena_query_wait_polling_delay=0.2,
            )
        except (wr.exceptions.QueryFailed, wr.exceptions.QueryCancelled, wr.exceptions.InvalidArgumentValue) as error:
            raise ExportError(f"Athena: {error}") from None

    return unload


def _to(given: tuple[str, ...], at: Reach) -> tuple[str, Place]:
    """The last day ('' for none) and the target."""
    targets = [match for one in given if (match := _S3.fullmatch(one))]
    days = [one for one in given if _DAY.fullmatch(one)]
    if len(targets) != 1 or len(days) > 1 or len(targets) + len(days) != len(given):
        raise click.UsageError("--to takes one target, s3://bucket/folder, and besides it at most one day.")
    prefix = targets[0][2].strip("/")
    session = at.session or boto3.session.Session()
    client = session.client("s3", region_name=at.settings.lake.region)
    return _day(days[0] if days else None), Place(client, targets[0][1], f"{prefix}/" if prefix else "")


def _day(text: str | None) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat() if text else ""  # noqa: DTZ007 - a day
    except ValueError:
        raise click.UsageError(f"{text!r} is not a day, yyyy-mm-dd.") from None


def _source(table: str | None, view: str | None, sql: str | None, catalog: dict[str, str]) -> Source:
    if sum(one is not None for one in (table, view, sql)) != 1:
        raise click.UsageError("name what to export by one of --table, --view and --sql.")
    if sql is None:
        return source.of_name(str(table or view).lower(), catalog)
    if not re.search(r"\s", sql.strip()):
        try:
            sql = Path(sql).read_text(encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"--sql {sql}: {error.strerror}") from None
    return source.of_sql(sql.strip().removesuffix(";"), catalog)


def _since(bookmark: str, place: Place, wanted: Source, form: Form) -> Manifest:
    """The manifest that the export goes on from. Raises Failure if there is none, or it is of something else."""
    if bookmark == "last":
        found = newest(place, wanted, form)
        if found is None:
            raise Failure(f"there is no earlier export of this in {place.url}", "Make one: without --since.", NOT_FOUND)
        return found
    match = _S3.fullmatch(bookmark)
    content = Place(place.s3, match[1], "").get(match[2]) if match else None
    if content is None:
        raise Failure(f"{bookmark} is no manifest", "It is what an export prints at its end; or say last.", NOT_FOUND)
    manifest = read_manifest(content)
    if manifest.sql != wanted.sql:
        raise Failure(f"{bookmark} is of another export: {manifest.sql}")
    return manifest


def _tell(chunk: Chunk, was_there: bool) -> None:
    size = sum(one.bytes for one in chunk.files)
    done = "was there" if was_there else f"{len(chunk.files)} files, {size / 1e6:,.1f} MB"
    click.echo(f"{chunk.day}  {chunk.rows:>12,} rows  {done}", err=True)


def _report(manifest: Manifest, place: Place) -> None:
    replaced = sum(bool(one.replaces) for one in manifest.chunks)
    click.echo(
        f"{len(manifest.chunks)} days, {manifest.rows:,} rows; {replaced} replace earlier ones, "
        f"{len(manifest.gone)} are gone",
        err=True,
    )
    if manifest.chunks or manifest.gone:
        click.echo(f"{place.url}{key_of(manifest)}")
    else:
        click.echo(manifest.since if manifest.since != "last" else "nothing changed since the last export", err=True)
