#!/bin/sh
# Run by the image's entrypoint before nginx starts: it sends to whatever is called `web`. deploy/release leads it from one
# container to another by writing this file. WEB_PORTS: one for each of the web's processes. A web of before that has none
# of them answers at the port that all share.
for port in ${WEB_PORTS:-}; do echo "server web:$port max_fails=1 fail_timeout=1s;"; done > /run/web.conf
echo "server web:8000${WEB_PORTS:+ backup max_fails=0};" >> /run/web.conf
