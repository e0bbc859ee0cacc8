"""Attendant: the firmware of a box that answers a site's telephone.

Rooms and who may import whom are drawn in README.md; `import-linter` holds them to it.
"""

from typing import Final

__version__: Final = "0.1.0"
