"""moto's S3, announcing what S3 announces: moto 5.2.5 tells of a multipart upload twice, as a put and as completed."""

from __future__ import annotations

from typing import Any

from moto.s3.models import S3Backend


def install() -> None:
    """Change moto in this process."""
    original = S3Backend.put_object

    def put_object(self: Any, *arguments: Any, multipart: Any = None, **options: Any) -> Any:
        if multipart is not None:
            options["disable_notification"] = True
        return original(self, *arguments, multipart=multipart, **options)

    S3Backend.put_object = put_object
