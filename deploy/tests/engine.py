"""A server that deploy/release runs on, with an engine's place taken by a script that writes down what it was told."""

import os
import re
import shutil
import subprocess

from sandbox.home import PROJECT

# A web is called by the tag that it was started with. What the scripts ask about, and how it ends, stands in files.
ENGINE = r"""#!/usr/bin/env bash
echo "${PILLING_TAG:-} $*" >> calls
[[ " $* " = *" --file "* ]] && ! cmp -s "${*:5:1}" "$PWD/file-of-$PILLING_TAG" && exit 9
case "$*" in
  "ps --all"*service=web*oneoff=False) cat webs ;;
  "ps --no-trunc"*oneoff=False) cat running ;;
  *"ps --quiet nginx") echo nginx ;;
  *pull*) echo "$PILLING_TAG" >> images; exit "$(cat pulls)" ;;
  *"--scale web="*)
    count="${*: -2:1}"
    echo "web-$PILLING_TAG-${count#web=}" >> webs
    exit "$(cat ups)" ;;
  *"up -d --no-deps "*celery*) exit "$(cat "workers-of-$PILLING_TAG" || echo 0)" ;;
  *"run --rm --no-deps migrate") exit "$(cat migrates)" ;;
  *"nginx sh -c "*) last=${*: -1}; sh -c "nginx() { return $(cat reloads); }; ${last//\/run\//run/}" ;;
  *pgrep*) exit 1 ;;
  "image inspect "*) grep -qxF "${3#*:}" images ;;
  "image ls "*) cat images ;;
  "image rm "*) grep -vxF "${3#*:}" images > left; mv left images ;;
  inspect*nginx) echo healthy ;;
  inspect*) cat health ;;
  stop*) exit "$(cat stops)" ;;
  "rm --force "*) grep -vxF "$3" webs > left; mv left webs ;;
esac
"""
OPERATORS = {"deploy/secrets/key": "secret", "deploy/nginx.d/real_ip.conf": "mine", "pilling.env": "A=b"}


def bring(server, tag):
    """As the workflow does: a compose file and a folder `deploy`, each with the tag in it."""
    folder = server / "releases" / tag
    (folder / "deploy" / "backup").mkdir(parents=True)
    shutil.copy(PROJECT / "deploy" / "release", folder / "deploy" / "release")
    (folder / "docker-compose.prod.yml").write_text(f"# {tag}\n")
    (folder / "deploy" / "backup" / "archive_wal").write_text(tag)
    shutil.copy(folder / "docker-compose.prod.yml", server / f"file-of-{tag}")
    return folder


def make(folder):
    """`bbb` serves and came by a release, as `aaa` before it; `ccc` was brought."""
    for tag in ("aaa", "bbb", "ccc"):
        bring(folder, tag)
    for name, text in (
        ("webs", "web-bbb-1\n"),
        ("running", "1 pilling:bbb\n2 pilling-nginx:bbb\n3 postgres:18\n4 pilling:old\n"),
        ("images", "aaa\nbbb\nccc\n"),
        ("health", "healthy\n"),
        *((name, "0") for name in ("pulls", "ups", "migrates", "reloads", "stops")),
        ("calls", ""),
        ("docker", ENGINE),
        ("releases/served", "aaa\nbbb\n"),
        (".env", "PILLING_HOST=pilling.test\nPILLING_TAG=bbb\nPILLING_IMAGE=pilling\n"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    start_nginx(folder)
    (folder / "docker").chmod(0o755)
    shutil.copytree(folder / "releases" / "bbb", folder, dirs_exist_ok=True)
    for name, text in OPERATORS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def start_nginx(server, ports="8001 8002"):
    """What its image's entrypoint writes."""
    (server / "run").mkdir(exist_ok=True)
    script = (PROJECT / "deploy" / "nginx_web.sh").read_text().replace("/run/", "run/")
    subprocess.run(["sh", "-c", script], check=True, cwd=server, env={"PATH": os.environ["PATH"], "WEB_PORTS": ports})


def given(server):
    # WEB_PORTS stands for what nginx's container has.
    own = {"DOCKER": str(server / "docker"), "GATE_TRIES": "2", "GATE_PAUSE": "0", "WEB_PORTS": "8001 8002"}
    return {"PATH": os.environ["PATH"]} | own


def release(server, *arguments, **variables):
    command = [str(server / "deploy/release"), *arguments]
    return subprocess.run(command, env=given(server) | variables, capture_output=True, text=True)


def calls(server):
    """Without looking; the compose file is told as the folder that it lies in."""
    lines = re.sub(r"compose --project-directory \. --file (\S+)/\S+", r"\1", (server / "calls").read_text())
    return [line for line in lines.splitlines() if not re.search(r" (ps|inspect|image) ", line)]


def tag(server):
    """What a `docker compose up -d` that somebody runs by hand would start."""
    lines = (server / ".env").read_text().splitlines()
    assert {"PILLING_HOST=pilling.test", "PILLING_IMAGE=pilling"} < set(lines)
    return [line.removeprefix("PILLING_TAG=") for line in lines if line.startswith("PILLING_TAG=")]


def served(server):
    return (server / "releases" / "served").read_text().split()


def webs(server):
    return (server / "webs").read_text().split()


def files(server):
    """Of this folder, without what the releases keep for themselves and without the engine's."""
    paths = [server / "docker-compose.prod.yml", *(server / "deploy").rglob("*"), server / "pilling.env"]
    return {str(path.relative_to(server)): path.read_text() for path in paths if path.is_file()}


def files_of(server, name):
    folder = server / "releases" / name
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def led(server):
    """Whom nginx sends to at its next reload, whoever asks for that."""
    return (server / "run" / "web.conf").read_text()


def state(server):
    return files(server), tag(server), served(server), webs(server), led(server)
