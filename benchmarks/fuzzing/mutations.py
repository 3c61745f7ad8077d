"""Mutations of bytes, strings, JSON and archives, all drawn from one generator."""

import io
import json
import re
import struct
from zipfile import BadZipFile, ZipFile, ZipInfo

INTEGERS = (
    *(0, 1, -1, 2, 3, 7, 127, 128, 255, 256, 32767, -32768, 65535, 10**6),
    *(2**31 - 1, -(2**31), 2**32 - 1, 2**53 + 1, 2**63 - 1, -(2**63)),
)
FLOATS = (
    *(0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, 1e-30, 1e-9),
    *(0.5, 1.0, -1.0, 1e9, 1e16, 1e38, 3.5e38, 1e308, -1e308),
)
NUMBERS = (
    *(b"0", b"-1", b"1", b"nan", b"inf", b"-inf", b"1e308", b"-1e308", b"1e-320"),
    *(b"99999999999999999999", b"2147483648", b"1e400", b"1e-400", b"", b"0.5"),
    *(b"9" * 400, b"0x10", b"1_000", b"1,5", b"-0", b"1e9", b"\xd9\xa1"),
)
WORDS = (
    *(b"", b" ", b"\0", b"\xc3\xa9", b"\xff\xfe", b"../../etc/passwd", b"'", b'"'),
    *(b"<", b"&", b"None", b"null", b"true", b"{none = true}", b"[]", b"{}", b"[[]]"),
    *(b"A" * 5000, b"%s%n", b"=1+1", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"2599-13-41"),
    *(b"1969-12-31T23:59:60Z", b"2024-02-30", b"0001-01-01", b"a:b:c", b"0:1:9"),
)
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
WORD = re.compile(rb"\w+")
SCALARS = (
    *(None, True, False, 0, -1, 1, 10**6, 2**31, 2**63, -(2**63), 10**30, 0.5, 1e308),
    *(float("nan"), float("inf"), "", "a", "A" * 3000, "0:1:9", "\0", [], {}, [[]]),
)
STAMP = 1980, 1, 1, 0, 0, 0  # the first time that a zip archive can hold
LONGEST = 1 << 20  # bytes of an input: bigger ones make the command slow


def mutated(data, rng, others):
    """Return bytes after one to four mutations; `others` are spliced in."""
    is_text = b"\0" not in data[:1000]
    kinds = TEXT_KINDS * 3 + BINARY_KINDS if is_text else BINARY_KINDS
    for _ in range(1 + min(rng.geometric(0.5) - 1, 3)):
        data = kinds[rng.integers(len(kinds))](data, rng, others)[:LONGEST]
    return data


def mutated_zip(data, rng, others):
    """Return a zip archive with sound checksums of which a member is mutated."""
    if rng.random() < 0.15:
        return mutated(data, rng, others)
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (BadZipFile, ValueError):
        return mutated(data, rng, others)
    for _ in range(1 + min(rng.geometric(0.6) - 1, 3) if members else 0):
        names = sorted(members)
        name = _one(names, rng)
        other = members[_one(names, rng)]
        if rng.random() < 0.05:
            members[name] = other
        elif rng.random() < 0.05 and len(members) > 1:
            members.pop(name, None)
        else:
            members[name] = _mutated_member(name, members[name], rng, other)
    return zipped(members)


