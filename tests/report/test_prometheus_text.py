"""What is written in Prometheus' text format is read by Prometheus' own parser as what it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from podctl.report.prometheus import Metric, Sample, prometheus_text

VALUES = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**60)
# A lone surrogate is no text that could be written anywhere.
TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


@given(TEXTS, st.lists(st.tuples(TEXTS, VALUES), min_size=1, unique_by=lambda each: each[0]))
def test_every_value_and_every_label_comes_back(said, samples):
    metric = Metric(
        name="podctl_x_bytes", type="gauge", help="What\\is said\nof it.",
        samples=tuple(Sample(value=value, labels={"pod": label, "said": said}) for label, value in samples),
    )  # fmt: skip
    (read,) = text_string_to_metric_families(prometheus_text([metric]))
    assert (read.name, read.type, read.documentation) == ("podctl_x_bytes", "gauge", "What\\is said\nof it.")
    assert [(each.labels, each.value) for each in read.samples] == [
        ({"pod": label, "said": said}, value) for label, value in samples
    ]


def test_a_metric_without_samples_is_left_out_and_one_without_labels_has_no_braces():
    metrics = (
        Metric(name="none", type="gauge", help="Nothing.", samples=()),
        Metric(name="podctl_up", type="gauge", help="One.", samples=(Sample(value=1.0),)),
    )
    assert prometheus_text(metrics) == "# HELP podctl_up One.\n# TYPE podctl_up gauge\npodctl_up 1\n"
