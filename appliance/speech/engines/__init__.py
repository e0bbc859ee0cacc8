"""What hears and what speaks: one protocol each, one adapter for every type of model.

base ── the protocols ──► listening, connection, commands     know no model
▲
table ── engine of a manifest ──► ctc, offline, online, …     know one family each
"""
