"""Shard ids that Spark distributes evenly.

Spark sends a group to partition murmur3(id) mod partitions. For small numbers that is uneven: with as many shards as
partitions, some partitions get three shards and others none. But the hash of one integer can be inverted. So shard i
has the id whose hash is i, and goes to partition i mod partitions.
"""

from __future__ import annotations

_BITS = 0xFFFFFFFF
_SEED, _LENGTH = 42, 4


def shard_id(shard: int) -> int:
    """The int32 whose hash in Spark is `shard`, 0 <= shard < 2**31.

    Checkpoints contain it: it may not change. The steps are those of MurmurHash3_x86_32 (Austin Appleby) backwards.
    """
    h = _unshifted(_unshifted(_unshifted(shard, 16) * _inverse(0xC2B2AE35), 13) * _inverse(0x85EBCA6B), 16)
    h = ((h ^ _LENGTH) - 0xE6546B64) * _inverse(5)
    k = _rotated(h & _BITS, 13) ^ _SEED
    k = _rotated(k * _inverse(0x1B873593) & _BITS, 15) * _inverse(0xCC9E2D51) & _BITS
    return k - (k >> 31 << 32)


def _inverse(factor: int) -> int:
    return pow(factor, -1, 1 << 32)


def _rotated(x: int, bits: int) -> int:
    """To the right."""
    return x >> bits | x << (32 - bits) & _BITS


def _unshifted(x: int, bits: int) -> int:
    """The y of x = y ^ (y >> bits)."""
    y = x = x & _BITS
    for _ in range(31 // bits):
        y = x ^ y >> bits
    return y
