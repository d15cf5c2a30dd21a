"""The command line: `vms run | api | record | play | retain | demo | …`. Nothing is decided here.

Exit codes: 0 done or stopped, 1 what we can say in words (on standard error), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vms import __version__
from vms.core.errors import Invalid, VmsError
from vms.core.model import Role
from vms.core.secret import Secret

if TYPE_CHECKING:
    from vms.settings import Settings

Command = Callable[[argparse.Namespace], Awaitable[int | None]]


def main(argv: Sequence[str] | None = None) -> int:
    """The program `vms`. Returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(words).parse_args(words)
    try:
        return asyncio.run(until_told(arguments.command(arguments))) or 0
    except (VmsError, BaseExceptionGroup) as error:
        print(f"vms: {_in_words(error)}", file=sys.stderr)
        return 1


async def until_told(work: Coroutine[None, None, int | None]) -> int | None:
    """Run `work`; Ctrl-C or SIGTERM cancels it in order, a second one kills what is left."""
    doing = asyncio.ensure_future(work)
    told = False

    def tell() -> None:
        nonlocal told
        if told:
            _kill()
        told = True
        doing.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell)
    try:
        return await doing
    except asyncio.CancelledError:
        if not told:
            raise
        return 0


def _in_words(error: BaseException) -> str:
    """A task group wraps what its tasks raised; what is no VmsError is a bug and shows as one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if not isinstance(error, VmsError):
        raise error
    return str(error)


def _kill() -> None:
    from vms.machine.child import kill_all

    kill_all()
    os._exit(1)


def parser(asked: Sequence[str] = ()) -> argparse.ArgumentParser:
    """`asked`: what will be parsed. Only `demo-camera` among them costs loading its codecs, and
    `verify` the database's library."""
    whole = argparse.ArgumentParser(
        prog="vms", description="Matakota VMS: records every camera of a city, shows it, finds it."
    )
    whole.add_argument("--version", action="version", version=__version__)
    whole.add_argument("--config", type=Path, help="settings file (default: ./vms.toml)")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(command=command)
        return made

    add("run", _run, "everything on one machine, nothing to configure")
    for role, words in _ROLES.items():
        if role != "record":
            add(role, _role(role), words)
    record = add("record", _record, _ROLES["record"])
    record.add_argument("--worker", type=int, help="one process of them only, by its number from 0")
    demo = add("demo", _demo, "simulated cameras, recording, the web application, a printed login")
    demo.add_argument(
        "--camera", action="append", default=[], metavar="URL", help="add a real one (repeatable)"
    )
    demo_camera = add("demo-camera", _demo_camera, "simulated cameras only")
    if "demo-camera" in asked:
        _add_demo_camera(demo_camera)
    add("config", _config, "the settings in force, secrets masked")
    healthy = add("healthy", _healthy, "whether a role on this machine is ready (exit code 0)")
    healthy.add_argument("role", choices=_ROLES)
    migrate = add("migrate", _migrate, "bring index and store up to this version")
    migrate.add_argument("--new-key", action="store_true", help="make the key file first")
    verify = add("verify", _verify, "check the archive: rows, objects, hashes, the chain")
    if "verify" in asked:
        _add_verify(verify)
    add("rebuild-index", _rebuild_index, "put back what the store holds and the index does not")
    _add_plan(add("plan", _plan, "how much room and traffic a site needs"))
    probe = add("probe", _probe, "try a camera and say in words what it offers")
    probe.add_argument("url", help="rtsp://host/path; the password is asked for")
    probe.add_argument("--user", default="", help="user of the camera")
    _add_user(add("user", _user, "add a user or set a password; it is read from the terminal"))
    return whole


_ROLES = {
    "api": "the API and the web application",
    "record": "a recorder",
    "play": "a player",
    "retain": "retention",
}


def _add_demo_camera(made: argparse.ArgumentParser) -> None:
    from vms.demo.cameras import add_arguments

    add_arguments(made)


def _add_verify(made: argparse.ArgumentParser) -> None:
    from storage.integrity.findings import Level

    made.add_argument(
        "--level",
        type=Level,
        choices=list(Level),
        default=Level.SIZE,
        help="how deep; each looks at what the ones before it do (default: size)",
    )
    made.add_argument(
        "--camera", type=int, action="append", default=[], help="one by its number (repeatable)"
    )
    made.add_argument("--mbps", type=float, help="megabytes a second that may be read")


def _add_plan(made: argparse.ArgumentParser) -> None:
    made.add_argument("--cameras", type=int, required=True)
    made.add_argument("--mbps", type=float, required=True, help="Mbit/s a camera, all it records")
    made.add_argument("--days", type=float, required=True, help="how long it is kept")
    made.add_argument("--hours", type=float, default=24.0, help="recorded a day (default: 24)")
    made.add_argument("--streams", type=int, default=1, help="recorded a camera (default: 1)")


