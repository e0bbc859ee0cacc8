"""Model packs on the box: what a pack is, where packs lie, who vouches for them.

manifest ─► a verified Pack, for `speech` to load; everything else here installs packs.
"""
