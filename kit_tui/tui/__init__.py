"""The screen: everything that knows Textual. It speaks to a `Desk` and to nothing behind it.

Textual reads its switches when it is imported, so the profile is set here, before any module of
this room can import it.
"""

import os

from kit_tui.tui.profile import apply_profile

apply_profile(os.environ)
