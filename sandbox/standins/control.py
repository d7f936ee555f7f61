"""The switch: faults, counts and settings of all stand-ins over HTTP, for `make run` and the benchmarks."""

from collections.abc import Callable, Mapping
from typing import cast

from sandbox.standins.faults import BadFaultError
from sandbox.standins.stand import Stand, set_setting
from sandbox.standins.vendor import Reply, Request, json_reply


class BadControlError(ValueError):
    """A control request that says nothing we can do."""


class Control:
    """`GET /`, `POST|DELETE /faults`, `GET|DELETE /calls`, `GET|POST /settings`. Bad requests answer 400 with why."""

    def __init__(self, stands: Mapping[str, Stand]) -> None:
        self._stands = stands
        self._routes: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/"): self._state,
            ("POST", "/faults"): self._set_fault,
            ("DELETE", "/faults"): self._clear_faults,
            ("GET", "/calls"): self._calls,
            ("DELETE", "/calls"): self._reset_calls,
            ("GET", "/settings"): self._settings,
            ("POST", "/settings"): self._set,
        }

    def answer(self, request: Request) -> Reply:
        route = self._routes.get((request.method, request.path))
        if route is None:
            return json_reply({"error": f"no {request.method} {request.path}"}, 404)
        try:
            return json_reply(route(request))
        except (BadFaultError, BadControlError) as error:
            return json_reply({"error": str(error)}, 400)

    def _state(self, _: Request) -> object:
        return {name: self._described(stand) for name, stand in self._stands.items()}

    def _described(self, stand: Stand) -> dict[str, object]:
        return {
            "url": stand.url,
            "faults": stand.faults(),
            "calls": stand.calls(),
            "settings": stand.vendor.settings,
            "fault_kinds": stand.fault_kinds(),
        }

    def _set_fault(self, request: Request) -> object:
        options = _body(request)
        stand = self._stand(options.pop("vendor", None))
        stand.set_fault(str(options.pop("kind", "")), options)
        return stand.faults()

    def _clear_faults(self, request: Request) -> object:
        wished = request.params.get("vendor")
        for stand in self._stands.values() if wished is None else [self._stand(wished)]:
            stand.clear_faults()
        return {name: stand.faults() for name, stand in self._stands.items()}

    def _calls(self, _: Request) -> object:
        return {name: stand.calls() for name, stand in self._stands.items()}

    def _reset_calls(self, request: Request) -> object:
        for stand in self._stands.values():
            stand.reset_calls()
        return self._calls(request)

    def _settings(self, _: Request) -> object:
        return {name: stand.vendor.settings for name, stand in self._stands.items()}

    def _set(self, request: Request) -> object:
        for setting, value in _body(request).items():
            try:
                set_setting(self._stands, setting, float(str(value)))
            except KeyError as error:
                raise BadControlError(f"no setting {setting!r}") from error
            except ValueError as error:
                raise BadControlError(f"{setting} is no number: {value!r}") from error
        return self._settings(request)

    def _stand(self, vendor: object) -> Stand:
        if vendor not in self._stands:
            raise BadControlError(f"no vendor {vendor!r}; there are: {', '.join(self._stands)}")
        return self._stands[str(vendor)]


def _body(request: Request) -> dict[str, object]:
    try:
        body = request.json()
    except ValueError as error:
        raise BadControlError(f"the body is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadControlError("the body is no JSON object")
    return cast(dict[str, object], body)
