"""Running notebooks: failures by name, the kernel's reach and end, pages that repeat byte by byte."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import nbformat.v4 as nb
import psutil
import pytest
from click.testing import CliRunner

from workbench.cli import main
from workbench.cli.report import report
from workbench.errors import InputError, ReportError
from workbench.report.build import NOTEBOOKS, build_reports
from workbench.report.kept import keep_outputs
from workbench.report.runner import read_notebook, run_notebook
from workbench.spec.case import DESIGNS

PARAMETERS = 'case = "none"  # case\nnumber = 1  # a number'


def write(path, *sources):
    """Writes a notebook whose cells are named `cell0` and so on, behind its parameters."""
    cells = [nb.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}, id="parameters")]
    cells += [nb.new_code_cell(source, id=f"cell{number}") for number, source in enumerate(sources)]
    nbformat.write(nb.new_notebook(cells=cells), path)
    return path


@pytest.fixture
def records(tmp_path):
    """The folder of shared results."""
    return tmp_path / "records"


def test_kernel_listens_on_loopback_only_and_keeps_out_of_the_home(tmp_path, records, monkeypatch) -> None:
    """The kernel is this interpreter, takes parameters, and neither other hosts nor the home know of it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    path = write(
        tmp_path / "10_x.ipynb",
        "import sys, psutil\n"
        "print(sys.executable, number)\n"
        "print({c.laddr.ip for c in psutil.Process().net_connections() if c.status == psutil.CONN_LISTEN})",
        "from workbench.report.record import record, recorded\nrecord('x', {'y': 2})\nprint(recorded('x'))",
    )
    cells = run_notebook(path, {"number": 5}, records, progress=False).cells
    assert cells[2].outputs[0].text == f"{sys.executable} 5\n{{'127.0.0.1'}}\n"
    assert cells[3].outputs[0].text == "{'y': 2}\n"
    assert (records / "x.json").exists()
    assert list(home.iterdir()) == []


def test_failing_cell_is_named_with_its_error(tmp_path, records) -> None:
    """One line says notebook, cell, kind of error and message; the cells behind it do not run."""
    marker = tmp_path / "ran"
    path = write(tmp_path / "10_x.ipynb", "1 / 0", f"open({str(marker)!r}, 'w').close()")
    with pytest.raises(ReportError) as caught:
        run_notebook(path, {}, records, progress=False)
    assert str(caught.value) == "10_x.ipynb: cell cell0: ZeroDivisionError: division by zero"
    assert not marker.exists()


def test_lost_kernel_is_named_with_its_cell(tmp_path, records) -> None:
    """A kernel that is killed, as when memory runs out, is an error of its notebook and cell."""
    path = write(tmp_path / "10_x.ipynb", "import os\nos.kill(os.getpid(), 9)")
    with pytest.raises(ReportError) as caught:
        run_notebook(path, {}, records, progress=False)
    assert str(caught.value) == "10_x.ipynb: cell cell0: DeadKernelError: Kernel died"


def test_unknown_parameter_stops_before_the_run(tmp_path, records) -> None:
    """The allowed names are listed, and no kernel has started."""
    marker = tmp_path / "ran"
    path = write(tmp_path / "10_x.ipynb", f"open({str(marker)!r}, 'w').close()")
    with pytest.raises(InputError) as caught:
        run_notebook(path, {"nmber": 2}, records, progress=False)
    assert str(caught.value) == (
        "10_x.ipynb: parameters.nmber: unknown parameter; got 'nmber', allowed case, number. "
        "Did you mean `number`?"
    )
    assert not marker.exists()


def test_broken_notebook_file_is_named(tmp_path) -> None:
    """A file that is no notebook is wrong input, not a traceback."""
    path = tmp_path / "10_x.ipynb"
    path.write_text("{")
    with pytest.raises(InputError, match=re.escape(f"{path}: not a readable notebook; got")):
        read_notebook(path)


