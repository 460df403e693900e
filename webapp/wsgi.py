"""The web application as a WSGI server loads it, once in each of its processes."""

from __future__ import annotations

import os
import signal

from records import embedded
from webapp import create_app, logs

# A web process that outlived its server would keep the port and go on answering with old code.
if os.environ.get("VIGIDOM_SUPERVISED") == "1":
    embedded.follow_parent(signal.SIGKILL)

logs.configure()
app = create_app()
