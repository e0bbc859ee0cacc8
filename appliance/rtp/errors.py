"""The two error roots of the media core: our fault and theirs."""


class LocalError(Exception):
    """The caller of this core made an illegal move."""


class PacketError(ValueError):
    """The bytes from the wire are no packet of ours; the text says what is wrong."""
