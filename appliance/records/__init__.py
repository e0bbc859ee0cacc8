"""What is kept of calls: records without content, and messages that callers left."""

from appliance.records.store import CallRecord, Note, Store

__all__ = ["CallRecord", "Note", "Store"]
