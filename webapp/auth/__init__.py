"""How a member of staff comes in and leaves: sign-in, the one-time set-up link, sign-out."""

from webapp.auth import account
from webapp.auth.views import blueprint

__all__ = ["account", "blueprint"]
