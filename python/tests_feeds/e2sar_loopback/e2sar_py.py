"""A Segmenter and a Reassembler in Python, with the names, headers and answers of `e2sar_py`, over real UDP.

For tests where E2SAR is not built. There is no control plane, no load balancer, one port and one thread. What e2sar_py
does not have: `Segmenter.wire`, through which the datagrams of each event go, so that a test can lose or reorder them.
"""
# ruff: noqa: N802 (the names are those of e2sar_py)

from __future__ import annotations

import ctypes
import queue
import re
import socket
import struct
import threading
import time
from types import SimpleNamespace
from typing import Any, Callable, Generic, TypeVar

T = TypeVar("T")
LB = struct.Struct(">2sBBHHQ")
"""Load balancer header: "LB", version, next protocol, reserved, entropy, event number."""
RE = struct.Struct(">BBHIIQ")
"""Reassembly header: version, reserved, data id, offset, length of the whole event, event number."""
OVERHEAD = 20 + 8 + LB.size + RE.size


class Result(Generic[T]):
    """What methods answer that may fail."""

    def __init__(self, value: T) -> None:
        self._value = value

    def has_error(self) -> bool:
        """Whether it failed."""
        return False

    def value(self) -> T:
        """The answer."""
        return self._value


class IPAddress(str):
    """An address."""

    @classmethod
    def from_string(cls, address: str) -> IPAddress:
        """The address of its text."""
        return cls(address)


class EjfatURI:
    """The parts of a URI that are needed here: the data address."""

    class TokenType:
        """Kinds of tokens."""

        instance = 2

    def __init__(self, uri: str, tt: int = TokenType.instance) -> None:
        match = re.fullmatch(r"ejfats?://(?:\w+@)?[^?]+\?(?:.*&)?data=([\d.]+)(?::(\d+))?(?:&.*)?", uri)
        if match is None or tt != self.TokenType.instance:
            raise RuntimeError(f"no data address in {uri}")
        self.address, self.port = match[1], int(match[2] or 0)


class Segmenter:
    """Cuts events into datagrams."""

    class SegmenterFlags:
        """The settings."""

        def __init__(self) -> None:
            self.useCP, self.mtu = True, 1500

    def __init__(self, uri: EjfatURI, data_id: int, eventSrc_id: int, sflags: Any = None) -> None:  # noqa: ARG002
        self._to, self._data_id, self._event_num = (uri.address, uri.port), data_id, 0
        self._mtu = (sflags or self.SegmenterFlags()).mtu
        self.wire: Callable[[list[bytes]], list[bytes]] = list

    def OpenAndStart(self) -> Result[int]:
        """Opens the socket."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        return Result(0)

    def getMaxPldLen(self) -> int:
        """Bytes of an event in one datagram."""
        return int(self._mtu - OVERHEAD)

    def sendEvent(
        self, send_buf: Any, buf_len: int, _eventNum: int = 0, _dataId: int = 0, entropy: int = 0
    ) -> Result[int]:
        """Sends so many bytes of a buffer as one event."""
        data = bytes(memoryview(send_buf).cast("B")[:buf_len])
        number, source = _eventNum or self._event_num, _dataId or self._data_id
        self._event_num = number + 1
        step = self.getMaxPldLen()
        head = LB.pack(b"LB", 2, 1, 0, entropy, number)
        datagrams = [
            head + RE.pack(0x10, 0, source, at, len(data), number) + data[at : at + step]
            for at in range(0, max(len(data), 1), step)
        ]
        for datagram in self.wire(datagrams):
            self._socket.sendto(datagram, self._to)
        return Result(0)

    def sendNumpyArray(
        self, numpy_array: Any, nbytes: int, event_num: int = 0, data_id: int = 0, entropy: int = 0
    ) -> Result[int]:
        """Sends an array as one event."""
        return self.sendEvent(numpy_array, nbytes, event_num, data_id, entropy)

    def stopThreads(self) -> None:
        """Closes the socket."""
        self._socket.close()


class _Assembly:
    """An event of which not every datagram is there."""

    def __init__(self, length: int) -> None:
        self.data, self.missing, self.seen, self.born = bytearray(length), length, set[int](), time.monotonic()

    def add(self, offset: int, payload: bytes) -> bool:
        """Puts a payload in its place, once; whether the event is complete."""
        if offset not in self.seen:
            self.seen.add(offset)
            self.data[offset : offset + len(payload)] = payload
            self.missing -= len(payload)
        return self.missing == 0


class Reassembler:
    """Puts events together again."""

    class ReassemblerFlags:
        """The settings."""

        def __init__(self) -> None:
            self.useCP, self.withLBHeader, self.eventTimeout_ms = True, False, 500

    def __init__(
        self, uri: EjfatURI, data_ip: str, starting_port: int, num_recv_threads: int = 1, rflags: Any = None
    ) -> None:
        del uri, num_recv_threads
        self._at, self._flags = (str(data_ip), starting_port), rflags or self.ReassemblerFlags()
        self._ready: queue.Queue[tuple[bytes, int, int]] = queue.Queue()
        self._open: dict[tuple[int, int], _Assembly] = {}
        self._lost: queue.Queue[tuple[int, int, int]] = queue.Queue()
        self._stop = self._failed = False
        names = ("enqueueLoss", "reassemblyLoss", "eventSuccess", "lastErrno", "grpcErrCnt", "dataErrCnt")
        self._stats = SimpleNamespace(**dict.fromkeys(names, 0), lastE2SARError=0)

    def OpenAndStart(self) -> Result[int]:
        """Opens the socket and starts the thread that receives."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 3 << 20)
        self._socket.bind(self._at)
        self._socket.settimeout(0.01)
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()
        return Result(0)

    def _receive(self) -> None:
        while not self._stop:
            self._forget()
            try:
                self._add(self._socket.recv(65_536))
            except TimeoutError:
                continue
            except OSError as error:
                self._stats.dataErrCnt += 1
                self._stats.lastErrno = error.errno
                self._failed = True
                return

    def _add(self, datagram: bytes) -> None:
        head = LB.size if self._flags.withLBHeader else 0
        _, _, data_id, offset, length, number = RE.unpack_from(datagram, head)
        event = self._open.setdefault((number, data_id), _Assembly(length))
        if event.add(offset, datagram[head + RE.size :]):
            del self._open[number, data_id]
            self._stats.eventSuccess += 1
            self._ready.put((bytes(event.data), number, data_id))

    def _forget(self) -> None:
        """Gives up events that wait for too long."""
        limit = time.monotonic() - self._flags.eventTimeout_ms / 1000
        for (number, data_id), event in [entry for entry in self._open.items() if entry[1].born < limit]:
            del self._open[number, data_id]
            self._stats.reassemblyLoss += 1
            self._lost.put((number, data_id, len(event.seen)))

    def _next(self, wait: float | None) -> tuple[int, bytes, int, int]:
        """Length or code, bytes, event number, data id; waits so many seconds, None is for ever."""
        if self._failed:
            return -2, b"", 0, 0
        deadline = None if wait is None else time.monotonic() + wait
        while not self._stop:
            try:
                data, number, data_id = self._ready.get(timeout=0.01) if wait != 0 else self._ready.get_nowait()
            except queue.Empty:
                if deadline is not None and time.monotonic() >= deadline:
                    break
            else:
                return len(data), data, number, data_id
        return -1, b"", 0, 0

    def getEventBytes(self) -> tuple[int, bytes, int, int]:
        """The next event, if there is one; an empty one counts as none."""
        answer = self._next(0)
        return answer if answer[0] else (-1, *answer[1:])

    def recvEventBytes(self, wait_ms: int = 0) -> tuple[int, bytes, int, int]:
        """The next event; 0 waits until there is one."""
        return self._next(wait_ms / 1000 if wait_ms else None)

    def get1DNumpyArray(self, data_type: Any) -> tuple[int, Any, int, int]:
        """The next event as an array, if there is one."""
        return _as_array(self._next(0), data_type)

    def recv1DNumpyArray(self, data_type: Any, wait_ms: int = 0) -> tuple[int, Any, int, int]:
        """The next event as an array; 0 waits until there is one."""
        return _as_array(self._next(wait_ms / 1000 if wait_ms else None), data_type)

    def getStats(self) -> Any:
        """Counters."""
        return self._stats

    def get_LostEvent(self) -> tuple[int, ...]:
        """Number and data id of an event that was given up, and how many datagrams of it came; or nothing."""
        return () if self._lost.empty() else self._lost.get()

    def stopThreads(self) -> None:
        """Stops receiving."""
        self._stop = True
        self._thread.join()
        self._socket.close()


