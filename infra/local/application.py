"""moto's services as one WSGI application, dispatched by the request's signature, one request at a time a service.

moto asks 175 patterns which service a request is for (half of the time of a small request); a signed request says so.
And moto looks first and writes then, without a lock: two create-only PUTs of one key could both succeed, which is the
one thing that the lake's commits must be able to trust. Python runs one of its threads at a time anyway, so a lock a
service costs nothing. (Not for SQS, whose receives wait, nor for Athena, whose queries run in threads of their own.)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from infra.local.http import Environ

_CREDENTIAL = re.compile(r"Credential=[^/,]+/\d{8}/[^/]+/([a-z0-9-]+)/aws4_request")
LOCKED = ("s3", "glue")
LOCKS: dict[str, RLock] = defaultdict(RLock)


class Application:
    """The WSGI application."""

    def __init__(self) -> None:
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._by_service: dict[str, Any] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = match[1] if match else ""
        application = self._by_service.get(service)
        if application is None:
            application = self._dispatcher.get_application(environ)
            if service:
                self._by_service[service] = application
        if service not in LOCKED:
            return [b"".join(application(environ, start_response))]
        with LOCKS[service]:
            return [b"".join(application(environ, start_response))]
