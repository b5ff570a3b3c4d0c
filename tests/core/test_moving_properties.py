"""Moves on small random boards: at each moment, and in the end, every rule holds for whoever comes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from small_batches import NAMES, candidates, demands, sometimes

from podctl.core.model import Resources
from podctl.core.moving.board import Board, Piece
from podctl.core.moving.draining import drain
from podctl.core.moving.search import Search
from podctl.core.moving.waves import after
from podctl.core.placement import Policy
from podctl.core.placement.checker.check import check

BINPACK = Policy()
capacities = st.builds(
    Resources, cpu_millis=st.integers(3, 6), memory_bytes=st.integers(3, 8), pods=st.sampled_from([None, None, 4])
)


@st.composite
def boards(draw):
    """Pods somewhere where they may be, not as few Minions as could be; and those that found no place.

    Some may not move, or not be there twice.
    """
    between, wide = draw(st.booleans()), draw(sometimes)
    names = NAMES[: draw(st.integers(2, 4))]
    bare = [
        replace(draw(candidates(name, wide=wide)), used=(), ready=True, capacity=draw(capacities)) for name in names
    ]
    board, waiting = Board(bare=tuple(bare), pieces={}), []
    for number in range(draw(st.integers(4, 9))):
        asked = draw(demands(f"p{number}", between=between, wide=wide))
        wants = replace(asked, cpu_millis=draw(st.integers(1, 3)), memory_bytes=1)
        tied = bool(wants.claims or wants.node_name)
        piece = Piece(
            name=f"u{number}", stands=wants, wants=wants, movable=not tied and not draw(sometimes),
            overlaps=not tied and not wants.host_ports and not draw(sometimes),
        )  # fmt: skip
        where = (at for at in draw(st.permutations(names)) if not check([wants], board.candidates(), [at]))
        if at := next(where, None):
            homes = {claim for claim in wants.claims if not any(claim in each.claims for each in board.bare)}
            bound = (replace(each, claims=each.claims | homes) if each.name == at else each for each in board.bare)
            board = replace(board, bare=tuple(bound)).put([(piece, at)])
        else:
            waiting.append(piece)
    return board, waiting


def faults(board):
    """Of all Pods where they are."""
    pieces = list(board.pieces.values())
    return check([replace(each.stands, home=at) for each, at in pieces], board.bare, [at for _, at in pieces])


def overfull(board, extra=()):
    """Only what the Minions cannot hold, with `extra` copies on them."""
    demands = [piece.stands for piece, _ in board.pieces.values()] + [piece.wants for piece, _ in extra]
    bare = [replace(each, labels={}, taints=(), unschedulable=False) for each in board.bare]
    plain = [
        replace(each, node_selector={}, required_terms=None, node_name="", near=(), apart=(), spreads=(), claims=())
        for each in demands
    ]
    return check(plain, bare, [at for _, at in board.pieces.values()] + [at for _, at in extra])


def stepped(board, waves):
    """The Board in the end, each wave held against every rule and every capacity while it goes on."""
    for wave in waves:
        stopped = board.without([each.piece for each in wave if not each.overlap])
        targets = [each.target for each in wave]
        assert check([each.piece.wants for each in wave], stopped.candidates(), targets) == ()
        assert set(overfull(stopped, [(each.piece, each.target) for each in wave])) <= set(overfull(board))
        assert all(each.piece.overlaps for each in wave if each.overlap)
        assert all(board.where(each.piece) == each.source != each.target for each in wave)
        board = after(board, wave)
    return board


@settings(deadline=None, max_examples=60)
@given(boards(), st.data())
def test_a_drain_empties_its_minions_of_all_that_fits_elsewhere_and_breaks_no_rule(drawn, data):
    board, _ = drawn
    names = data.draw(st.sets(st.sampled_from([each.name for each in board.bare]), min_size=1))
    leaving = [each for name in sorted(names) for each in board.on(name) if each.movable]
    done = drain(board, names, leaving, BINPACK, len(leaving))
    end = stepped(board, done.waves.waves)
    assert done.waves.left == ()
    left = {each.name for name in names for each in end.on(name)}
    stuck = {piece.name for piece, _ in done.stuck}
    assert left == stuck | {each.name for name in names for each in board.on(name) if not each.movable}
    assert all(name not in names for name in (each.target for each in done.waves.moves))
    assert {each.name for each, _ in end.pieces.values()} == set(board.pieces)
    for _, answer in done.stuck:
        assert set(answer.reasons) == {each.name for each in board.bare}
        assert all(answer.reasons[name] == "is being drained" for name in names if name in answer.reasons)


@settings(deadline=None, max_examples=40)
@given(boards(), st.data())
def test_a_drain_of_some_moves_at_a_time_comes_to_an_end_and_each_part_is_valid(drawn, data):
    board, _ = drawn
    name = data.draw(st.sampled_from([each.name for each in board.bare]))
    most = data.draw(st.integers(1, 3))
    leaving = [each for each in board.on(name) if each.movable]
    done = drain(board, [name], leaving, BINPACK, most)
    assert len(done.waves.moves) <= most
    assert len(done.waves.moves) + len(done.waves.left) + len(done.stuck) == len(leaving)
    stepped(board, done.waves.waves)


@settings(deadline=None, max_examples=60)
@given(boards(), st.integers(1, 5))
def test_moves_that_free_minions_free_them_and_leave_everything_as_right_as_it_was(drawn, most):
    board, _ = drawn
    search = Search(board, BINPACK)
    moved = []
    while gain := search.freeing(most - len(moved)):
        before = search.board
        end = stepped(before, gain.waves.waves)
        search.take(gain)
        moved += [each.piece.name for each in gain.waves.moves]
        assert end.on(gain.frees) == ()
        assert end.used == before.used - {gain.frees}
        assert set(faults(end)) <= set(faults(before))
        assert search.board.used == end.used
    assert len(moved) == len(set(moved)) <= most
    assert all(board.pieces[name][0].movable for name in moved)


@settings(deadline=None, max_examples=60)
@given(boards(), st.integers(0, 5))
def test_a_pod_that_waits_gets_a_place_by_valid_moves_or_none(drawn, most):
    board, waiting = drawn
    for piece in waiting:
        search = Search(board, BINPACK)
        gain = search.letting_in(piece, most)
        if gain:
            end = stepped(board, gain.waves.waves)
            assert len(gain.waves.moves) <= most
            assert check([piece.wants], end.candidates(), [gain.minion]) == ()
            assert set(faults(end)) <= set(faults(board))


@settings(deadline=None, max_examples=50)
@given(boards(), st.randoms(use_true_random=False))
def test_the_same_cluster_gives_the_same_moves_whatever_the_order_of_its_minions(drawn, random):
    board, _ = drawn
    bare, pieces = list(board.bare), list(board.pieces.items())
    random.shuffle(bare)
    random.shuffle(pieces)
    other = Board(bare=tuple(bare), pieces=dict(pieces))

    def moves(of):
        gain = Search(of, BINPACK).freeing(5)
        return gain and (gain.frees, [(each.piece.name, each.source, each.target) for each in gain.waves.moves])

    assert moves(board) == moves(other)
