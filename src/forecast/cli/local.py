"""Adapt click to the reader's language: the help, refusals of wrong use, and options that verbs share."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click
from click.core import ParameterSource

from forecast.base.errors import SpecError
from forecast.base.indexes import MAIN
from forecast.base.labels import LANGUAGES, catalogue, text
from forecast.base.spec import DEFAULT_AREA, refuse_unknown
from forecast.base.spelling import clean
from forecast.cli.types import (
    ChoiceType,
    DayType,
    FolderType,
    NameType,
    PathType,
    Type,
    WholeType,
    YearType,
    parameter_name,
)
from forecast.data.tables import INDEX_CODES

_YES: Final = frozenset({"có", "co", "c", "yes", "y"})


class LocalOption(click.Option):
    """An option whose help says all itself, without click's English remarks in brackets."""

    def get_help_extra(self, ctx: click.Context) -> Any:  # noqa: ARG002 - click's signature
        """Give no remarks."""
        return {}


class LocalCommand(click.Command):
    """A command whose help has its headings in one language."""

    lang: str

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line of usage under a heading in the language."""
        words = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, words, prefix=text("cli.usage", self.lang) + " ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under a heading in the language."""
        records = (param.get_help_record(ctx) for param in self.get_params(ctx))
        if rows := [record for record in records if record]:
            with formatter.section(text("cli.options", self.lang)):
                formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Give ``--help`` in the language."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = text("cli.help_option", self.lang)
        return option


