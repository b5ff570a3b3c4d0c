"""`podctl adopt` as its user meets it: what it says of what it would take; Minions without docker."""

from __future__ import annotations

from observed import manifest


def test_a_rehearsal_names_every_pod_with_its_minion_and_why_it_is_needed(shop, web, job, capsys):
    shop.minion("alpha", web).minion("beta", job)
    assert shop.podctl("adopt", "--dry-run") == 0
    shown = capsys.readouterr()
    assert shown.out == "pod/job of batch adopted on beta (dry run)\npod/web of default adopted on alpha (dry run)\n"
    assert shown.err == (
        "a new Document would be written: there are Pods on alpha, beta, but no Document that names them\n"
    )


def test_a_second_copy_is_named_before_anything_is_asked(shop, web, capsys):
    shop.minion("alpha", web).minion("beta", web)
    assert shop.podctl("adopt", "--dry-run") == 0
    shown = capsys.readouterr()
    assert shown.out == "pod/web of default adopted on alpha (dry run)\n"
    assert shown.err.startswith(
        "the copy of pod/web of default on beta counts no more: alpha has the one that counts\n"
    )


def test_where_nothing_runs_there_is_nothing_to_adopt(shop, capsys):
    shop.minion("alpha").minion("beta")
    assert shop.podctl("adopt", "--dry-run") == 0
    assert capsys.readouterr().err == "nothing to adopt: there are no Pods, and there is no Document\n"


def test_a_silent_minion_takes_the_operators_word(shop, capsys):
    shop.minion("alpha", manifest("web")).silent("beta")
    assert shop.podctl("adopt", "--dry-run") == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    first, why, *_, hint = shown.err.splitlines()
    assert first == "error: nothing was changed: what is on beta cannot be seen, and would be no longer wanted"
    assert why.startswith("  beta: "), shown.err
    assert hint.startswith("Hint: Bring what is missing back, or into the inventory, and run it again; ")
    assert shop.podctl("adopt", "--dry-run", "--without-quorum") == 4
    assert "pod/web of default adopted on alpha (dry run)" in capsys.readouterr().out
