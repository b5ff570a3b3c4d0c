"""What is run or asked in a container's life: hooks and probes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator

from podctl.core.schema.base import (
    NOT_EMPTY,
    Count,
    Number,
    PortRef,
    Positive,
    Text,
    Value,
    checked,
    one_of,
)
from podctl.core.schema.names import signal_problem


class ExecAction(Value):
    api_type: ClassVar = "V1ExecAction"
    command: Annotated[tuple[Text, ...], NOT_EMPTY]


class HTTPHeader(Value):
    api_type: ClassVar = "V1HTTPHeader"
    name: Text
    value: Text = ""


class HTTPGetAction(Value):
    api_type: ClassVar = "V1HTTPGetAction"
    port: PortRef
    host: Text = ""
    http_headers: tuple[HTTPHeader, ...] = ()
    path: Text = "/"
    scheme: Literal["HTTP", "HTTPS"] = "HTTP"


class TCPSocketAction(Value):
    api_type: ClassVar = "V1TCPSocketAction"
    port: PortRef
    host: Text = ""


class SleepAction(Value):
    api_type: ClassVar = "V1SleepAction"
    seconds: Count


class LifecycleHandler(Value):
    """`tcp_socket` does nothing, as in Kubernetes."""

    api_type: ClassVar = "V1LifecycleHandler"
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    sleep: SleepAction | None = None
    tcp_socket: TCPSocketAction | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        one_of(self, "a hook", "exec", "http_get", "sleep", "tcp_socket")
        return self


class Lifecycle(Value):
    api_type: ClassVar = "V1Lifecycle"
    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: Annotated[Text, checked(signal_problem)] | None = None


def _zero_is(default: int) -> AfterValidator:
    """Kubernetes reads 0 as not given."""
    return AfterValidator(lambda value: value or default)


class Probe(Value):
    api_type: ClassVar = "V1Probe"
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    initial_delay_seconds: Count = 0
    timeout_seconds: Annotated[Count, _zero_is(1)] = 1
    period_seconds: Annotated[Count, _zero_is(10)] = 10
    success_threshold: Annotated[Count, _zero_is(1)] = 1
    failure_threshold: Annotated[Count, _zero_is(3)] = 3
    termination_grace_period_seconds: Annotated[Number, Positive] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        one_of(self, "a probe", "exec", "http_get", "tcp_socket")
        return self
