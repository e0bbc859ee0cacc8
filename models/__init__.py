"""Packs, and the recipes that train the starter packs."""
