"""The migration while the application runs: who answers, how the other database follows, and who watches."""

from workbench.migrate.live.answers import Answer, NotAllowedError, OutcomeUnknownError
from workbench.migrate.live.application import LiveApplication
from workbench.migrate.live.cutover import begin_dual_write, cut_over, end_dual_write, go_back, probe_writes
from workbench.migrate.live.flags import Flags, FlagStore
from workbench.migrate.live.judging import Fault, Judgement, judge
from workbench.migrate.live.replication import Documented, Guaranteed, Replication, replication
from workbench.migrate.live.replicator import replicating
from workbench.migrate.live.router import Router, ShadowReport
from workbench.migrate.live.state import engine_state, source_state
from workbench.migrate.live.tally import ApplicationResult
from workbench.migrate.live.witness import Witness

__all__ = [
    "Answer",
    "ApplicationResult",
    "Documented",
    "Fault",
    "FlagStore",
    "Flags",
    "Guaranteed",
    "Judgement",
    "LiveApplication",
    "NotAllowedError",
    "OutcomeUnknownError",
    "Replication",
    "Router",
    "ShadowReport",
    "Witness",
    "begin_dual_write",
    "cut_over",
    "end_dual_write",
    "engine_state",
    "go_back",
    "judge",
    "probe_writes",
    "replicating",
    "replication",
    "source_state",
]
