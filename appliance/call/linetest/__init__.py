"""The line test: what is wrong with the telephone line, and what to do about it.

    probe ─► asker      OPTIONS and REGISTER without Contact    ─┐
    phone, stranger     a call to the box, by two telephones    ─┼─► diagnosis, calls ─► report
    witness             what the box's own records say of it    ─┘

Nothing here registers in the box's place, and nothing of a caller is read or written.
"""