def test_killed_run_takes_its_kernel_along(tmp_path, records) -> None:
    """After SIGKILL of the run no kernel is left within seconds."""
    marker = tmp_path / "pid"
    source = f"import os, time\nopen({str(marker)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    path = write(tmp_path / "10_x.ipynb", source)
    code = (
        "from pathlib import Path; from workbench.report.runner import run_notebook; "
        f"run_notebook(Path({str(path)!r}), {{}}, Path({str(records)!r}), progress=False)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as run:
        while not (marker.exists() and marker.read_text()):
            assert run.poll() is None
            time.sleep(0.05)
        kernel = psutil.Process(int(marker.read_text()))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    psutil.wait_procs([kernel], timeout=30)
    assert not kernel.is_running()


@pytest.fixture(scope="module")
def hostile_case(tmp_path_factory):
    """A case whose title is a script."""
    directory = tmp_path_factory.mktemp("cases") / "algoitny"
    shutil.copytree(DESIGNS / "algoitny", directory)
    design = (directory / "design.yaml").read_text(encoding="utf-8")
    title = 'title: "<script>alert(1)</script> $x_1$"'
    (directory / "design.yaml").write_text(
        re.sub("(?m)^title: .*$", lambda _: title, design), encoding="utf-8"
    )
    return directory


@pytest.fixture
def one_notebook(tmp_path):
    """A folder with the notebook of access patterns only."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(NOTEBOOKS / "01_access_patterns.ipynb", folder)
    return folder


def test_pages_repeat_byte_by_byte_and_need_nothing_else(tmp_path, hostile_case, one_notebook) -> None:
    """Two runs of a pure notebook give one page: no script, no request, the design's title as text."""
    pages = []
    for name in ("first", "second"):
        build_reports([str(hostile_case)], tmp_path / name, {}, notebooks=one_notebook, progress=False)
        pages.append((tmp_path / name / "algoitny" / "01_access_patterns.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert "<script" not in pages[0]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $x_1$" in pages[0]
    assert not re.search(r"""(?:src|href)=["'](?!data:|\.\./index\.html|\d\d_\w+\.html)""", pages[0])
    assert "@import" not in pages[0]
    assert "url(" not in pages[0]


def test_failing_notebook_leaves_the_last_good_report(tmp_path, hostile_case, one_notebook) -> None:
    """The run names the failure; pages and index are those of the last good run."""
    reports = tmp_path / "reports"
    build_reports([str(hostile_case)], reports, {}, notebooks=one_notebook, progress=False)
    before = {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()}
    write(one_notebook / "02_bad.ipynb", "raise ValueError('no\\nluck')")
    with pytest.raises(ReportError, match=r"^02_bad\.ipynb: cell cell0: ValueError: no"):
        build_reports([str(hostile_case)], reports, {}, notebooks=one_notebook, progress=False)
    assert {path: path.read_bytes() for path in reports.rglob("*") if path.is_file()} == before


def test_command_refuses_what_it_cannot_run(tmp_path, monkeypatch, capsys) -> None:
    """An unknown engine is a usage error; a folder in the way ends with exit code 1 and one line."""
    assert CliRunner().invoke(report, ["--engine", "oracle"]).exit_code == 2
    place = tmp_path / "reports"
    place.write_text("in the way")
    monkeypatch.setattr(sys, "argv", ["workbench", "report", "algoitny", "--output", str(place)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_region_without_prices_is_refused_before_the_run(tmp_path) -> None:
    """The regions that have prices are listed, and nothing was written."""
    with pytest.raises(InputError) as caught:
        build_reports(["algoitny"], tmp_path / "reports", {"region": "mars-1"}, progress=False)
    message = str(caught.value)
    assert message.startswith("--region: has no DynamoDB prices; got mars-1, allowed af-")
    assert "us-east-1" in message
    assert not (tmp_path / "reports").exists()


def test_every_notebook_is_where_the_command_looks() -> None:
    """The folder of notebooks lies beside the package, begins with the summary and leaves no number out."""
    names = [path.stem for path in sorted(Path(NOTEBOOKS).glob("*.ipynb"))]
    assert names[0] == "00_summary"
    assert [int(name[:2]) for name in names] == list(range(len(names)))


def test_kept_outputs_are_those_of_a_run(tmp_path) -> None:
    """Only the tagged cell keeps what it showed, without a count; a notebook without one is untouched."""
    path = write(tmp_path / "10_x.ipynb", "'passing'", "'lasting'")
    before = path.read_bytes()
    assert not keep_outputs(path)
    assert path.read_bytes() == before
    notebook = read_notebook(path)
    notebook.cells[2].metadata["tags"] = ["keep_output"]
    nbformat.write(notebook, path)
    assert keep_outputs(path)
    first, second = read_notebook(path).cells[1:]
    assert first.outputs == []
    assert second.outputs[0].data["text/plain"] == "'lasting'"
    assert second.outputs[0].execution_count is None
