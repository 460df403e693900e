"""The web application as a WSGI server loads it, once in each of its processes."""

from __future__ import annotations

import os
import signal

from records import embedded
from webapp import create_app, edge, health, logs

# A web process that outlived its server would keep the port and go on answering with old code.
if supervisor := os.environ.get("VIGIDOM_SUPERVISED"):
    embedded.follow_parent(signal.SIGKILL, child_of=int(supervisor))

logs.configure()
app = create_app()
app.wsgi_app = edge.Edge(app.wsgi_app)  # type: ignore[method-assign]
health.look_at_clock(app)
