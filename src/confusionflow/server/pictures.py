"""Find the type and the size of a picture without decoding it."""

from __future__ import annotations

# Types that browsers show only as pictures, by the first bytes of a file.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"WEBP", 8, "image/webp"),
    (b"GIF8", 0, "image/gif"),
    (b"ftypavif", 4, "image/avif"),
)
# ConfusionFlow's thumbnails have at most 512. A picture of a few bytes can have billions.
MOST_SIDE = 1_024
MOST_THUMBNAIL_BYTES = 4 << 20


def media_type_of(data: bytes) -> str | None:
    """Find the type of a picture from its bytes; None for anything else.

    Examples:
        >>> media_type_of(b"GIF89a"), media_type_of(b"<svg onload=alert(1)>")
        ('image/gif', None)
    """
    for signature, at, media_type in _SIGNATURES:
        if data[at : at + len(signature)] == signature:
            return media_type
    return None


def thumbnail_type(data: bytes) -> str | None:
    """Find the media type of a thumbnail; None if it is not one, or is too large for a browser.

    Examples:
        >>> thumbnail_type(b"GIF89a") is None
        True
    """
    media_type = media_type_of(data)
    size = None
    if media_type == "image/png" and data[12:16] == b"IHDR":
        size = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    elif media_type == "image/webp" and data[:4] == b"RIFF":
        size = _webp_size(data)
    if size is None or len(data) > MOST_THUMBNAIL_BYTES or len(data) < 30:
        return None
    return media_type if 0 < min(size) <= max(size) <= MOST_SIDE else None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """Read the width and height of a still WebP picture from its first chunk."""
    kind = data[12:16]
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (26, 28))
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and data[20:21] == b"\x2f":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    # With an alpha channel; another flag marks an animation.
    if kind == b"VP8X" and not data[20] & 2:
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return width, height
    return None
