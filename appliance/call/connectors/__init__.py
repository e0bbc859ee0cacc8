"""The site's own systems: asked while a caller waits, written to however long they are down."""

from appliance.call.connectors.asking import Connectors

__all__ = ["Connectors"]
