"""Local files as a tar and back, and tars that somebody made with bad intent."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podctl.engine.archive import pack, unpack
from podctl.errors import PodctlError

NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: not {0, 47} & set(name) and name not in (b".", b".."))


def packed(source, name="top"):
    sent = bytearray()
    warnings = pack(source, name, (5, 6), sent.extend)
    return bytes(sent), warnings


def in_chunks(data, size=1000):
    return iter([data[at : at + size] for at in range(0, len(data), size)])


def tree(root):
    """Every path below the root with what it is."""
    found = {}
    for folder, folders, files in os.walk(root):
        for each in (*folders, *files):
            path = Path(folder) / each
            seen = path.lstat()
            what = f"-> {path.readlink()}" if path.is_symlink() else "folder" if path.is_dir() else path.read_bytes()
            found[str(path.relative_to(root))] = (what, None if path.is_symlink() else stat.S_IMODE(seen.st_mode))
    return found


def evil(*entries):
    """A tar of (name, type, link target or content), below a folder `top`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        top = tarfile.TarInfo("top")
        top.type, top.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(top)
        for name, kind, content in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = kind, 0o6777
            data = content.encode() if kind == tarfile.REGTYPE else b""
            entry.linkname, entry.size = "" if data else content, len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def test_a_tree_comes_back_as_it_was(tmp_path):
    source = tmp_path / "source"
    (source / "a b" / "deep").mkdir(parents=True)
    (source / "a b").chmod(0o750)
    (source / "empty").touch(0o600)
    (source / "-x").write_bytes(b"\0\xff" * 100_000)
    (source / "q'\"\n$(x)").write_text("quoted")
    (source / ("n" * 200)).write_text("long")
    (source / "a b" / "link").symlink_to("../empty")
    (source / "folder link").symlink_to("a b")
    data, warnings = packed(source)
    assert (warnings, unpack(in_chunks(data), str(tmp_path / "back"))) == ([], [])
    assert tree(tmp_path / "back") == tree(source)


@settings(max_examples=50)
@given(st.dictionaries(NAMES, st.tuples(st.binary(max_size=2000), st.integers(0, 0o777)), max_size=5))
def test_any_names_contents_and_modes_come_back(files):
    with tempfile.TemporaryDirectory() as folder:
        source, back = Path(folder) / "source", Path(folder) / "back"
        source.mkdir()
        for name, (data, mode) in files.items():
            path = source / os.fsdecode(name)
            path.write_bytes(data)
            path.chmod(mode)
        data, _ = packed(source)
        assert unpack(in_chunks(data, 700), str(back)) == []
        assert tree(back) == {os.fsdecode(name): value for name, value in files.items()}


def test_everything_belongs_to_the_owner_that_is_given(tmp_path):
    (tmp_path / "f").touch()
    with tarfile.open(fileobj=io.BytesIO(packed(tmp_path)[0])) as tar:
        assert [(each.name, each.uid, each.gid) for each in tar] == [("top", 5, 6), ("top/f", 5, 6)]


def test_what_is_no_file_is_left_out_by_name(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "f").touch()
    data, warnings = packed(tmp_path)
    assert warnings == [f"{tmp_path / 'pipe'}: left out: neither a file, a folder nor a link"]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == ["top", "top/f"]


def test_a_link_that_is_named_is_followed(tmp_path):
    (tmp_path / "f").write_text("x")
    (tmp_path / "link").symlink_to("f")
    assert unpack(in_chunks(packed(tmp_path / "link")[0]), str(tmp_path / "copy")) == []
    assert tree(tmp_path)["copy"][0] == b"x"


def test_a_file_goes_to_the_name_into_the_folder_or_to_a_folder_that_is_not_there_nowhere(tmp_path):
    (tmp_path / "f").write_text("new")
    data, _ = packed(tmp_path / "f", "f")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("an older and longer text")
    for target in ("folder", "file", "made/on/the/way"):
        assert unpack(in_chunks(data), str(tmp_path / target)) == []
    found = [(tmp_path / each).read_text() for each in ("folder/f", "file", "made/on/the/way")]
    assert found == ["new"] * 3
    with pytest.raises(PodctlError, match="no such folder here"):
        unpack(in_chunks(data), f"{tmp_path}/missing/")


