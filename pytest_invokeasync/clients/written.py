"""Reads a request of HTTP/1.1 from the pieces in which a client writes it."""

from __future__ import annotations

_LINE_END = b"\r\n"
_HEAD_END = b"\r\n\r\n"


class WrittenRequest:
    """A request that is written piece by piece. Nothing is read twice, however many there are."""

    def __init__(self) -> None:
        self._written = bytearray()
        # Everything before it was read.
        self._offset = 0
        self._headers: dict[bytes, bytes] | None = None
        self._joined = bytearray()
        self.body: bytes | None = None
        """``None`` until all of it was written."""

    def add(self, piece: bytes | bytearray | memoryview) -> bytes | None:
        """Reads on, and returns the body. What is written after the request is no part of it."""
        if self.body is None:
            self._written += piece
            self._read_on()
        return self.body

    def _read_on(self) -> None:
        if self._headers is None:
            self._read_head()
        if self._headers is None:
            return
        if b"chunked" in self._headers.get(b"transfer-encoding", b""):
            self._read_chunks()
        else:
            self._read_length(int(self._headers.get(b"content-length", b"0")))

    @property
    def is_waiting(self) -> bool:
        """Whether the rest is written only after an answer of 100."""
        headers = self._headers or {}
        return self.body is None and headers.get(b"expect", b"").strip() == b"100-continue"

    def _read_head(self) -> None:
        end = self._written.find(_HEAD_END, self._offset)
        if end < 0:
            # The end may be there in part.
            self._offset = max(0, len(self._written) - len(_HEAD_END) + 1)
            return
        lines = bytes(self._written[:end]).lower().split(_LINE_END)[1:]
        self._headers = dict(line.split(b":", 1) for line in lines)
        self._offset = end + len(_HEAD_END)

    def _read_length(self, length: int) -> None:
        end = self._offset + length
        if len(self._written) >= end:
            self.body = bytes(self._written[self._offset : end])

    def _read_chunks(self) -> None:
        while True:
            line_end = self._written.find(_LINE_END, self._offset)
            if line_end < 0:
                return
            size = int(self._written[self._offset : line_end].partition(b";")[0], 16)
            if size == 0:
                self.body = bytes(self._joined)
                return
            start = line_end + len(_LINE_END)
            end = start + size
            if len(self._written) < end + len(_LINE_END):
                return
            self._joined += self._written[start:end]
            self._offset = end + len(_LINE_END)