def zipped(members):
    """Return a zip archive without times."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(ZipInfo(name, STAMP), content)
    return buffer.getvalue()


def mutated_json(value, rng):
    """Return a value of JSON of which parts are replaced, moved or removed."""
    for _ in range(1 + min(rng.geometric(0.5) - 1, 4)):
        places = list(_places(value))
        if not places:
            return SCALARS[rng.integers(len(SCALARS))]
        holder, key = _one(places, rng)
        other_holder, other_key = _one(places, rng)
        choice = rng.integers(6)
        if choice < 3:
            holder[key] = SCALARS[rng.integers(len(SCALARS))]
        elif choice == 3:
            del holder[key]
        elif choice == 4:
            other = json.dumps(other_holder[other_key])  # a copy, never a circle
            holder[key] = json.loads(other)
        elif isinstance(holder, list):
            holder.append(json.loads(json.dumps(holder[key])))
        else:
            holder[f"{key}_"] = json.loads(json.dumps(holder[key]))
    return value


def mutated_array(data, rng):
    """Return an .npy file of which items are replaced by extreme ones."""
    start = data.find(b"\n") + 1
    if rng.random() < 0.2 or not 0 < start < len(data):
        head = mutated(data[:start], rng, [data])
        return head + data[start:]
    body = bytearray(data[start:])
    for _ in range(1 + min(rng.geometric(0.5) - 1, 4)):
        _put_number(body, rng, align=True)
    return data[:start] + bytes(body)


def _mutated_member(name, content, rng, other):
    """Mutate a member by its suffix."""
    if name.endswith(".json") and rng.random() < 0.9:
        try:
            value = mutated_json(json.loads(content), rng)
            return json.dumps(value).encode()
        except (ValueError, RecursionError):
            return mutated(content, rng, [other])
    if name.endswith(".npy"):
        return mutated_array(content, rng)
    if name.endswith(".npz"):
        return mutated_zip(content, rng, [other])
    return mutated(content, rng, [other])


def _places(value):
    """Yield holders and keys of all parts of a value of JSON."""
    items = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, part in items:
        yield value, key
        yield from _places(part)


def _one(items, rng):
    """Draw an item."""
    return items[rng.integers(len(items))]


def _span(data, rng, longest=512):
    """Draw a part of some bytes."""
    start = int(rng.integers(len(data) + 1))
    return start, start + int(rng.integers(1, longest))


def flip_bits(data, rng, others):
    """Flip one to sixteen bits."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 17)) if data else 0):
        changed[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def put_number(data, rng, others):
    """Overwrite some bytes by an extreme number of either byte order."""
    changed = bytearray(data)
    _put_number(changed, rng, align=rng.random() < 0.5)
    return bytes(changed)


def _put_number(changed, rng, *, align):
    """Overwrite some bytes in place."""
    order = "<>"[rng.integers(2)]
    if rng.random() < 0.5:
        code = "df"[rng.integers(2)]
        value = _one(FLOATS, rng)
        value = value if code == "d" or not abs(value) > 3e38 else float("inf")
    else:
        code = "qihb"[rng.integers(4)]
        bits = 8 * struct.calcsize(code)
        value = (int(_one(INTEGERS, rng)) + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
    packed = struct.pack(order + code, value)
    if len(changed) >= len(packed):
        place = int(rng.integers(len(changed) - len(packed) + 1))
        place -= place % len(packed) if align else 0
        changed[place : place + len(packed)] = packed


def truncate(data, rng, others):
    """Cut off the end."""
    return data[: rng.integers(len(data) + 1)]


def remove_block(data, rng, others):
    """Remove a block."""
    start, end = _span(data, rng)
    return data[:start] + data[end:]


def repeat_block(data, rng, others):
    """Repeat a block, up to thirty times."""
    start, end = _span(data, rng)
    return data[:end] + data[start:end] * int(rng.integers(1, 30)) + data[end:]


def insert_bytes(data, rng, others):
    """Insert random bytes or zeros."""
    start, end = _span(data, rng, 64)
    block = rng.bytes(end - start) if rng.random() < 0.5 else bytes(end - start)
    return data[:start] + block + data[start:]


def clear_block(data, rng, others):
    """Overwrite a block by one value."""
    start, end = _span(data, rng)
    end = min(end, len(data))
    return data[:start] + bytes([_one((0, 32, 255), rng)]) * (end - start) + data[end:]


def splice(data, rng, others):
    """Join the beginning with the end of another input, or put a part of it in."""
    other = _one(others, rng) if others else data
    start, end = _span(data, rng)
    from_, to = _span(other, rng, 4096)
    if rng.random() < 0.5:
        return data[:start] + other[from_:]
    return data[:start] + other[from_:to] + data[end:]


def replace_number(data, rng, others):
    """Replace a number of a text by an extreme one."""
    return _replace(NUMBER, NUMBERS, data, rng)


def replace_word(data, rng, others):
    """Replace a word of a text by a hostile one."""
    return _replace(WORD, WORDS, data, rng)


def _replace(pattern, strings, data, rng):
    """Replace one match of a pattern."""
    start = int(rng.integers(len(data) + 1))
    match = pattern.search(data, start) or pattern.search(data)
    if match is None:
        return data + _one(strings, rng)
    return data[: match.start()] + _one(strings, rng) + data[match.end() :]


def move_lines(data, rng, others):
    """Remove, repeat or exchange lines."""
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    first, second = (int(at) for at in rng.integers(len(lines), size=2))
    choice = rng.integers(3)
    if choice == 0:
        del lines[first]
    elif choice == 1:
        lines[first:first] = [lines[second]] * int(rng.integers(1, 30))
    else:
        lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


BINARY_KINDS = [
    *(flip_bits, put_number, put_number, truncate, remove_block, repeat_block),
    *(insert_bytes, clear_block, splice, replace_number),
]
TEXT_KINDS = [replace_number, replace_number, replace_word, move_lines]
