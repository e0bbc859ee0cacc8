"""Keeping watch over `speech`: whether there are ears and a voice, and all prompts rendered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from appliance.call.link import Renderer
from appliance.call.prompts import PromptCache
from appliance.contracts.status import SpeechState

_log = logging.getLogger(__name__)
_RETRY: Final = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts; the last one repeats."""
_PATIENCE: Final = 10.0
"""Seconds for `speech` to say that it serves."""


class Readiness:
    """Renders what is missing, then stays connected, so that a death is noticed at once."""

    def __init__(
        self,
        path: Path,
        language: str,
        cache: PromptCache,
        texts: tuple[str, ...],
        changed: Callable[[SpeechState], None],
        progress: Callable[[int, int], None],
    ) -> None:
        """Begin with nothing known.

        `changed` hears every change of the state; `progress` hears how many prompts are there, of
        how many.
        """
        self._path = path
        self._language = language
        self._cache = cache
        self._texts = texts
        self._changed = changed
        self._progress = progress
        self._renewed = asyncio.Event()
        self.state = SpeechState.STARTING

    def renew(self, texts: tuple[str, ...], language: str = "") -> None:
        """Another dialogue is published: render what it says that is not there, drop the rest.

        Calls go on meanwhile with what there was. `language`: of the dialogue; empty: as before.
        """
        self._texts = texts
        self._language = language or self._language
        self._renewed.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        attempt = 0
        while True:
            renderer = Renderer(self._path, self._language)
            try:
                opened = await renderer.opened(_PATIENCE)
                # Calls are served meanwhile too: what is not rendered yet comes by their own links.
                await self._render(renderer, opened.tts)
                attempt = 0
                self._set(SpeechState.READY)
                why = await self._gone(renderer, opened.tts)
            except ConnectionError as error:
                why = str(error)
            finally:
                renderer.close()
            if self.state is SpeechState.READY or attempt == len(_RETRY):
                self._set(SpeechState.DEAD)
                _log.warning("speech is gone: %s", why)
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1

    async def _gone(self, renderer: Renderer, voice: str) -> str:
        """Render again whenever there are other texts, until the connection is lost."""
        gone = asyncio.ensure_future(renderer.gone())
        try:
            while True:
                renewed = asyncio.ensure_future(self._renewed.wait())
                await asyncio.wait((gone, renewed), return_when=asyncio.FIRST_COMPLETED)
                renewed.cancel()
                if gone.done():
                    return gone.result()
                await self._render(renderer, voice)
        finally:
            gone.cancel()

    async def _render(self, renderer: Renderer, voice: str) -> None:
        self._renewed.clear()
        texts = self._texts
        missing = self._cache.load(voice, texts)
        total = len(texts)
        for done, text in enumerate(missing, total - len(missing)):
            self._progress(done, total)
            pcm = await renderer.render(text)
            try:
                self._cache.keep(voice, text, pcm)
            except OSError as error:
                _log.warning("a prompt cannot be kept: %s", error)
        try:
            self._cache.prune(voice, texts)
        except OSError as error:
            _log.warning("old prompts cannot be removed: %s", error)

    def _set(self, state: SpeechState) -> None:
        if state is not self.state:
            self.state = state
            self._changed(state)
