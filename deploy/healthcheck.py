"""Is this container well? `python -m deploy.healthcheck` asks the web, with `beat` it looks for beat's lease."""

import http.client
import os
import sys

import redis

from core import stores

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def web() -> bool:
    port = int(os.environ.get("GUNICORN_BIND", "0.0.0.0:8000").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    # A name from ALLOWED_HOSTS, or Django would refuse.
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    try:
        connection.request("GET", "/livez", headers={"Host": host})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def beat() -> bool:
    """Whether some beat holds the lease, which runs out half a minute after its holder's last round.

    The broker's address is the settings' to find: it may stand in a file, and may be Sentinels'.
    """
    try:
        return stores.broker.run(lambda broker: broker.exists("pilling:beat::lock")) == 1
    except redis.RedisError:
        return False


if __name__ == "__main__":
    sys.exit(0 if {"web": web, "beat": beat}["".join(sys.argv[1:]) or "web"]() else 1)
