"""The command line: options in, exit codes out. What a command does lives in the module of that name."""

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from scenarios.errors import EXIT_OWN_FAULT, EXIT_USAGE, BadInput, StormdrillError
from scenarios.harmless import harmless
from scenarios.plugins import PATH_VARIABLE
from scenarios.target.signing import ALLOW_CODE_VARIABLE

# Typer carries a click of its own and shows only some of its exceptions; the base of this one is all wrong usage.
_UsageError = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")

app = typer.Typer(
    name="stormdrill",
    help="Rehearse a mobile-banking campaign before launch: the crowd, the failures, the audit, one word.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

target_app = typer.Typer(help="Attach a campaign service: a file to start from, and each of its operations tried before any load.")
app.add_typer(target_app, name="target")

_MOST_HERE = 64
_INTERRUPTED = 130
"""What Typer makes of Ctrl-C."""


Out = Annotated[Path, typer.Option("--out", help="where run folders are made")]
RunFolder = Annotated[Path, typer.Argument(help="a run folder, as runs/latest")]


@app.callback()
def door(
    path: Annotated[list[Path] | None, typer.Option("--path", help="a folder of your own scenarios, targets, journeys…")] = None,
    *,
    allow_code: Annotated[bool, typer.Option("--allow-code", help="let a target's file name an installed signing hook")] = False,
) -> None:
    """Rehearse a mobile-banking campaign before launch: the crowd, the failures, the audit, one word."""
    if allow_code:
        os.environ[ALLOW_CODE_VARIABLE] = "1"
    if path:
        inherited = os.environ.get(PATH_VARIABLE, "")
        os.environ[PATH_VARIABLE] = os.pathsep.join([*(str(folder.resolve()) for folder in path), *filter(None, [inherited])])


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="name or file of a scenario")] = "flash-sale",
    *,
    target: Annotated[str | None, typer.Option(help="name or file of a target, instead of the scenario's")] = None,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="load processes; on this machine 64 at most")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, help="instead of the scenario's: other people, other arrivals")] = None,
    web: Annotated[bool, typer.Option("--web", help="Locust's web page beside the run, on a free port")] = False,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metrics", metavar="[HOST:]PORT|otlp:URL", help="a page for Prometheus, or a push to OpenTelemetry; may be repeated"
        ),
    ] = None,
    out: Out = Path("runs"),
    master: Annotated[bool, typer.Option("--master", help="take the load from that many `stormdrill work` on other machines")] = False,
    master_bind_host: Annotated[str, typer.Option(help="the address they reach it by; * is all of this machine's")] = "127.0.0.1",
    master_port: Annotated[int, typer.Option(min=1, max=65535)] = 5557,
    wait: Annotated[float, typer.Option(min=1, help="seconds that they have to come")] = 300,
) -> None:
    """Rehearse a scenario on a target; say PASS, FAIL or INVALID."""
    from scenarios.plugins import load_scenario, load_target  # noqa: PLC0415 - commands load only what they need
    from stormdrill.metrics import open_metrics  # noqa: PLC0415 - as above
    from stormdrill.rehearsal.load_processes import RemoteWorkers  # noqa: PLC0415 - as above
    from stormdrill.rehearsal.loop import Options, rehearse  # noqa: PLC0415 - as above
    from stormdrill.rehearsal.progress import Screen  # noqa: PLC0415 - as above

    if master and web:
        raise BadInput("--web shows load processes of this machine; it cannot be combined with --master")
    if workers > _MOST_HERE and not master:
        raise BadInput(f"{workers} load processes are too many for one machine; allowed: {_MOST_HERE}, or --master and other machines")
    plan = load_scenario(scenario)
    aim = load_target(target or plan.target)
    screen = Screen(plan)
    remote = RemoteWorkers(master_bind_host, master_port, wait) if master else None
    with open_metrics(metrics or [], screen.step) as outlets:
        seeded = plan.seed if seed is None else seed
        verdict = rehearse(Options(plan, aim, seeded, workers, out, web=web, metrics=outlets, remote=remote), screen)
    _say(verdict.word, verdict.sentence, verdict.folder)
    raise typer.Exit(verdict.exit_code)


@app.command()
def work(
    *,
    master_host: Annotated[str, typer.Option(help="where stormdrill run --master runs")],
    master_port: Annotated[int, typer.Option(min=1, max=65535)] = 5557,
    wait: Annotated[float, typer.Option(min=1, help="seconds that the master has to appear")] = 300,
) -> None:
    """Make a share of the load of a master on another machine; ends with its run."""
    from stormdrill.commands.work import become_worker  # noqa: PLC0415 - commands load only what they need

    become_worker(master_host, master_port, wait)


@app.command()
def drill(
    name: Annotated[str, typer.Argument(help="a drill, see: stormdrill list")],
    *,
    target: Annotated[str, typer.Option(help="name or file of a target")] = "embedded",
    seed: Annotated[int, typer.Option(min=0)] = 1,
    out: Out = Path("runs"),
) -> None:
    """One drill over its own steady load."""
    from scenarios.plugins import load_target  # noqa: PLC0415 - commands load only what they need
    from stormdrill.commands.drill import steady_scenario  # noqa: PLC0415 - as above
    from stormdrill.rehearsal.loop import Options, rehearse  # noqa: PLC0415 - as above
    from stormdrill.rehearsal.progress import Screen  # noqa: PLC0415 - as above

    plan = steady_scenario(name)
    verdict = rehearse(Options(plan, load_target(target), seed, 1, out), Screen(plan))
    _say(verdict.word, verdict.sentence, verdict.folder)
    raise typer.Exit(verdict.exit_code)


