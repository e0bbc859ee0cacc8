"""The recipes: `stt` trains the recogniser, `voice` the voice; `manifest` writes manifests."""
