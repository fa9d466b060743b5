"""What a person is told of a workspace whose file or folder can't be used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from storage import Workspace
from storage.database_errors import explain
from storage.errors import (
    WorkspaceDamaged,
    WorkspaceLocked,
    WorkspaceNewer,
    WorkspaceReadOnly,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_locked_workspace_names_the_process_that_holds_it_and_the_way_out(tmp_path: Path) -> None:
    code = (
        "import sys; from storage import Workspace; w = Workspace(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WorkspaceLocked, match=f"process {holder.pid}") as caught:
            Workspace(tmp_path)
        assert str(tmp_path) in caught.value.message
        assert "Close the app" in caught.value.remedy
    finally:
        holder.communicate()
    Workspace(tmp_path).close()


def test_a_workspace_that_was_killed_opens_again_with_all_that_was_committed(tmp_path: Path) -> None:
    code = (
        "import os, sys; from storage import Workspace; w = Workspace(sys.argv[1]); "
        "[w.jobs.create('k', str(n), 1) for n in range(20)]; os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    with Workspace(tmp_path) as workspace:
        assert len(workspace.jobs.find()) == 20
        assert workspace.jobs.create("k", "next", 1) == 21


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed workspace with some megabytes in it."""
    root = tmp_path_factory.mktemp("filled")
    with Workspace(root) as workspace:
        workspace.database.write(
            "CREATE TABLE plain AS SELECT md5(range::TEXT) AS a, md5((range * 7)::TEXT) AS b FROM range(60000)"
        )
    return root


@pytest.fixture
def copy(filled: Path, tmp_path: Path) -> Path:
    """The database file of a copy of that workspace."""
    shutil.copytree(filled, tmp_path / "copy")
    return tmp_path / "copy" / "handpicked.duckdb"


def read_all(root: Path) -> list[dict[str, Any]]:
    """Open a workspace and read every value of it."""
    with Workspace(root) as workspace:
        return workspace.database.rows("SELECT count(*) AS n, bit_xor(hash(a, b)) AS h FROM plain")


@pytest.mark.parametrize("content", [b"", b"x", b"not a database\n" * 5000], ids=["empty", "one byte", "text"])
def test_a_file_that_is_no_database_is_called_damaged_and_left_alone(copy: Path, content: bytes) -> None:
    copy.write_bytes(content)
    with pytest.raises(WorkspaceDamaged, match="is damaged") as caught:
        Workspace(copy.parent)
    assert str(copy) in caught.value.message
    assert "Move it away" in caught.value.remedy
    assert copy.read_bytes() == content


def test_flipped_bytes_are_found_out_wherever_they_matter(copy: Path) -> None:
    whole = copy.read_bytes()
    expected = read_all(copy.parent)
    found = 0
    for place in range(0, len(whole), len(whole) // 12):
        data = bytearray(whole)
        data[place : place + 64] = bytes(byte ^ 0xFF for byte in data[place : place + 64])
        copy.write_bytes(data)
        try:
            assert read_all(copy.parent) == expected, "a wrong value was read without a word"
        except WorkspaceDamaged:
            found += 1
    assert found > 5


def test_a_file_cut_short_is_called_damaged(copy: Path) -> None:
    data = copy.read_bytes()
    copy.write_bytes(data[: len(data) // 2])
    with pytest.raises(WorkspaceDamaged):
        read_all(copy.parent)


def test_a_file_of_a_newer_duckdb_is_called_newer(tmp_path: Path) -> None:
    said = RuntimeError(
        "IO Error: Trying to read a database file with storage version number 99, but we can only read …"
    )
    assert isinstance(explain(said, tmp_path / "x.duckdb"), WorkspaceNewer)


def as_nobody(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python as a user without rights here; as whoever we are, where we have none to give up."""
    drop = "import os; os.getuid() or (os.setgid(65534), os.setuid(65534))\n"
    command = [sys.executable, "-c", f"import storage\n{drop}{code}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


OPEN = """
import sys
from storage import Workspace
from storage.errors import WorkspaceReadOnly
try:
    Workspace(sys.argv[1])
except WorkspaceReadOnly as error:
    print(error)
else:
    print("opened")
"""


@pytest.mark.parametrize("there", ["workspace", "empty folder", "nothing"])
def test_a_folder_that_can_not_be_written_to_is_called_so(there: str, copy: Path) -> None:
    root = copy.parent if there == "workspace" else copy.parent / "sub"
    if there == "empty folder":
        root.mkdir()
    # The interpreter's own way to the folder must stay open to nobody.
    for folder in (copy.parent, *copy.parent.parents):
        if (
            os.access(folder, os.W_OK)
            and folder.stat().st_uid == os.getuid()
            and folder.name.startswith(("pytest", "test_"))
        ):
            folder.chmod(0o755)
    for path in [copy.parent, *copy.parent.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = as_nobody(OPEN, root)
    finally:
        copy.parent.chmod(0o755)
    assert "can't be" in done.stdout, done.stderr
    assert str(root) in done.stdout
    assert "--workspace" in done.stdout


def test_a_file_in_place_of_the_folder_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(WorkspaceReadOnly, match="can't be used as a workspace"):
        Workspace(tmp_path / "file")