@target_app.command("check")
def target_check(target: Annotated[str, typer.Argument(help="name or file of a target")]) -> None:
    """Each mapped operation once: request, answer, what was made of it, and what is missing."""
    from scenarios.plugins import load_target  # noqa: PLC0415 - commands load only what they need
    from stormdrill.commands.target import check_target  # noqa: PLC0415 - as above

    raise typer.Exit(check_target(load_target(target), _echo))


@target_app.command("new")
def target_new(
    file: Annotated[Path, typer.Argument(help="where to write it; its name becomes the target's")] = Path("my-service.yaml"),
) -> None:
    """A commented target file to start from."""
    from stormdrill.commands.target import write_starter  # noqa: PLC0415 - commands load only what they need

    write_starter(file)
    typer.echo(f"{_shown(file)} is written; fill it in, then: stormdrill target check {_shown(file)}")


@app.command("try")
def try_(
    journey: Annotated[str, typer.Argument(help="a journey, see: stormdrill list")],
    *,
    target: Annotated[str, typer.Option(help="name or file of a target")] = "embedded",
    seed: Annotated[int, typer.Option(min=0, help="another seed is another customer")] = 1,
) -> None:
    """One customer's journey: its requests and answers, like a story."""
    from scenarios.plugins import load_target  # noqa: PLC0415 - commands load only what they need
    from stormdrill.commands.target import try_journey  # noqa: PLC0415 - as above

    raise typer.Exit(try_journey(journey, load_target(target), seed, _echo))


@app.command()
def judge(folder: RunFolder = Path("runs/latest")) -> None:
    """Findings and verdict again, from the folder alone."""
    import reports  # noqa: PLC0415 - pandas is slow to import
    from scenarios.run.folder import open_run  # noqa: PLC0415 - as above

    verdict = reports.judge_run(open_run(folder).folder)
    _say(verdict.word, verdict.sentence, verdict.folder)
    raise typer.Exit(verdict.exit_code)


@app.command()
def report(folder: RunFolder = Path("runs/latest")) -> None:
    """The report again."""
    import reports  # noqa: PLC0415 - pandas is slow to import
    from scenarios.run.folder import open_run  # noqa: PLC0415 - as above

    typer.echo(_shown(reports.render_run(open_run(folder).folder)))


@app.command()
def heal() -> None:
    """Undo whatever an earlier run left: faults, then worlds whose rehearsal is gone."""
    from stormdrill.commands.heal import heal_all  # noqa: PLC0415 - commands load only what they need

    raise typer.Exit(heal_all(_echo))


@app.command()
def doctor() -> None:
    """What this machine has, lacks, and can bear."""
    from stormdrill.commands.doctor import examine  # noqa: PLC0415 - commands load only what they need

    raise typer.Exit(examine(Console(highlight=False)))


@app.command("list")
def list_() -> None:
    """Scenarios, targets, journeys, faults, drills, checks."""
    from stormdrill.commands.list import show_list  # noqa: PLC0415 - commands load only what they need

    show_list(Console(highlight=False))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
def bank(context: typer.Context) -> None:
    """The embedded target by itself: up, down, status (see: stormdrill bank up --help)."""
    os.execv(sys.executable, [sys.executable, "-m", "mock_bank", *context.args])  # noqa: S606 - becomes the world's own command


def _say(word: str, sentence: str, folder: Path) -> None:
    colour = {"PASS": "green", "FAIL": "red", "INVALID": "yellow"}[word]
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text.assemble((word, f"bold {colour}"), "  ", harmless(sentence)))
    console.print(Text(f"report: {_shown(folder / 'report.html')}"))


def _shown(path: Path) -> str:
    return harmless(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _echo(sentence: str) -> None:
    typer.echo(harmless(sentence))


def run_command_line(arguments: list[str]) -> int:
    """Runs a command; returns its exit code. A user's mistake is one sentence on stderr and 64, never the library's 2."""
    try:
        code = typer.main.get_command(app)(arguments or ["--help"], standalone_mode=False)
    except BadInput as error:
        return _fail(str(error), EXIT_USAGE)
    except StormdrillError as error:
        return _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: a fault of our own has its exit code, and its traceback for us
        if isinstance(error, _UsageError):
            return _fail(_one_line(error), EXIT_USAGE)
        traceback.print_exc()
        return _fail("a fault of its own, see above", EXIT_OWN_FAULT)
    if code == _INTERRUPTED:
        return _fail("stopped before the rehearsal began; nothing is left running", EXIT_OWN_FAULT)
    return code if isinstance(code, int) else 0


def _one_line(error: Exception) -> str:
    """What is wrong, and where to read what is allowed."""
    message = str(getattr(error, "format_message", error.__str__)())
    context = getattr(error, "ctx", None)
    hint = f"; see: {context.command_path} --help" if context else ""
    return " ".join(message.split()).rstrip(".") + hint


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"stormdrill: {harmless(sentence)}\n")
    return code
