"""One random schedule of two clients in a small world, the same for the same seed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.core.document_world import KEYS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.core.document_world import Client

SIZES = ((3, 3), (4, 3), (5, 3), (5, 3), (5, 5), (7, 5))  # Minions, and how many of them keep the Document
OPERATIONS = ("set", "set", "set", "set", "nothing", "apply", "apply", "delete", "failover", "unset", "without quorum")
COMMANDS = 14


def _silent(*_: object) -> None:
    """Tells nothing."""


def walk(seed: int, say: Callable[..., None] = _silent) -> World:
    """Raises AssertionError where something does not hold."""
    random = Random(seed)
    world = World(*random.choice(SIZES))
    chance_of_reach, chance_of_harm = random.choice((0.5, 0.6, 0.75, 0.9)), random.choice((0.0, 0.1, 0.3))
    for _ in range(COMMANDS):
        client = random.choice(world.clients)
        if client.steps is None:
            _begin(world, client, random, chance_of_reach, say)
        _go_on(world, client, random, say)
        if random.random() < 0.3:
            _weather(world, client, random, say)
        if random.random() < chance_of_harm:
            _harm(world, random, say)
    world.calm(world.clients[0])
    return world


def _begin(world: World, client: Client, random: Random, chance_of_reach: float, say: Callable[..., None]) -> None:
    reach = [name for name in world.names if random.random() < chance_of_reach]
    op, key, order = random.choice(OPERATIONS), random.choice(KEYS), random.randrange(1000)
    say("begin", client.name, client.inventory, op, key, reach)
    say("   ->", world.begin(client, op, key, reach, order))


def _go_on(world: World, client: Client, random: Random, say: Callable[..., None]) -> None:
    effects = random.choice((random.randrange(2 * len(world.names)), random.randrange(6 * len(world.names))))
    fate = random.choice(("end", "end", "crash", "crash", "cut", "cut", "stopped"))
    say(" ", effects, "effects, then", fate)
    world.run(client, None if fate == "end" else effects)
    if fate == "crash":
        how = random.choice(("done", "lost", "lost", "hangs"))
        say(" ", how, client.after)
        world.crash(client, how)
    if fate == "cut":
        expires = random.random() < 0.7
        for name in (each for each in world.names if random.random() < 0.5):
            say("  cut", name, expires, client.after)
            world.cut(client, name)
            if expires:
                world.expire(name)
        world.run(client, random.choice((None, None, 0)))


def _weather(world: World, client: Client, random: Random, say: Callable[..., None]) -> None:
    """What comes and goes."""
    name, what = random.choice(world.names), random.choice(("expire", "off", "on", "on", "prune", "land", "inventory"))
    say(what, name)
    match what:
        case "expire":
            world.expire(name)
        case "off":
            world.power_off(name, for_ever=False)
        case "on":
            world.power_on(name)
        case "prune":
            world.prune(name)
        case "land" if world.hanging:
            world.land()
        case "inventory":
            world.change_inventory(client, random.sample(world.names, random.randrange(3)))


def _harm(world: World, random: Random, say: Callable[..., None]) -> None:
    """What does not come back."""
    name, dead = random.choice(world.names), random.random() < 0.2
    say("dead" if dead else "lost its copies", name)
    if dead:
        world.power_off(name, for_ever=True)
    else:
        world.lose_copies(name)
