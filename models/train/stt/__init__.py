"""The recipe that trains the starter recognisers (`models/packs/<language>-telephone-8k`).

    texts ─► voices ─┐
                     ├─► channel ─► shards ─► train ─► export ─► evaluate
    human sets ──────┘      ▲
    texts ─► align (flite speech with exact phone times) ─► bootstrap of train

Run it with `python -m models.train.stt all --data DATA --work DIR --until HH:MM`;
README.md beside this file says what was tried and measured. Languages stand in `languages`.
"""
