"""What is kept of calls: records without content, messages that callers left, summaries."""

from appliance.records.store import CallRecord, Note, Store, Summary

__all__ = ["CallRecord", "Note", "Store", "Summary"]
