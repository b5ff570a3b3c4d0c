"""How well an answer meets what Pods would rather have, told once more, for tests that try everything."""

from collections import Counter

from podctl.core.selectors import matches


def soft_value(batch, minions):
    """Smaller is better, in order: mild taints, weights, Pods of a soft spread together, members of a set together.

    The last two as sums of squares, which are least where the Pods are as even as can be.
    """
    by_name = {each.name: each for each in batch.candidates}
    new = [(pod, by_name[name]) for pod, name in zip(batch.demands, minions, strict=True) if name]
    everybody = [*new, *((used.pod, each) for each in batch.candidates for used in each.used if used.pod)]
    weights = sum(_node_weight(*one) for one in new)
    weights += sum(_pod_weight(one, other) for one in new for other in everybody if other is not one)
    return (
        sum(_mild_taints(*one) for one in new),
        -weights,
        _unevenness(new, everybody),
        _togetherness(new, everybody),
    )


def _mild_taints(pod, minion):
    everything = any(each.operator == "Exists" and not each.key for each in pod.tolerations)
    return sum(taint.effect == "PreferNoSchedule" for taint in minion.taints) if not everything else 0


def _node_weight(pod, minion):
    return sum(each.weight for each in pod.preferred_terms if matches(each.term.expressions, minion.labels))


def _pod_weight(one, other):
    """What `one` wants of `other`."""
    terms = [(each.weight, each.term) for each in one[0].preferred_near]
    terms += [(-each.weight, each.term) for each in one[0].preferred_apart]
    return sum(
        weight
        for weight, term in terms
        if other[0].key.namespace in term.namespaces
        and term.selector is not None
        and matches(term.selector, other[0].labels)
        and one[1].labels[term.topology_key] == other[1].labels[term.topology_key]
    )


def _unevenness(new, everybody):
    soft = dict.fromkeys(
        (pod.key.namespace, each.selector, each.topology_key) for pod, _ in new for each in pod.spreads if not each.hard
    )
    return sum(
        _squares(
            minion.labels[key]
            for pod, minion in everybody
            if pod.key.namespace == namespace and selector is not None and matches(selector, pod.labels)
        )
        for namespace, selector, key in soft
    )


def _togetherness(new, everybody):
    sets = {(pod.key.namespace, pod.group) for pod, _ in new if pod.group}
    return sum(
        _squares(minion.name for pod, minion in everybody if (pod.key.namespace, pod.group) == each)
        for each in sorted(sets)
    )


def _squares(values):
    return sum(count**2 for count in Counter(values).values())