def test_a_folder_is_merged_into_one_that_is_there_and_never_replaces_a_file(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "new").touch()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old").touch()
    data, _ = packed(tmp_path / "source")
    unpack(in_chunks(data), str(tmp_path / "there"))
    assert sorted(tree(tmp_path / "there")) == ["new", "old"]
    with pytest.raises(PodctlError, match="is a file"):
        unpack(in_chunks(data), str(tmp_path / "there" / "old"))


ESCAPES = {
    "a name with ..": [("top/../../out", tarfile.REGTYPE, "bad")],
    "an absolute name": [("/tmp/podctl-test-escape", tarfile.REGTYPE, "bad")],
    "a link to an absolute path": [("top/l", tarfile.SYMTYPE, "/etc"), ("top/l/out", tarfile.REGTYPE, "bad")],
    "a link upwards": [("top/l", tarfile.SYMTYPE, ".."), ("top/l/out", tarfile.REGTYPE, "bad")],
    "a link through a link": [("top/b", tarfile.SYMTYPE, "a/../x"), ("top/a", tarfile.SYMTYPE, ".")],
    "a link in a link": [("top/a", tarfile.SYMTYPE, "."), ("top/a/a/x", tarfile.SYMTYPE, "../..")],
    "another name of a file outside": [("top/h", tarfile.LNKTYPE, "/etc/passwd")],
    "another name through ..": [("top/h", tarfile.LNKTYPE, "top/../../secret")],
    "a device": [("top/null", tarfile.CHRTYPE, "")],
}


@pytest.mark.parametrize("entries", ESCAPES.values(), ids=ESCAPES)
def test_nothing_is_written_outside_and_what_was_left_out_is_said(tmp_path, entries):
    (tmp_path / "secret").write_text("secret")
    target = tmp_path / "below" / "target"
    before = tree(tmp_path)
    warnings = unpack(in_chunks(evil(*entries)), str(target))
    assert warnings
    outside = {name: what for name, what in tree(tmp_path).items() if not name.startswith("below")}
    assert outside == before
    assert not Path("/tmp/podctl-test-escape").exists()
    for path in target.rglob("*"):
        assert path.resolve().is_relative_to(target)


def test_a_link_that_was_there_is_not_written_through(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "file").write_text("mine")
    target = tmp_path / "target"
    target.mkdir()
    (target / "d").symlink_to(tmp_path / "outside")
    (target / "f").symlink_to(tmp_path / "file")
    warnings = unpack(
        in_chunks(evil(("top/d/x", tarfile.REGTYPE, "bad"), ("top/f", tarfile.REGTYPE, "new"))), str(target)
    )
    assert warnings == [f"top/d/x: left out: it leads out of {target}"]
    assert ((tmp_path / "file").read_text(), (target / "f").read_text()) == ("mine", "new")
    assert tree(tmp_path / "outside") == {}


def test_two_names_of_one_file_stay_so_and_setuid_does_not(tmp_path):
    entries = [("top/a", tarfile.REGTYPE, "x"), ("top/b", tarfile.LNKTYPE, "top/a")]
    assert unpack(in_chunks(evil(*entries)), str(tmp_path / "t")) == []
    assert tree(tmp_path / "t") == {"a": (b"x", 0o777), "b": (b"x", 0o777)}


def test_an_archive_that_breaks_off_is_an_error(tmp_path):
    data = evil(("top/a", tarfile.REGTYPE, "x" * 100_000))
    with pytest.raises(tarfile.TarError):
        unpack(in_chunks(data[:50_000]), str(tmp_path / "t"))
    with pytest.raises(tarfile.TarError):
        unpack(iter(()), str(tmp_path / "u"))
