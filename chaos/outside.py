"""Every outside service at once fails in one way: data.go.kr (medicines, pharmacies), the model, Kakao's map and login,
Expo. What was accepted meanwhile must come true after.
"""

from collections.abc import Callable

from chaos.errands import Errands
from chaos.impostor import Impostor
from chaos.machine import second_web
from chaos.site import Site

_VENDORS = ("datagokr", "openai", "kakao_local", "kakao", "expo")
# How these two say that we have had enough; the others have a fault of this name.
_QUOTA: dict[str, tuple[str, dict[str, object]]] = {
    "kakao": ("kapi_error", {"code": -10}),
    "expo": ("too_many_requests", {}),
}
_ADDRESSES = ("DATA_GO_KR_BASE_URL", "OPENAI_BASE_URL", "KAKAO_LOCAL_BASE_URL", "KAKAO_AUTH_BASE_URL",
              "KAKAO_API_BASE_URL", "EXPO_BASE_URL")  # fmt: skip
_TASKS = ("schedules.tasks.remind", "pharmacies.tasks.sync_pharmacies")


def failing(kind: str, **options: object) -> Callable[[Site], str]:
    """The fault by which all of them fail in this way."""

    def harm(site: Site) -> str:
        standins = site.product.standins
        standins.reset()
        for vendor in _VENDORS:
            own, more = _QUOTA.get(vendor, (kind, options)) if kind == "quota" else (kind, options)
            standins.set_fault(vendor, own, **more)
        errands = Errands(site, site.product.address)
        told = errands.ask()
        site.let_tasks_fail(*_TASKS)
        standins.clear_faults()
        return f"{told}; {errands.come_true()}"

    harm.__name__ = f"vendors_{kind}"
    return harm


def vendors_certificate(site: Site) -> str:
    """A web and a worker for which all of them have a certificate that nobody signed."""
    site.product.standins.reset()
    with Impostor(site.edge.folder / "tls") as impostor:
        variables = dict.fromkeys(_ADDRESSES, impostor.url)
        site.kill_worker()
        with second_web(site, variables) as address, site.another_worker(variables):
            errands = Errands(site, address)
            told = errands.ask()
            site.let_tasks_fail(*_TASKS)
        assert impostor.knocked >= len(_VENDORS), f"only {impostor.knocked} connections came"
        assert impostor.believed == 0, f"{impostor.believed} were believed"
    site.product.revive()
    return f"{told}; of {impostor.knocked} handshakes none was completed; {errands.come_true()}"