def _as_array(answer: tuple[int, bytes, int, int], data_type: Any) -> tuple[int, Any, int, int]:
    import numpy

    if not isinstance(data_type, numpy.dtype):
        raise TypeError(f"incompatible function arguments: data_type is a {type(data_type).__name__}")
    length, data, number, data_id = answer
    values = numpy.empty(0) if length < 0 else owned_by_capsule(data, data_type)
    return length, values, number, data_id


# Arrays in memory of their own, which a capsule frees: what `py::array(dtype, {n}, pointer, capsule)` makes.

_API = ctypes.PyDLL("the running Python", handle=ctypes.pythonapi._handle)
_API.PyMem_RawMalloc.restype, _API.PyMem_RawMalloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
_API.PyMem_RawFree.restype, _API.PyMem_RawFree.argtypes = None, (ctypes.c_void_p,)
_API.PyCapsule_New.restype = ctypes.py_object
_API.PyCapsule_New.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_API.PyCapsule_GetPointer.restype = ctypes.c_void_p
_API.PyCapsule_GetPointer.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
_NEW_FROM_DESCR, _SET_BASE_OBJECT, _WRITEABLE = 94, 282, 0x0400
freed: list[int] = []
"""Addresses of the buffers that capsules have freed."""


@ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
def _free(capsule: int) -> None:
    address = _API.PyCapsule_GetPointer(capsule, None)
    freed.append(address)
    _API.PyMem_RawFree(address)


def owned_by_capsule(data: bytes, data_type: Any) -> Any:
    """A copy of the whole elements in these bytes, in an array whose base is a PyCapsule that frees it."""
    import numpy

    core = (numpy._core if hasattr(numpy, "_core") else numpy.core)._multiarray_umath._ARRAY_API  # type: ignore[attr-defined]
    table = ctypes.cast(_API.PyCapsule_GetPointer(id(core), None), ctypes.POINTER(ctypes.c_void_p))
    new = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.py_object, ctypes.py_object, ctypes.c_int, ctypes.POINTER(ctypes.c_ssize_t),
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p,
    )(table[_NEW_FROM_DESCR])  # fmt: skip
    set_base = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.py_object)(table[_SET_BASE_OBJECT])
    address = _API.PyMem_RawMalloc(max(len(data), 1))
    ctypes.memmove(address, data, len(data))
    capsule = _API.PyCapsule_New(address, None, ctypes.cast(_free, ctypes.c_void_p))
    count = ctypes.c_ssize_t(len(data) // data_type.itemsize)
    # Both functions take over a reference.
    for taken in (data_type, capsule):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(taken))
    values = new(numpy.ndarray, data_type, 1, ctypes.byref(count), None, address, _WRITEABLE, None)
    set_base(values, capsule)
    return values


DataPlane = SimpleNamespace(Segmenter=Segmenter, Reassembler=Reassembler)
