"""`loglake ask`: the questions of `sql/questions`, each a command whose options are the question's parameters."""

from __future__ import annotations

import difflib
import shlex
from typing import Any

import click

from cli import home, show
from cli.athena import Athena
from cli.errors import CODES
from cli.place import place_options
from cli.safe import safe
from sql.question import ASKERS, Parameter, Question, QuestionError, questions

_DAYS = ("from", "to")


class Questions(click.Group):
    """A group with a command a question; names have dashes where the files have underscores."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """By who asks, then by name."""
        every = sorted(questions(home.settings()).values(), key=lambda one: (ASKERS.index(one.asker), one.name))
        return [command_name(one) for one in every]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """A section for each asker."""
        every = questions(home.settings()).values()
        for asker in ASKERS:
            with formatter.section(f"{asker.title()}s ask"):
                formatter.write_dl([(command_name(one), one.title) for one in every if one.asker == asker])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that question. Raises UsageError, with the names that are near, if there is none."""
        every = questions(home.settings())
        found = every.get(cmd_name.replace("-", "_"))
        if found is None:
            near = difflib.get_close_matches(cmd_name, [command_name(one) for one in every.values()])
            hint = f"There are {', '.join(near)}." if near else "All of them: loglake ask."
            raise click.UsageError(f"there is no question {safe(cmd_name)!r}. {hint}", ctx)
        return command(found)


@click.group(cls=Questions, epilog=CODES, subcommand_metavar="QUESTION ...", invoke_without_command=True)
@click.pass_context
def ask(context: click.Context) -> None:
    """Ask one of the questions that auditors, responders and managers ask.

    \b
      loglake ask                                                        which questions there are
      loglake ask role-changes --help                                    what one needs and costs
      loglake ask role-changes --day 2026-03-02
      loglake ask lines-with-text --from 2026-03-01 --to 2026-03-31 --text /etc/shadow --format json

    They are files of Athena SQL, sql/questions; in AWS they are the workgroup's saved queries as well. All of them:
    docs/questions.md. What none of them asks: loglake query.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def command_name(question: Question) -> str:
    """As it is typed: role-changes."""
    return question.name.replace("_", "-")


def command(question: Question) -> click.Command:
    """The question as a command."""
    ranged = all(any(one.name == day for one in question.parameters) for day in _DAYS)

    @show.option
    @click.option("--raw", is_flag=True, help="With csv: the exact text, control characters and formulas included.")
    @place_options
    def run(athena: Athena, form: str, raw: bool, day: str | None = None, **values: Any) -> None:
        show.raw_with(form, raw)
        given = {name.removeprefix("value_"): value for name, value in values.items()}
        show.show(athena.ask(question.sql, literals(question, given, day)), form, raw)
        if question.needs:  # or "no rows" would be read as "nothing happened"
            click.echo(f"Complete only if the lake keeps it. Needs: {question.needs}.", err=True)

    options: list[click.Parameter] = [_option(one, ranged) for one in question.parameters]
    if ranged:
        options.insert(0, click.Option(["--day"], metavar="YYYY-MM-DD", help="One day: --from and --to at once."))
    made = click.command(name=command_name(question), help=_help(question), short_help=question.title, epilog=CODES)(
        run
    )
    made.params = options + made.params
    return made


def literals(question: Question, given: dict[str, str | None], day: str | None) -> list[str]:
    """ExecutionParameters for these options. Raises UsageError."""
    if day is not None:
        if any(given.get(one) is not None for one in _DAYS):
            raise click.UsageError("--day is one day; --from and --to are the first and the last of several.")
        given = {**given, **dict.fromkeys(_DAYS, day)}
    values = {name: value for name, value in given.items() if value is not None}
    if missing := [f"--{one.name}" for one in question.parameters if one.name not in values]:
        raise click.UsageError(f"{command_name(question)} needs {' and '.join(missing)}. {_example(question)}")
    try:
        found = question.literals(values)
    except QuestionError as error:
        raise click.UsageError(f"--{error}.") from None
    if values.get("from", "") > values.get("to", "~"):
        raise click.UsageError(f"--from {values['from']} is after --to {values['to']}.")
    return found


def _option(parameter: Parameter, ranged: bool) -> click.Option:
    metavar = {"day": "YYYY-MM-DD", "time": "TIME", "text": "TEXT", "number": "N"}[parameter.type]
    required = " Required." if not (ranged and parameter.name in _DAYS) else ""
    return click.Option(
        [f"--{parameter.name}", f"value_{parameter.name}"],
        metavar=metavar,
        help=f"{parameter.meaning[0].upper()}{parameter.meaning[1:]}.{required}",
    )


def _help(question: Question) -> str:
    lines = [question.title, "", "\b", f"  {_example(question)}", "", f"Cost: {question.cost}."]
    if question.needs:
        lines += ["", f"Needs: {question.needs}."]
    return "\n".join(lines)


def _example(question: Question) -> str:
    options = (f"--{one.name} {shlex.quote(one.example)}" for one in question.parameters)
    return f"loglake ask {command_name(question)} {' '.join(options)}"
