"""Calls that change hands: blind and attended transfers, and picking up.

    blind      REFER to 201             the transferor's end is called anew            (RFC 3515)
    attended   REFER to 201?Replaces=…  the far ends of two calls are joined           (RFC 3891)
               while 201 still rings    it rings on for the other call
    pick-up    INVITE with Replaces     a telephone takes the place of another leg     (RFC 3891)

As in other back-to-back exchanges a REFER with Replaces that names a call of ours sends no INVITE:
both calls end here, so they are joined here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from appliance import sip
from appliance.exchange.calls import Attempt, Board, Call, Leg, user_of
from appliance.exchange.events import CallTransferred, TransferFailed
from appliance.exchange.relay import Side
from appliance.sip.headers import asked
from appliance.sip.uri import Uri

PENDING: Final = (491, "Request Pending")
NO_SUCH_CALL: Final = (481, "Call/Transaction Does Not Exist")

Place = Callable[[Call, Side, str, tuple[str, ...], float], tuple[int, str] | None]
Answered = Callable[[Call, Attempt, sip.Media | None, float], None]


class Transfers:
    """What the exchange does when a call is to change hands.

    `place` calls a telephone for one end of a call, `answered` lets it in.
    """

    def __init__(self, board: Board, place: Place, answered: Answered) -> None:
        self._board = board
        self._place = place
        self._answered = answered

    def requested(self, call: Call, handle: str, target: str, now: float) -> None:
        """A telephone asks for a transfer of its call."""
        board, side, user = self._board, call.side_of(handle), user_of(target)
        if side is None:
            return
        replaces = _replaced(target)
        refusal: tuple[int, str] | None = PENDING
        if call.answered and call.attempt is None:
            if replaces:
                refusal = self._join(call, side, replaces, now)
            else:
                board.notify(handle, 100, "Trying", now)
                refusal = self._place(call, side, user, self._codecs(call, side), now)
        if refusal is not None:
            board.notify(handle, *refusal, now)
            board.events.append(TransferFailed(call.number, call.users[side], user, refusal[0]))

    def _codecs(self, call: Call, side: Side) -> tuple[str, ...]:
        """What somebody new at one end is offered: first what the other end uses."""
        far = call.legs.get(side.other)
        used = (far.codec,) if far is not None and far.codec else call.codecs
        return tuple(dict.fromkeys((*used, *self._board.codecs)))

    def _join(self, call: Call, side: Side, replaces: str, now: float) -> tuple[int, str] | None:
        """Join the far ends of two calls of the transferor; None, or why that cannot be."""
        board = self._board
        handle = board.agents.find(replaces)
        second = board.owners.get(handle)
        place = second.side_of(handle) if second is not None else None
        if second is None or place is None or second is call:
            return NO_SUCH_CALL
        asking = call.legs[side].handle
        if not second.answered and second.attempt is not None:
            board.notify(asking, 180, "Ringing", now)
            self._ring_on(call, side, second, second.attempt, now)
            return None
        if not second.answered or second.attempt is not None:
            return PENDING
        if second.number < call.number:
            # The older one goes on, whichever was named.
            call, side, second, place = second, place, call, side
        near, far = call.legs[side], call.legs.get(side.other)
        consulted, target = second.legs[place], second.legs.get(place.other)
        if far is None or target is None:
            return NO_SUCH_CALL
        board.notify(asking, 200, "OK", now)
        by, call.users[side] = call.users[side], second.users[place.other]
        for leg in (near, consulted):
            board.send_away(call, leg, now)
        second.legs.clear()
        board.put(call, side, target)
        for end, before, after in (
            (side.other, near.held, target.held),
            (side, consulted.held, far.held),
        ):
            if before != after:
                board.hold(call, end, after, now)
        board.events.append(CallTransferred(call.number, by, call.users[side], attended=True))
        board.dissolve(second)
        return None

    def _ring_on(self, call: Call, side: Side, second: Call, attempt: Attempt, now: float) -> None:
        """The transferor does not wait for the answer: who rings for it rings for its partner."""
        board = self._board
        second.attempt, call.attempt, attempt.side = None, attempt, side
        board.owners[attempt.leg.handle] = call
        for leg in second.legs.values():
            board.send_away(call, leg, now)
        second.legs.clear()
        board.dissolve(second)

    def picked_up(self, event: sip.Incoming, leg: Leg, now: float) -> None:
        """A telephone takes the place of another, which rings or speaks.

        It has been proved who calls; `leg` is theirs.
        """
        board = self._board
        call = board.owners.get(event.replaces)
        agent = board.agents.of(event.call)
        if call is None:
            leg.anchor.close()
            agent.reject(event.call, NO_SUCH_CALL[0], now, reason=NO_SUCH_CALL[1])
            return
        attempt = call.attempt
        ringing = attempt is not None and attempt.leg.handle == event.replaces
        side = attempt.side if attempt is not None and ringing else call.side_of(event.replaces)
        if side is None or not (ringing or call.answered):
            leg.anchor.close()
            agent.reject(event.call, PENDING[0], now, reason=PENDING[1])
            return
        codecs = self._codecs(call, side)
        if codecs[0] in event.codecs[1:]:
            # An offer's own order wins, so the codec of the other end is all that is said.
            codecs = codecs[:1]
        leg.local = board.describe(leg.anchor, codecs)
        try:
            media = agent.answer(event.call, leg.local, now)
        except sip.LocalError:
            leg.anchor.close()
            agent.reject(event.call, 488, now, reason="Not Acceptable Here")
            return
        if attempt is not None and not ringing and attempt.side is side:
            # Whom the one before had wanted to put through is not needed any more.
            call.attempt = None
            board.drop(attempt.leg, now)
        if attempt is not None and ringing:
            board.owners.pop(event.replaces, None)
            attempt.leg.anchor.close()
            attempt.leg, attempt.target = leg, leg.user
        else:
            attempt = Attempt(side, leg.user, [], now, (), leg)
        self._answered(call, attempt, media, now)


def _replaced(target: str) -> str:
    """The call that a Refer-To names, as a Replaces header would; empty where it names none."""
    try:
        return asked(Uri.parse(target), "Replaces")
    except sip.RemoteError:
        return ""