class Verb(LocalCommand):
    """One verb with its help in one language; the texts are ``cli.<name>.help`` and so on."""

    def __init__(self, name: str, lang: str, params: list[click.Parameter], callback: Callable[..., int]):
        self.lang = lang
        super().__init__(
            name,
            params=params,
            callback=lambda **given: callback(lang=lang, **given),
            help=text(f"cli.{name}.help", lang),
            short_help=text(f"cli.{name}.short", lang),
            options_metavar=text("cli.metavar.options", lang),
            context_settings={"allow_extra_args": True},  # refused in our words
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; an option that takes one value and has two is refused."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        for param, count in Counter(order).items():
            if count > 1 and isinstance(param, click.Option) and not param.multiple and not param.is_flag:
                raise SpecError("cli.option_twice", {"option": param.opts[-1]})
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; words that no parameter takes are refused."""
        if ctx.args:
            raise SpecError("cli.extra_words", {"found": ctx.args, "command": ctx.command_path})
        for param in self.params:
            given = ctx.params.get(param.name or "")
            texts = given if isinstance(given, tuple) else (given,)
            typed = ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
            if typed and any(isinstance(text, str) and not text.strip() for text in texts):
                raise SpecError("spec.empty", {"name": parameter_name(param)})
        return super().invoke(ctx)


Parameter = Callable[[str, str], click.Parameter]  # made for a verb, in a language
Function = TypeVar("Function", bound=Callable[..., int])
_BUILDERS: Final[dict[str, Callable[[str], Verb]]] = {}  # by verb, of the modules imported so far


def verb(name: str, *parameters: Parameter | str, kind: type[Verb] = Verb) -> Callable[[Function], Function]:
    """Make a function a verb of the command line; it gives the exit code.

    A text among the parameters names options that look as in every verb, see `_shared`.
    """

    def register(function: Function) -> Function:
        def build(lang: str) -> Verb:
            split = [
                map(option, group.split()) if isinstance(group, str) else [group] for group in parameters
            ]
            return kind(name, lang, [make(name, lang) for makers in split for make in makers], function)

        _BUILDERS[name] = build
        return function

    return register


def option(name: str, *more: str, **settings: Any) -> Parameter:
    """Give an option, whose help is ``cli.<verb>.<option>``, or ``cli.option.<option>`` as in other verbs."""

    def make(verb: str, lang: str) -> click.Option:
        key = f"cli.{verb}.{name.replace('-', '_')}"
        help_text = text(key if key in catalogue() else f"cli.option.{name.replace('-', '_')}", lang)
        return LocalOption([*more, f"--{name}"], help=help_text, **{**_shared().get(name, {}), **settings})

    return make


def argument(name: str, metavar: str, **settings: Any) -> Parameter:
    """Give a positional argument."""
    return lambda _verb, _lang: click.Argument([name], metavar=metavar, **settings)


def action(*names: str) -> Parameter:
    """Give the argument that names the action of a verb."""
    return argument("action", **choice(names))


def choice(allowed: Sequence[str]) -> dict[str, Any]:
    """Settings of a parameter that takes one of some words."""
    return {"type": ChoiceType(tuple(allowed)), "metavar": "|".join(allowed)}


@cache
def _shared() -> dict[str, dict[str, Any]]:
    """Settings of the options that several verbs have, by name."""
    folders = {name: Path(name) for name in ("data", "notebooks", "reports")}
    flags = ("again", "dry-run", "force", "insist", "no-forecast", "yes", "insecure")
    files = ("scores", "events", "covariates", "summary", "out")
    texts = {"sheet": "", "note": "", "source": None, "indicator": None, "period": None}
    return {
        **{f"{name}-dir": _typed(FolderType(), "PATH", default=path) for name, path in folders.items()},
        **{name: {"is_flag": True} for name in flags},
        **{name: _typed(PathType(), "FILE") for name in files},
        **{name: {"metavar": "TEXT", "default": default} for name, default in texts.items()},
        **{name: _typed(DayType(), "YYYY-MM-DD") for name in ("as-of", "published", "source-day")},
        "target-year": _typed(WholeType(), "YYYY"),  # its range is that of what is forecast
        "year": _typed(YearType(), "YYYY"),
        "by": _typed(NameType(), "TEXT", default=""),
        "index-code": {**choice(INDEX_CODES), "default": MAIN},
        "area": {"metavar": "TEXT", "default": DEFAULT_AREA},
        "column": {"multiple": True, "metavar": "D3=E"},
        "unit": choice(("points", "percent")),
        "workers": _typed(WholeType(), "N"),
        "scheduler": {"metavar": "ADDRESS"},
        "cell-timeout": _typed(WholeType(), "SECONDS", default=300),
        "run-timeout": _typed(WholeType(), "SECONDS", default=1800),
    }


def _typed(kind: Type, metavar: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "metavar": metavar, **more}


class Verbs(LocalCommand, click.Group):
    """The group of all verbs; a verb's module is imported when the verb is asked for."""

    def __init__(self, lang: str, modules: Mapping[str, str]) -> None:
        self.lang = lang
        self.modules = modules
        # `run` takes --lang out before click sees it; it stands here for the help
        language = LocalOption(["--lang"], metavar="vi|en", help=text("cli.lang", lang), expose_value=False)
        super().__init__(
            "forecast",
            params=[language],
            help=text("cli.help", lang),
            options_metavar=text("cli.metavar.options", lang),
            subcommand_metavar=text("cli.metavar.verb", lang),
        )

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the verbs."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a verb's module and build the verb in the language."""
        if cmd_name not in self.modules:
            return None
        importlib.import_module(self.modules[cmd_name])
        return _BUILDERS[cmd_name](self.lang)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuse an unknown verb with the nearest one."""
        name = args[0]
        if name not in self.modules and not name.startswith("-"):
            refuse_unknown(text("cli.verb", self.lang), name, self.modules)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the verbs; the verbs' modules stay unopened."""
        super().format_options(ctx, formatter)
        with formatter.section(text("cli.verbs", self.lang)):
            formatter.write_dl([(name, text(f"cli.{name}.short", self.lang)) for name in self.modules])


def confirm(question: str, *, yes: bool) -> bool:
    """Ask a person, unless `yes` was said on the command line; anything but a yes is a no.

    Raises
    ------
    SpecError
        If nobody is there to answer.
    """
    if yes:
        return True
    click.echo(question + " ", nl=False)
    answer = sys.stdin.readline()
    if not answer:
        click.echo()
        raise SpecError("additions.yes_needed")
    return clean(answer).casefold() in _YES


def refuse_foreign(owners: Mapping[str, Sequence[str]], action: str) -> None:
    """Refuse options that were typed and belong to other actions of the verb."""
    for name in typed_options():
        actions = owners.get(name, (action,))
        if action not in actions:
            raise SpecError("cli.only", {"option": f"--{name}", "action": ", ".join(actions)})


def refuse_without(other: str, names: str, *, given: bool) -> None:
    """Refuse options that were typed and mean nothing unless the option `other` is given."""
    refuse_foreign(dict.fromkeys(names.split(), (f"--{other}",)), f"--{other}" if given else "")


def refuse_beside(other: str, names: str, *, given: bool) -> None:
    """Refuse options that were typed and mean nothing if the option `other` is given."""
    for name in typed_options():
        if given and name in names.split():
            raise SpecError("cli.beside", {"option": f"--{name}", "other": f"--{other}"})


def typed_options() -> tuple[str, ...]:
    """Name the options of the running command that were typed, without their dashes."""
    context = click.get_current_context()
    typed = [param for param in context.command.params if isinstance(param, click.Option)]
    return tuple(
        param.opts[-1].removeprefix("--")
        for param in typed
        if context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    )


def require_options(command: str, options: Mapping[str, Any]) -> None:
    """Refuse a command that lacks options which only some of its actions need; name all that are missing."""
    missing = [option for option, value in options.items() if value is None]
    if missing:
        raise SpecError("cli.missing_option", {"option": missing, "command": f"forecast {command}"})


def refuse_language(lang: str) -> NoReturn:
    """Refuse a language that the catalogue does not have."""
    if not lang:
        raise SpecError("spec.empty", {"name": "--lang"})
    refuse_unknown("--lang", lang, LANGUAGES)


def refusal_text(error: click.ClickException, lang: str) -> str:
    """Write click's refusal in the language, with the way to the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "forecast"
    facts: dict[str, Any] = {"command": command, "detail": error.format_message()}
    key = "cli.wrong_use"
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or ())
        key = "cli.no_such_option_near" if near else "cli.no_such_option"
        facts |= {"option": error.option_name, "near": near}
    elif isinstance(error, click.MissingParameter):
        argument = isinstance(error.param, click.Argument)
        key = "cli.missing_argument" if argument else "cli.missing_option"
        facts["argument" if argument else "option"] = parameter_name(error.param)
    elif isinstance(error, click.BadOptionUsage):
        key = "cli.option_without_value"
        facts["option"] = error.option_name
    return text(key, lang, **facts)