def _add_user(made: argparse.ArgumentParser) -> None:
    made.add_argument("what", choices=("add", "passwd"))
    made.add_argument("name")
    made.add_argument("--role", type=Role, choices=list(Role), default=Role.ADMINISTRATOR)


async def _run(arguments: argparse.Namespace) -> None:
    from vms.machine.run import run

    _logs(arguments, "run")
    await run(os.environ, arguments.config)


def _role(role: str) -> Command:
    async def start(arguments: argparse.Namespace) -> None:
        from vms.app import run_role
        from vms.settings import Place

        await run_role(Place(role), _logs(arguments, role))

    return start


async def _record(arguments: argparse.Namespace) -> None:
    """One recorder process, or as many as the settings say, kept running."""
    from vms.app import run_role
    from vms.settings import Place

    settings = _logs(arguments, "record")
    if arguments.worker is None and settings.workers > 1:
        from vms.machine.workers import keep_workers

        await keep_workers(settings, os.environ, arguments.config)
        return
    number = arguments.worker or 0
    if not 0 <= number < settings.workers:
        raise Invalid(f"there are workers 0 to {settings.workers - 1}: VMS_RECORD__WORKERS")
    await run_role(Place("record", number, settings.workers), settings)


async def _demo(arguments: argparse.Namespace) -> None:
    from vms.machine.demo import demo

    await demo(os.environ, arguments.config, arguments.camera)


async def _demo_camera(arguments: argparse.Namespace) -> None:
    from vms.demo.cameras import run
    from vms.log import set_up
    from vms.settings.sections import LogSection

    set_up(LogSection(), "demo")
    await run(arguments)


async def _config(arguments: argparse.Namespace) -> None:
    from vms.settings import load
    from vms.settings.show import shown

    print(shown(load(os.environ, arguments.config), os.environ, arguments.config))


async def _healthy(arguments: argparse.Namespace) -> int:
    from vms.ops import ask
    from vms.settings import Place, load

    settings = load(os.environ, arguments.config)
    count = settings.workers if arguments.role == "record" else 1
    places = [Place(arguments.role, number, count) for number in range(count)]
    found = [await ask(settings.ops.host, place.port(settings)) for place in places]
    for place, (_, words) in zip(places, found, strict=True):
        print(words if count == 1 else f"{place.node(settings)}: {words}")
    return 0 if all(ready for ready, _ in found) else 1


async def _migrate(arguments: argparse.Namespace) -> None:
    from vms.app import make_key, prepare

    settings = _logs(arguments, "migrate")
    if arguments.new_key:
        make_key(settings.key_file)
    await prepare(settings)


async def _verify(arguments: argparse.Namespace) -> int:
    from vms.machine.archive import verify_archive

    rate = arguments.mbps * 1e6 if arguments.mbps else None
    settings = _logs(arguments, "verify")
    return await verify_archive(settings, arguments.level, arguments.camera, rate)


async def _rebuild_index(arguments: argparse.Namespace) -> int:
    from vms.machine.archive import rebuild_index

    return await rebuild_index(_logs(arguments, "rebuild-index"))


async def _plan(arguments: argparse.Namespace) -> None:
    from storage.capacity import Site, needs, words

    asked = (arguments.cameras, arguments.mbps, arguments.days, arguments.hours, arguments.streams)
    print(words(Site(*asked), needs(Site(*asked))))


async def _probe(arguments: argparse.Namespace) -> int:
    from recorder.probe import probe
    from recorder.rtsp.urls import split_credentials

    url, user, password = split_credentials(arguments.url)
    secret = Secret(password)
    if arguments.user and not password:
        secret = _password("password of the camera: ")
    report = await probe(url, arguments.user or user, secret)
    print(report.words())
    return 0 if report.ok else 1


async def _user(arguments: argparse.Namespace) -> None:
    from vms.machine.users import set_user

    settings = _logs(arguments, "user")
    password = _password(f"new password of {arguments.name}: ")
    await set_user(settings, arguments.name, password, arguments.role, arguments.what == "add")


def _logs(arguments: argparse.Namespace, role: str) -> Settings:
    """The settings in force, with logs written as they say."""
    from vms.log import set_up
    from vms.settings import load

    settings = load(os.environ, arguments.config)
    set_up(settings.log, role)
    return settings


def _password(prompt: str) -> Secret:
    """Asked for at a terminal, else one line of standard input; never an argument."""
    if sys.stdin.isatty():
        return Secret(getpass.getpass(prompt))
    line = sys.stdin.readline()
    if not line:
        raise Invalid("no password came on standard input")
    return Secret(line.rstrip("\r\n"))


if __name__ == "__main__":
    sys.exit(main())
