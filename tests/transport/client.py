"""A podctl of its own process, to be killed: client.py MINION-AS-JSON conversation|stream|lock TEXT [MARK]."""

import json
import sys

from podctl.core.model import Minion
from podctl.transport.asker import Asker
from podctl.transport.connect import connect
from podctl.transport.local import LocalTransport
from podctl.transport.shell import Script, Step

values, kind, text, mark = (*sys.argv[1:], "")[:4]
minion = json.loads(values)
shell = minion.pop("shell", None)
transport = LocalTransport(Minion(**minion), shell=tuple(shell)) if shell else connect(Minion(**minion), Asker())
if kind == "stream":
    stream = transport.stream(Script(text, text), abandoned=Script(f"echo gone >{mark}", "") if mark else None)
    while stream.receive() is not None:
        pass
else:
    conversation = transport.conversation()
    while kind == "lock" and not conversation.lock():
        pass
    conversation.run((Step(title="wait", script=Script(text, text), timeout_seconds=3600),))
