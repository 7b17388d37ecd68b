"""A program of its own: draws the thumbnail of one picture of a stranger, within hard limits. Run, never imported.

    python -I drawing.py SOURCE TARGET WIDTH

It ends with 0 when TARGET was written. Whatever a hostile picture does, it does to this process: a gigabyte of memory, ten
seconds of processor, a file of two megabytes.
"""

import resource
import sys

MEMORY = 1024 ** 3
LIMITS = ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, 10), (resource.RLIMIT_FSIZE, 2 * 1024 ** 2),
          (resource.RLIMIT_CORE, 0))
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_DOTS = 50_000_000  # a picture of 50 million dots takes 200 MB of memory


def draw(source: str, target: str, width: int) -> None:
    """Write the small picture. Raises whatever Pillow raises."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_DOTS
    with Image.open(source, formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_DOTS:
            raise ValueError("too many dots")
        picture.draft("RGB", (width, width))
        small = ImageOps.exif_transpose(picture) or picture
        small.thumbnail((width, width))
        has_gaps = "A" in small.getbands() or "transparency" in small.info
        small.convert("RGBA" if has_gaps else "RGB").save(target, "WEBP", quality=80)


if __name__ == "__main__":
    for kind, most in LIMITS:
        resource.setrlimit(kind, (most, most))
    draw(sys.argv[1], sys.argv[2], int(sys.argv[3]))
