"""A server whose answers take a known time: `python delay_server.py LOG`.

Prints its port. The operation names the behaviour: `Constant` answers after 1 s, `Brief` after 0.05 s,
`Quick` at once, `Bimodal` after 0.5 s and each tenth time after 1.5 s, `Stall` after 0.2 s but nothing
between 1 s and 2 s after the first request. Each request is a line of the log: operation, how long it really
took [ns], body.
"""

import asyncio
import sys
import time
from itertools import count

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
STALL_BEGIN, STALL_END = 1.0, 2.0


class Server:
    """Answers late, as told."""

    def __init__(self, log) -> None:
        self.log = log
        self.tenth = count()
        self.first: float | None = None

    def delay(self, operation: str, now: float) -> float:
        """Returns how long an answer takes from now on [s]."""
        if operation == "Bimodal":
            return 1.5 if next(self.tenth) % 10 == 9 else 0.5
        if operation == "Stall":
            self.first = now if self.first is None else self.first
            held = STALL_END - (now - self.first) if STALL_BEGIN <= now - self.first < STALL_END else 0.0
            return 0.2 + held
        return {"Constant": 1.0, "Brief": 0.05, "Quick": 0.0}[operation]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection."""
        try:
            while True:
                await self.answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        begin = time.perf_counter_ns()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(fields["Content-Length"]))
        operation = fields["X-Amz-Target"].partition(".")[2]
        await asyncio.sleep(self.delay(operation, begin / 1e9))
        writer.write(HEAD)
        taken = time.perf_counter_ns() - begin
        self.log.write(f"{operation} {taken} {body.decode()}\n")


async def main(path: str) -> None:
    """Serves until standard input ends."""
    with open(path, "w", encoding="utf-8") as log:  # noqa: ASYNC230, PTH123  a test's file
        server = await asyncio.start_server(Server(log).serve, "127.0.0.1", 0, backlog=1000)
        print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  tells its port
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
