#!/bin/sh
# Run by the image's entrypoint before nginx starts: it sends to whatever is called `web`. deploy/release leads it from one
# container to another by writing this file. WEB_PORTS: of the web's processes, each its own; should none of them answer
# (a web of before they were), what all share does.
for port in ${WEB_PORTS:-}; do echo "server web:$port max_fails=1 fail_timeout=1s;"; done > /run/web.conf
echo "server web:8000${WEB_PORTS:+ backup max_fails=0};" >> /run/web.conf
